"""When people are told again of what nobody has acknowledged: the table of times."""

import itertools
from datetime import datetime, timedelta

import pytest

from hub.incidents.acknowledgement import Acknowledgement
from hub.incidents.incident import State
from hub.incidents.reminders import reminder, times
from tests.hub.factories import BOB, NOON, bulletin, incident, instance_id

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HALF = 30 * MINUTE


def ago(minutes: int) -> datetime:
    return NOON - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("after", "first"),
    [
        pytest.param(HALF, [HALF, 3 * HALF, 7 * HALF, 15 * HALF, 31 * HALF, 63 * HALF], id="each gap twice the last"),
        pytest.param(10 * HOUR, [10 * HOUR, 30 * HOUR, 54 * HOUR, 78 * HOUR], id="at most a day apart"),
        pytest.param(
            2 * DAY, [2 * DAY, 3 * DAY, 4 * DAY, 5 * DAY, 6 * DAY, 7 * DAY], id="the first in the policy's time"
        ),
        pytest.param(7 * DAY, [7 * DAY], id="as late as it goes"),
    ],
)
def test_reminders_come_ever_more_seldom(after: timedelta, first: list[timedelta]) -> None:
    assert list(times(after))[: len(first)] == first


@pytest.mark.parametrize("minutes", [5, 10, 30, 90, 600, 3_000])
def test_reminders_end_after_seven_days_and_not_before(minutes: int) -> None:
    found = list(times(minutes * MINUTE))
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]

    assert max(gaps, default=DAY) <= DAY
    assert 6 * DAY < found[-1] <= 7 * DAY


@pytest.mark.parametrize(
    ("opened", "said", "crowd", "due"),
    [
        pytest.param(30, None, {30: State.OPEN}, [30], id="as long as it takes"),
        pytest.param(29, None, {29: State.OPEN}, [], id="not as long yet"),
        pytest.param(90, None, {90: State.ACKNOWLEDGED, 5: State.OPEN}, [], id="the old one is acknowledged"),
        pytest.param(90, None, {90: State.REPAIRING, 31: State.OPEN}, [31], id="only what nobody has taken on"),
        pytest.param(40, None, {40: State.OPEN, 5: State.OPEN}, [40], id="only what is old enough"),
        pytest.param(10, None, {60: State.OPEN}, [], id="its bulletin is younger, after a mute say"),
        pytest.param(89, 59, {89: State.OPEN}, [], id="said before, and not time again"),
        pytest.param(90, 60, {90: State.OPEN}, [90], id="time again"),
        pytest.param(95, 60, {95: State.OPEN, 90: State.OPEN}, [95, 90], id="both due again"),
        pytest.param(89, 59, {89: State.OPEN, 80: State.OPEN}, [80], id="one was not due yet when it was said"),
        pytest.param(90, 29, {90: State.OPEN, 40: State.OPEN}, [], id="said a moment ago"),
        pytest.param(300, 150, {300: State.OPEN}, [300], id="one was missed, and it is said once"),
        pytest.param(211, 1, {211: State.OPEN}, [], id="what was late is not said at once again"),
    ],
)
def test_what_people_are_reminded_of(opened: int, said: int | None, crowd: dict[int, State], due: list[int]) -> None:
    """Times are minutes ago; the policy asks for half an hour."""
    shown = bulletin(opened_at=ago(opened), said_again_at=ago(said) if said else None)
    incidents = [incident(minutes, state, opened_at=ago(minutes)) for minutes, state in crowd.items()]

    found = reminder(shown.episode, incidents, HALF, NOON)

    assert [i.instance for i in (found.incidents if found else ())] == [instance_id(minutes) for minutes in due]


@pytest.mark.parametrize(("opened", "waited"), [(31, HALF), (95, 3 * HALF), (250, 7 * HALF)])
def test_a_reminder_says_how_long_it_was_due(opened: int, waited: timedelta) -> None:
    shown = bulletin(opened_at=ago(opened))

    found = reminder(shown.episode, [incident(opened_at=ago(opened))], HALF, NOON)

    assert found
    assert found.waited == waited


@pytest.mark.parametrize(("heard", "due"), [(29, False), (30, True), (89, False), (90, True)])
def test_an_unmute_uses_no_reminder_up(heard: int, due: bool) -> None:
    """Who hears of it again is reminded as if it began then, whatever was said before the mute."""
    said = ago(heard - 31) if heard > 60 else ago(200)
    shown = bulletin(opened_at=ago(300), said_again_at=said, heard_at=ago(heard))

    assert bool(reminder(shown.episode, [incident(opened_at=ago(300))], HALF, NOON)) is due


@pytest.mark.parametrize(("opened", "due"), [(100, False), (40, True)], ids=["covered", "came up later"])
def test_what_is_acknowledged_as_a_whole_is_not_reminded_of(opened: int, due: bool) -> None:
    fact = Acknowledgement(BOB, ago(60))
    shown = bulletin(opened_at=ago(100), acknowledged=fact)

    assert bool(reminder(shown.episode, [incident(opened_at=ago(opened))], HALF, NOON)) is due


def test_what_was_just_told_to_have_grown_is_not_said_again_at_once() -> None:
    shown = bulletin(opened_at=ago(100), grown_at=ago(5))

    assert reminder(shown.episode, [incident(opened_at=ago(35))], HALF, NOON) is None
