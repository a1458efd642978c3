from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# What plays in a whole world needs a processor for itself, so it all goes to one of the workers.
WORLDLY = {"browser", "world"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each module's tests together, for the sake of what they share, and everything worldly on one worker."""
    for item in items:
        folder = Path(item.path).parent.name
        item.add_marker(pytest.mark.xdist_group("world" if folder in WORLDLY else str(item.path)))
