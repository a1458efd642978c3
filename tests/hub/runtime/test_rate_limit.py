"""How often something may be done, counted with a clock."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from hub.runtime.rate_limit import RateLimit


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def ticks(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def uses(pace: RateLimit, time: Time, count: int) -> list[float]:
    """When each of so many uses was let through, in seconds from now."""
    began = time.now
    moments = []
    for _ in range(count):
        pace()
        moments.append(time.now - began)
    return moments


def most_within(moments: list[float], seconds: float) -> int:
    return max(sum(first <= moment < first + seconds for moment in moments) for first in moments)


def test_a_burst_goes_through_at_once_and_then_a_steady_rate(time: Time) -> None:
    moments = uses(RateLimit(12, 5.0, time.ticks, time.sleep), time, 62)

    assert moments[:12] == [0.0] * 12
    assert moments[-1] == pytest.approx(10.0)
    gaps = [later - earlier for earlier, later in pairwise(moments[12:])]
    assert gaps == pytest.approx([0.2] * len(gaps))


def test_what_was_not_used_is_saved_up_but_no_more_than_a_burst(time: Time) -> None:
    pace = RateLimit(3, 1.0, time.ticks, time.sleep)
    uses(pace, time, 3)

    time.sleep(2)
    assert uses(pace, time, 3) == pytest.approx([0, 0, 1])
    time.sleep(1_000)
    assert uses(pace, time, 5) == pytest.approx([0, 0, 0, 1, 2])


def test_over_any_time_no_more_goes_through_than_was_promised(time: Time) -> None:
    pace = RateLimit(25, 5.0, time.ticks, time.sleep)
    moments: list[float] = []
    for pause in (0, 3, 0, 11, 0.1, 40):
        time.sleep(pause)
        began = time.now
        moments += [began + moment for moment in uses(pace, time, 60)]

    for seconds in (1, 5, 20):
        assert most_within(moments, seconds) <= 25 + 5 * seconds + 1


def test_several_threads_share_a_pace() -> None:
    slept: list[float] = []
    pace = RateLimit(5, 2.0, lambda: 0.0, slept.append)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: pace(), range(45)))

    assert sorted(slept) == pytest.approx([number / 2 for number in range(1, 41)])
