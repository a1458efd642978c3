"""Goal 7, a part of it: `make bench` plays each case at each place and with more instances."""

from collections.abc import Iterator

import pytest

from tests.benchmarks.losses import CASES, PLACES, Case, Matrix, Outcome, matrix
from tests.benchmarks.stage import Stage
from tests.nightly import by_day

# Each case once, each place about as often as the others; by day a part of them.
PLAYED = [by_day(case, PLACES[number % len(PLACES)], played=number % 8 == 0) for number, case in enumerate(CASES)]


@pytest.fixture(scope="module")
def played(stage: Stage) -> Iterator[Matrix]:
    with matrix(stage) as opened:
        yield opened


@pytest.mark.parametrize(("case", "place"), PLAYED, ids=lambda value: getattr(value, "name", value))
def test_nothing_is_missed_nothing_false_and_nothing_said_twice(played: Matrix, case: Case, place: str) -> None:
    assert played.play(case, place, instances=2) == Outcome(missed=0, false=0, double=0)
