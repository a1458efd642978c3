"""An agent that goes again and again is one incident."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.incidents.condition import Condition
from hub.incidents.decision import Reason, Verdict
from hub.incidents.flapping import STEADY
from hub.incidents.incident import Incident, State, begin_repair
from spoke.sighting import Sighting
from tests.hub.factories import GRACE, NOON, drop, finished, incident, sighting
from tests.hub.incidents.cases import SECOND, SEEN, decided

MINUTE = timedelta(minutes=1)
TWICE = (NOON - 50 * MINUTE, NOON - 20 * MINUTE)
FLAPPING = incident(drops=(*TWICE, NOON - 7 * MINUTE), version=3)
BACK = replace(FLAPPING, calm_since=NOON - 5 * MINUTE)


@pytest.mark.parametrize(
    ("before", "flapping"),
    [
        pytest.param((), False, id="the first drop"),
        pytest.param(TWICE[:1], False, id="the second"),
        pytest.param(TWICE, True, id="the third within an hour"),
        pytest.param((NOON - 62 * MINUTE, TWICE[1]), False, id="the third, but the first is an hour ago"),
    ],
)
def test_the_third_confirmed_drop_within_an_hour_is_flapping(before: tuple[datetime, ...], flapping: bool) -> None:
    opened = decided(incident(state=State.RESOLVED, drops=before), sighting(), drop()).incident

    assert opened is not None
    assert opened.drops[-1] == NOON - GRACE
    assert opened.flapping is flapping


@pytest.mark.parametrize("ending", [Condition.OUT_OF_SERVICE, Condition.UNWATCHED])
def test_a_drop_counts_once_also_if_the_incident_ended_without_the_agent(ending: Condition) -> None:
    """Whoever is put into standby and back twice, its agent gone all the time, is not flapping."""
    current: Incident | None = incident(drops=(NOON - 7 * MINUTE,))
    for minute in (1, 3, 5):
        now = NOON + minute * MINUTE
        ended = decided(current, SEEN[ending], now=now).incident
        current = decided(ended, sighting(since=NOON - 7 * MINUTE), now=now + MINUTE).incident

    assert current is not None
    assert current.drops == (NOON - 7 * MINUTE,)
    assert current.state is State.OPEN


def test_a_flapping_incident_stays_while_the_agent_is_back() -> None:
    seen = sighting(connected=True)

    assert decided(FLAPPING, seen) == Verdict(Reason.FLAPPING, replace(FLAPPING, sighting=seen, calm_since=NOON))
    assert decided(BACK, seen) == Verdict(Reason.FLAPPING, replace(BACK, sighting=seen))


@pytest.mark.parametrize(
    ("ago", "reason"),
    [
        pytest.param(STEADY - SECOND, Reason.FLAPPING, id="a second too short"),
        pytest.param(STEADY, Reason.OVER, id="long enough"),
    ],
)
def test_a_flapping_incident_is_over_once_the_agent_was_back_for_long(ago: timedelta, reason: Reason) -> None:
    before = replace(FLAPPING, calm_since=NOON - ago)

    verdict = decided(before, sighting(connected=True))

    assert verdict.reason is reason
    assert verdict.incident is not None
    assert verdict.incident.unresolved is (reason is Reason.FLAPPING)


@pytest.mark.parametrize("seen", [sighting(), sighting(since=NOON - 3 * MINUTE)], ids=["undated", "dated by ECS"])
def test_a_drop_that_is_seen_is_counted_and_calm_begins_anew(seen: Sighting) -> None:
    verdict = decided(BACK, seen)

    assert verdict == Verdict(
        Reason.STILL, replace(BACK, sighting=seen, drops=(*FLAPPING.drops, seen.since or NOON), calm_since=None)
    )
    assert decided(verdict.incident, seen).incident == verdict.incident


@pytest.mark.parametrize("calm", [MINUTE, STEADY], ids=["soon after", "when it would be over"])
def test_a_drop_that_nobody_saw_is_counted_and_calm_begins_anew(calm: timedelta) -> None:
    before, seen = replace(FLAPPING, calm_since=NOON - calm), sighting(connected=True, version=9)
    dropped = drop(ago=30 * SECOND, version=8)

    verdict = decided(before, seen, dropped)

    drops = (*FLAPPING.drops, NOON - 30 * SECOND)
    assert verdict == Verdict(
        Reason.FLAPPING, replace(before, sighting=seen, drops=drops, calm_since=NOON - 30 * SECOND)
    )
    assert decided(verdict.incident, seen, dropped).incident == verdict.incident


@pytest.mark.parametrize(
    ("seen", "ending"),
    [
        pytest.param(SEEN[Condition.STOPPED], "stopped", id="stopped"),
        pytest.param(SEEN[Condition.TERMINATED], "terminated", id="terminated"),
        pytest.param(SEEN[Condition.DEREGISTERED], "deregistered", id="deregistered"),
        pytest.param(SEEN[Condition.UNWATCHED], "no longer monitored", id="opted out"),
        pytest.param(SEEN[Condition.OUT_OF_SERVICE], "taken out of service by Auto Scaling", id="standby"),
    ],
)
def test_a_flapping_incident_ends_at_once_when_the_instance_is_no_more(seen: Sighting, ending: str) -> None:
    verdict = decided(BACK, seen)

    assert verdict.incident is not None
    assert (verdict.reason, verdict.incident.ending) == (Reason.OVER, ending)


def test_a_flapping_incident_ends_at_once_when_a_repair_brought_the_agent_back() -> None:
    verdict = decided(begin_repair(FLAPPING, finished(group="")), sighting(connected=True))

    assert verdict.incident is not None
    assert (verdict.reason, verdict.incident.ending) == (Reason.OVER, "reconnected")


def test_an_agent_that_never_comes_to_rest_is_kept_with_its_last_drops() -> None:
    current: Incident | None = BACK
    for minute in range(0, 120, 2):
        now = NOON + minute * MINUTE
        gone = decided(current, sighting(), now=now).incident
        current = decided(gone, sighting(connected=True), now=now + MINUTE).incident

    assert current is not None
    assert current.unresolved
    assert len(current.drops) == 20
    assert all(NOON + 118 * MINUTE - one < timedelta(hours=1) for one in current.drops)


def test_the_first_incident_of_an_instance_begins_with_one_drop() -> None:
    opened = decided(None, sighting(), drop()).incident

    assert opened is not None
    assert opened.drops == (NOON - GRACE,)
