from collections.abc import Iterator

import pytest

from tests.benchmarks.functions import json_logs_to_nowhere
from tests.benchmarks.stage import Stage, staged


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The stage, its clients made once; each test clears it."""
    with json_logs_to_nowhere(), staged() as stage:
        yield stage
