import logging
from collections.abc import Iterator

import pytest

from tests.simulation.stage import Stage, set_up


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """No longer than it is needed: its time stands still, and its AWS is everybody's."""
    with set_up() as stage:
        yield stage


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What goes wrong is on purpose, and the hub logs all of it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
