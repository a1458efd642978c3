"""What a repair waits for, and when it has taken too long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.condition import Condition
from hub.incidents.decision import SOON, Reason, Verdict
from hub.incidents.incident import Incident, State, begin_repair
from hub.incidents.repair_progress import LONGEST_HELD, REPAIR_PATIENCE, awaits_replacement, is_ending
from spoke.sighting import Sighting
from tests.hub.factories import NOON, incident, repair, sighting
from tests.hub.incidents.cases import AWAITING, KNOWN, OUT, SECOND, SEEN, decided
from tests.hub.incidents.test_incident import OUT_OF_THE_CLUSTER


@pytest.mark.parametrize(
    ("before", "state"),
    [
        pytest.param(incident(), State.OPEN, id="nobody had it"),
        pytest.param(incident(state=State.ACKNOWLEDGED), State.ACKNOWLEDGED, id="somebody had it"),
    ],
)
def test_a_repair_that_does_not_finish_gives_the_incident_back(before: Incident, state: State) -> None:
    begun = begin_repair(before, repair(at=NOON - REPAIR_PATIENCE))

    verdict = decided(begun, sighting())

    assert verdict.reason is Reason.OVERDUE
    assert verdict.incident is not None
    assert verdict.incident.state is state
    assert verdict.incident.repair == replace(
        repair(at=NOON - REPAIR_PATIENCE), finished=NOON, problem="it did not finish within 10 minutes"
    )


def test_a_repair_has_all_of_its_patience() -> None:
    begun = begin_repair(incident(), repair(at=NOON - REPAIR_PATIENCE + SECOND))

    assert decided(begun, sighting()).reason is Reason.STILL


@pytest.mark.parametrize("known", AWAITING)
@pytest.mark.parametrize("seen", OUT)
def test_the_end_of_a_repair_waits_for_the_replacement_and_names_it(seen: Condition, known: str) -> None:
    waiting = decided(KNOWN[known], SEEN[seen])
    assert waiting == Verdict(Reason.AWAITING, KNOWN[known], again=SOON)

    verdict = decided(KNOWN[known], SEEN[seen], replacement="i-new")

    assert verdict.incident is not None
    assert (verdict.reason, verdict.incident.replacement) == (Reason.OVER, "i-new")


@pytest.mark.parametrize("known", ["repaired in a group", "repaired alone"])
@pytest.mark.parametrize("seen", OUT_OF_THE_CLUSTER)
def test_who_was_terminated_is_not_over_before_ec2_says_so(seen: Sighting, known: str) -> None:
    """Our own call is a request. Hooks and managed draining may hold the host for hours."""
    first = decided(KNOWN[known], seen)

    assert first.incident is not None
    assert (first.reason, first.incident.state, first.again) == (Reason.ENDING, State.REPAIRING, SOON)
    assert first.incident.sighting.host_state == seen.host_state
    assert first.incident.sighting.zone == "eu-west-1a"

    over = decided(first.incident, SEEN[Condition.DEREGISTERED], replacement="i-new")
    assert over.incident is not None
    assert (over.incident.ending, over.incident.replacement) == ("terminated", "i-new")


@pytest.mark.parametrize("seen", OUT_OF_THE_CLUSTER)
def test_a_host_that_is_held_for_hours_is_no_failed_repair(seen: Sighting) -> None:
    held = decided(KNOWN["repaired in a group late"], seen)
    assert held.incident is not None
    assert (held.reason, held.incident.state, held.again) == (Reason.HELD, State.REPAIRING, None)

    for hours in range(1, 48):
        later = decided(held.incident, seen, now=NOON + timedelta(hours=hours))
        assert later == Verdict(Reason.ENDING, held.incident)

    named = decided(held.incident, seen, now=NOON + timedelta(hours=1), replacement="i-new")
    assert named.incident is not None
    assert (named.incident.unresolved, named.incident.replacement) == (True, "i-new")
    over = decided(named.incident, SEEN[Condition.DEREGISTERED], now=NOON + timedelta(hours=2))
    assert over.incident is not None
    assert (over.reason, over.incident.ending, over.incident.replacement) == (Reason.OVER, "terminated", "i-new")


@pytest.mark.parametrize(
    ("lifecycle", "state", "after", "problem"),
    [
        ("Terminating:Retained", "running", timedelta(minutes=1), "Auto Scaling keeps the host (Terminating:Retained)"),
        ("Terminating:Wait", "running", LONGEST_HELD, "the host is running more than two days later"),
        ("", None, LONGEST_HELD, "the host cannot be checked more than two days later"),
    ],
    ids=["its group has given up", "longer than any hook", "EC2 cannot be read"],
)
def test_a_host_that_will_not_end_is_no_longer_waited_for(
    lifecycle: str, state: str | None, after: timedelta, problem: str
) -> None:
    known = KNOWN["repaired in a group"]
    assert known is not None
    assert known.repair is not None
    seen = sighting(status="INACTIVE", host_state=state, lifecycle=lifecycle)

    failed = decided(known, seen, now=known.repair.at + after)
    assert failed.incident is not None
    assert failed.incident.repair is not None
    assert (failed.reason, failed.incident.unresolved) == (Reason.OVERDUE, True)
    assert problem in failed.incident.repair.problem

    over = decided(failed.incident, seen, now=known.repair.at + after)
    assert over.incident is not None
    assert (over.reason, over.incident.ending) == (Reason.OVER, "deregistered")


def test_who_was_held_has_its_replacement_waited_for_from_its_end() -> None:
    held = decided(KNOWN["repaired in a group late"], sighting(status="MISSING", host_state="running")).incident
    assert held is not None
    assert awaits_replacement(held, NOON + timedelta(hours=40))

    ended = NOON + timedelta(hours=3)
    waiting = decided(held, SEEN[Condition.DEREGISTERED], now=ended)
    assert waiting.incident is not None
    assert (waiting.reason, waiting.incident.unresolved) == (Reason.AWAITING, True)
    assert decided(waiting.incident, SEEN[Condition.DEREGISTERED], now=ended + REPAIR_PATIENCE - SECOND) == waiting

    over = decided(waiting.incident, SEEN[Condition.DEREGISTERED], now=ended + REPAIR_PATIENCE).incident
    assert over is not None
    assert (over.state, over.ending, over.replacement) == (State.RESOLVED, "terminated", "")


@pytest.mark.parametrize("state", ["running", "terminated", None])
def test_an_old_registration_that_was_taken_out_was_not_terminated(state: str | None) -> None:
    removed = repair(remedy="remove-registration", hits_host=False, finished=NOON, steps=("Took it out.",))

    over = decided(incident(state=State.REPAIRING, repair=removed), sighting(status="INACTIVE", host_state=state))

    assert over.incident is not None
    assert (over.reason, over.incident.ending) == (Reason.OVER, "old registration removed")


def test_who_has_a_replacement_waits_for_no_other() -> None:
    repaired = KNOWN["repaired in a group"]
    assert repaired

    assert awaits_replacement(repaired, NOON)
    assert not awaits_replacement(replace(repaired, replacement="i-new"), NOON)


def test_a_repaired_host_is_on_its_way_only_while_auto_scaling_ends_it_and_its_agent_is_gone() -> None:
    repaired = KNOWN["repaired in a group"]
    assert repaired
    ending, aside = sighting(lifecycle="Terminating:Wait"), sighting(lifecycle="Standby")

    assert is_ending(Condition.OUT_OF_SERVICE, repaired, ending)
    assert not is_ending(Condition.OUT_OF_SERVICE, repaired, aside)
    assert not is_ending(Condition.CONNECTED, repaired, replace(ending, connected=True))
