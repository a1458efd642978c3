"""The one decision: what becomes of an incident in the light of a sighting."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.hints import MOST_WAITS, Drop
from hub.incidents.incident import (
    ACCOUNT_GONE,
    LONGEST_HELD,
    REGION_GONE,
    REPAIR_PATIENCE,
    SOON,
    STEADY,
    UNWATCHED,
    Condition,
    Incident,
    Reason,
    Repair,
    State,
    Verdict,
    acknowledge,
    await_approval,
    awaits_replacement,
    begin_repair,
    condition,
    decide,
    end_repair,
    gone_since,
    incident_id,
    withdraw,
)
from spoke.sighting import Sighting
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    ELSEWHERE,
    EPISODE,
    GRACE,
    NOON,
    drop,
    finished,
    incident,
    instance_id,
    pending,
    repair,
    sighting,
)

SECOND = timedelta(seconds=1)

SEEN = {
    Condition.CONNECTED: sighting(connected=True),
    Condition.DEREGISTERED: Sighting(instance_id(), "MISSING", host_state="terminated"),
    Condition.TERMINATED: sighting(host_state="terminated"),
    Condition.STOPPED: sighting(host_state="stopped"),
    Condition.OUT_OF_SERVICE: sighting(lifecycle="Standby"),
    Condition.UNWATCHED: sighting(status=UNWATCHED),
    Condition.ACCOUNT_GONE: sighting(status=ACCOUNT_GONE, connected=None),
    Condition.REGION_GONE: sighting(status=REGION_GONE, connected=None),
    Condition.CHANGING: sighting(host_state="shutting-down"),
    Condition.DRAINING: sighting(status="DRAINING"),
    Condition.DISCONNECTED: sighting(),
    Condition.UNREADABLE: Sighting(instance_id(), "UNKNOWN", unchecked=("access denied",)),
}

LATE = NOON - REPAIR_PATIENCE
KNOWN: dict[str, Incident | None] = {
    "nothing": None,
    "resolved": incident(state=State.RESOLVED, version=5),
    "open": incident(version=1),
    "acknowledged": incident(state=State.ACKNOWLEDGED, version=2),
    "repairing": incident(state=State.REPAIRING, version=3),
    "repairing late": incident(state=State.REPAIRING, repair=repair(at=LATE), version=3),
    "repaired in a group": incident(state=State.REPAIRING, repair=finished(), version=4),
    "repaired in a group late": incident(state=State.REPAIRING, repair=finished(at=LATE), version=4),
    "repaired alone": incident(state=State.REPAIRING, repair=finished(group=""), version=4),
    "repaired alone late": incident(state=State.REPAIRING, repair=finished(group="", at=LATE), version=4),
    "repair failed": incident(repair=finished(problem="no"), version=4),
    "repair failed, acknowledged": incident(state=State.ACKNOWLEDGED, repair=finished(problem="no"), version=4),
}

# What follows for each condition (a row) from each known incident (a column): reason, state afterwards.
FRESH = ("nothing", "resolved")
SOLID = ("open", "acknowledged", "repair failed", "repair failed, acknowledged")
IN_TIME = ("repairing", "repaired in a group", "repaired alone")
TOO_LATE = ("repairing late", "repaired in a group late", "repaired alone late")
UNRESOLVED = (*SOLID, *IN_TIME, *TOO_LATE)
AWAITING = ("repairing", "repaired in a group")
TROUBLE = (Condition.DISCONNECTED, Condition.UNREADABLE)
OUT = (Condition.DEREGISTERED, Condition.TERMINATED)


def expected(seen: Condition, known: str) -> tuple[Reason, State | None]:
    before = KNOWN[known].state if KNOWN[known] else None  # type: ignore[union-attr]  # it is there
    if known in FRESH:
        return (Reason.CONFIRMED, State.OPEN) if seen in TROUBLE else (Reason.NO_TROUBLE, before)
    if seen is Condition.CHANGING:
        return Reason.CHANGING, before
    if seen in (*TROUBLE, Condition.DRAINING) or (seen is Condition.OUT_OF_SERVICE and known in IN_TIME):
        return (Reason.OVERDUE, State.OPEN) if known in TOO_LATE else (Reason.STILL, before)
    if seen in OUT and known in AWAITING:
        return Reason.AWAITING, before
    return Reason.OVER, State.RESOLVED


def decided(
    current: Incident | None,
    seen: Sighting,
    dropped: Drop | None = None,
    *,
    now: datetime = NOON,
    replacement: str = "",
) -> Verdict:
    return decide(
        current, seen, dropped, cluster=CLUSTER, episode="ep-2", now=now, grace=GRACE, replacement=replacement
    )


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("seen", SEEN)
def test_the_whole_table(seen: Condition, known: str) -> None:
    verdict = decided(KNOWN[known], SEEN[seen], drop())

    after = verdict.incident.state if verdict.incident else None
    assert (verdict.reason, after) == expected(seen, known)


def test_the_table_knows_every_condition_and_every_state() -> None:
    assert set(SEEN) == set(Condition)
    assert {known.state for known in KNOWN.values() if known} == set(State)
    assert {*FRESH, *UNRESOLVED} == set(KNOWN)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("seen", SEEN)
def test_deciding_again_on_the_result_changes_nothing(seen: Condition, known: str) -> None:
    for replacement in ("", "i-new"):
        first = decided(KNOWN[known], SEEN[seen], drop(), replacement=replacement)

        again = decided(first.incident, SEEN[seen], drop(), replacement=replacement)

        assert again.incident == first.incident


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        pytest.param(sighting(status="INACTIVE"), Condition.DEREGISTERED, id="inactive"),
        pytest.param(sighting(status="DEREGISTERING"), Condition.DEREGISTERED, id="deregistering"),
        pytest.param(sighting(status="REGISTRATION_FAILED"), Condition.DEREGISTERED, id="never registered"),
        pytest.param(sighting(status="INACTIVE", connected=True), Condition.DEREGISTERED, id="inactive yet connected"),
        pytest.param(sighting(status="DRAINING", connected=True), Condition.CONNECTED, id="draining and connected"),
        pytest.param(sighting(host_state="gone"), Condition.TERMINATED, id="forgotten by EC2"),
        pytest.param(sighting(host_state="stopping"), Condition.STOPPED, id="stopping"),
        pytest.param(sighting(status="REGISTERING"), Condition.CHANGING, id="registering"),
        pytest.param(sighting(host_state="pending"), Condition.DISCONNECTED, id="host starting"),
        pytest.param(sighting(host_state=None), Condition.DISCONNECTED, id="host unknown: fails open"),
        pytest.param(sighting(checks="impaired"), Condition.DISCONNECTED, id="host ill"),
        pytest.param(sighting(connected=None), Condition.UNREADABLE, id="agent unknown"),
        pytest.param(sighting(lifecycle="InService"), Condition.DISCONNECTED, id="in service"),
        pytest.param(sighting(lifecycle="Pending:Wait"), Condition.DISCONNECTED, id="coming into service"),
        pytest.param(sighting(lifecycle="EnteringStandby"), Condition.OUT_OF_SERVICE, id="entering standby"),
        pytest.param(sighting(lifecycle="Warmed:Running"), Condition.OUT_OF_SERVICE, id="in a warm pool"),
        pytest.param(sighting(lifecycle="Warmed:Pending:Wait"), Condition.OUT_OF_SERVICE, id="entering a warm pool"),
        pytest.param(sighting(lifecycle="Terminating:Wait"), Condition.OUT_OF_SERVICE, id="a lifecycle hook waits"),
        pytest.param(sighting(lifecycle="Detaching"), Condition.OUT_OF_SERVICE, id="detaching"),
        pytest.param(sighting(lifecycle="Standby", connected=True), Condition.CONNECTED, id="standby, connected"),
        pytest.param(sighting(lifecycle="Standby", host_state="stopped"), Condition.STOPPED, id="standby, stopped"),
        pytest.param(sighting(status=UNWATCHED, connected=True), Condition.UNWATCHED, id="not watched, connected"),
        pytest.param(sighting(status="SOMETHING_NEW"), Condition.DISCONNECTED, id="unknown status: fails open"),
    ],
)
def test_a_sighting_says_one_thing(seen: Sighting, name: Condition) -> None:
    assert condition(seen) is name


# When it begins


def test_a_confirmed_incident_is_whole() -> None:
    seen = sighting()

    verdict = decided(None, seen, drop(ago=GRACE + SECOND))

    assert verdict == Verdict(
        Reason.CONFIRMED,
        Incident(
            id=incident_id(CLUSTER, instance_id(), NOON),
            cluster=CLUSTER,
            instance=instance_id(),
            episode="ep-2",
            state=State.OPEN,
            since=NOON - GRACE - SECOND,
            opened_at=NOON,
            sighting=seen,
            drops=(NOON - GRACE - SECOND,),
        ),
    )


def test_a_second_incident_of_an_instance_takes_the_row_of_the_first() -> None:
    before = incident(state=State.RESOLVED, version=5, repair=finished(), acknowledged_by=ALICE)

    after = decided(before, sighting(), drop()).incident

    assert after is not None
    assert after.id != before.id
    assert (after.state, after.version, after.repair, after.acknowledged_by, after.resolved_at) == (
        State.OPEN,
        5,
        None,
        "",
        None,
    )


@pytest.mark.parametrize(
    ("seen", "dropped", "since"),
    [
        pytest.param(sighting(), drop(), NOON - GRACE, id="told by the event"),
        pytest.param(sighting(version=7), drop(version=9), NOON - GRACE, id="event newer than ECS's answer"),
        pytest.param(sighting(version=7), drop(version=None), None, id="without version: may have been back"),
        pytest.param(sighting(version=None), drop(version=None), NOON - GRACE, id="neither tells a version"),
        pytest.param(sighting(version=None), drop(), NOON - GRACE, id="ECS tells no version"),
        pytest.param(sighting(version=8), drop(version=7), None, id="changed since: may have been back"),
        pytest.param(
            sighting(version=8), drop(version=7, waits=MOST_WAITS - 1), None, id="changed since, put back once"
        ),
        pytest.param(
            sighting(version=8), drop(version=7, waits=MOST_WAITS), NOON - GRACE, id="changed since, put back too often"
        ),
        pytest.param(sighting(since=NOON - 3 * GRACE), None, NOON - 3 * GRACE, id="told by ECS's health"),
        pytest.param(sighting(since=NOON - 3 * GRACE), drop(), NOON - 3 * GRACE, id="the earlier of both"),
        pytest.param(sighting(since=NOON - SECOND), drop(), NOON - GRACE, id="the event the earlier"),
        pytest.param(sighting(version=8, since=NOON - SECOND), drop(version=7), NOON - SECOND, id="only health counts"),
        pytest.param(sighting(), None, None, id="nobody tells"),
    ],
)
def test_since_when_an_agent_is_gone(seen: Sighting, dropped: Drop | None, since: datetime | None) -> None:
    assert gone_since(seen, dropped) == since


@pytest.mark.parametrize(
    ("ago", "confirmed"),
    [
        pytest.param(GRACE - SECOND, False, id="a second before grace ends"),
        pytest.param(GRACE, True, id="when it ends"),
        pytest.param(timedelta(0), False, id="right now"),
        pytest.param(-timedelta(minutes=5), False, id="in the future, by a clock that is wrong"),
        pytest.param(timedelta(days=3), True, id="days ago, after an outage"),
    ],
)
@pytest.mark.parametrize("seen", [SEEN[condition] for condition in TROUBLE], ids=TROUBLE)
def test_nothing_is_said_within_grace(seen: Sighting, ago: timedelta, confirmed: bool) -> None:
    verdict = decided(None, seen, drop(ago=ago))

    assert (verdict.reason is Reason.CONFIRMED) is confirmed
    assert (verdict.incident is not None) is confirmed


@pytest.mark.parametrize("current", [None, KNOWN["resolved"]], ids=["nothing known", "resolved before"])
def test_what_is_too_young_is_looked_at_again_when_grace_ends(current: Incident | None) -> None:
    verdict = decided(current, sighting(), drop(ago=30 * SECOND))

    assert verdict == Verdict(
        Reason.TOO_YOUNG,
        current,
        again=GRACE - 30 * SECOND,
        drop=Drop(instance_id(), NOON - 30 * SECOND, 7, 0),
    )
    assert decided(current, sighting(), verdict.drop, now=NOON + GRACE - 30 * SECOND).reason is Reason.CONFIRMED


def test_when_nobody_knows_since_when_grace_begins_now() -> None:
    verdict = decided(None, sighting(version=9), drop(version=7))

    assert verdict == Verdict(Reason.TOO_YOUNG, None, again=GRACE, drop=Drop(instance_id(), NOON, 9, 1))
    assert decided(None, sighting(version=9), verdict.drop, now=NOON + GRACE).reason is Reason.CONFIRMED


def test_what_is_only_worth_a_look_gets_a_grace_of_its_own_if_the_agent_is_gone() -> None:
    verdict = decided(None, sighting(version=9), Drop(instance_id(), None))

    assert verdict == Verdict(Reason.TOO_YOUNG, None, again=GRACE, drop=Drop(instance_id(), NOON, 9, 1))


@pytest.mark.parametrize("current", [None, KNOWN["resolved"]], ids=["nothing known", "resolved before"])
def test_what_is_only_worth_a_look_is_no_trouble_if_nobody_can_look(current: Incident | None) -> None:
    """A sick runtime, or an agent that is back: nobody has said that an agent is gone, so nobody must claim it."""
    verdict = decided(current, SEEN[Condition.UNREADABLE], Drop(instance_id(), None))

    assert verdict == Verdict(Reason.NO_TROUBLE, current)


def test_an_instance_that_never_rests_is_believed_in_the_end() -> None:
    dropped, now, looks = drop(version=7), NOON, 0
    while True:
        looks += 1
        verdict = decided(None, sighting(version=7 + 10 * looks), dropped, now=now)
        if verdict.reason is Reason.CONFIRMED:
            break
        assert verdict.drop is not None
        assert verdict.again is not None
        dropped, now = verdict.drop, now + verdict.again
    assert looks == MOST_WAITS + 1


def test_a_hint_that_was_held_up_is_believed_a_grace_later() -> None:
    """Its look before this one may have seen the agent back, and failed at something else."""
    late = replace(drop(version=7, waits=MOST_WAITS), at=NOON - 2 * GRACE)

    verdict = decided(None, sighting(version=9), late)

    assert (verdict.reason, verdict.again) == (Reason.TOO_YOUNG, GRACE)
    assert decided(None, sighting(version=11), verdict.drop, now=NOON + GRACE).reason is Reason.CONFIRMED
    in_time = replace(late, at=NOON - 2 * GRACE + SECOND)
    assert decided(None, sighting(version=9), in_time).reason is Reason.CONFIRMED


def test_an_instance_that_never_rests_is_believed_though_every_hint_is_held_up() -> None:
    dropped, now, looks = replace(drop(version=7), at=NOON - GRACE), NOON + GRACE, 1
    while (verdict := decided(None, sighting(version=7 + 10 * looks), dropped, now=now)).reason is Reason.TOO_YOUNG:
        assert verdict.drop is not None
        assert verdict.again is not None
        dropped, now, looks = verdict.drop, now + verdict.again + GRACE, looks + 1
    assert (verdict.reason, looks) == (Reason.CONFIRMED, 2 * MOST_WAITS + 1)


@pytest.mark.parametrize(
    ("back_at", "reason"),
    [
        pytest.param(NOON - GRACE + SECOND, Reason.TOO_YOUNG, id="it was back since"),
        pytest.param(NOON - GRACE - SECOND, Reason.CONFIRMED, id="it was back before"),
    ],
)
def test_a_hint_that_comes_late_tells_nothing_of_trouble_that_began_after_it(back_at: datetime, reason: Reason) -> None:
    before = replace(KNOWN["resolved"], resolved_at=back_at)
    often = drop(version=7, waits=MOST_WAITS)

    verdict = decided(before, sighting(version=9), often)

    assert verdict.reason is reason
    assert decided(before, sighting(version=7), often).reason is Reason.CONFIRMED  # nothing has changed since the drop
    if verdict.drop:
        assert verdict.again == GRACE
        assert decided(before, sighting(version=11), verdict.drop, now=NOON + GRACE).reason is Reason.CONFIRMED


# While it lasts


@pytest.mark.parametrize("known", [*SOLID, *IN_TIME])
def test_a_lasting_incident_keeps_everything_but_what_is_seen(known: str) -> None:
    before, seen = KNOWN[known], sighting(running_tasks=1, checks="impaired", version=12)
    assert before is not None

    verdict = decided(before, seen, drop())

    assert verdict.incident == replace(before, sighting=seen)
    assert verdict.again == (SOON if known in IN_TIME else None)


@pytest.mark.parametrize("known", UNRESOLVED)
def test_what_cannot_be_read_resolves_nothing(known: str) -> None:
    verdict = decided(KNOWN[known], SEEN[Condition.UNREADABLE])

    assert verdict.incident is not None
    assert verdict.incident.unresolved


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


# How it ends


@pytest.mark.parametrize("known", UNRESOLVED)
@pytest.mark.parametrize("seen", [Condition.CONNECTED, Condition.STOPPED, Condition.UNWATCHED])
def test_it_ends_when_the_agent_is_back_or_the_host_was_stopped_or_nobody_watches(seen: Condition, known: str) -> None:
    before = KNOWN[known]
    assert before is not None

    assert decided(before, SEEN[seen]) == Verdict(
        Reason.OVER, replace(before, state=State.RESOLVED, resolved_at=NOON, ending=str(seen))
    )


@pytest.mark.parametrize(
    ("known", "seen", "ending"),
    [
        pytest.param("open", Condition.DEREGISTERED, "deregistered", id="deregistered by somebody else"),
        pytest.param("open", Condition.TERMINATED, "terminated", id="terminated by somebody else"),
        pytest.param("repaired alone", Condition.DEREGISTERED, "terminated", id="deregistered by our repair"),
        pytest.param("repaired in a group late", Condition.DEREGISTERED, "terminated", id="no replacement in time"),
        pytest.param("repair failed", Condition.DEREGISTERED, "deregistered", id="our repair failed"),
        pytest.param("repairing late", Condition.DEREGISTERED, "deregistered", id="our repair never ended"),
    ],
)
def test_it_ends_when_the_instance_is_no_more(known: str, seen: Condition, ending: str) -> None:
    verdict = decided(KNOWN[known], SEEN[seen])

    assert verdict.incident is not None
    assert (verdict.incident.state, verdict.incident.ending, verdict.incident.replacement) == (
        State.RESOLVED,
        ending,
        "",
    )


@pytest.mark.parametrize("known", AWAITING)
@pytest.mark.parametrize("seen", OUT)
def test_the_end_of_a_repair_waits_for_the_replacement_and_names_it(seen: Condition, known: str) -> None:
    waiting = decided(KNOWN[known], SEEN[seen])
    assert waiting == Verdict(Reason.AWAITING, KNOWN[known], again=SOON)

    verdict = decided(KNOWN[known], SEEN[seen], replacement="i-new")

    assert verdict.incident is not None
    assert (verdict.reason, verdict.incident.replacement) == (Reason.OVER, "i-new")


OUT_OF_THE_CLUSTER = [
    pytest.param(sighting(status="MISSING", host_state=state), id=state or "EC2 does not tell")
    for state in ("running", "shutting-down", "stopping", None)
] + [pytest.param(sighting(lifecycle="Terminating:Wait"), id="still registered")]


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


@pytest.mark.parametrize(
    ("lifecycle", "seen"),
    [
        ("InService", Condition.DISCONNECTED),
        ("Pending:Wait", Condition.DISCONNECTED),
        ("Terminating:Retained", Condition.DISCONNECTED),
        ("Terminating:Dreaming", Condition.DISCONNECTED),
        ("Terminating", Condition.OUT_OF_SERVICE),
        ("Terminating:Wait", Condition.OUT_OF_SERVICE),
        ("Standby", Condition.OUT_OF_SERVICE),
        ("ReplacingRootVolume", Condition.OUT_OF_SERVICE),
        ("ReplacingRootVolume:Wait", Condition.OUT_OF_SERVICE),
        ("RootVolumeReplaced", Condition.OUT_OF_SERVICE),
        ("Warmed:Stopped", Condition.OUT_OF_SERVICE),
        ("Warmed:Terminating:Retained", Condition.OUT_OF_SERVICE),
    ],
)
def test_a_lifecycle_state_counts_for_what_it_means_and_not_for_how_it_begins(lifecycle: str, seen: Condition) -> None:
    assert condition(sighting(lifecycle=lifecycle)) is seen


# Flapping


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


# What people do


def test_acknowledging_names_who_and_when() -> None:
    assert acknowledge(incident(), BOB, NOON) == replace(
        incident(), state=State.ACKNOWLEDGED, acknowledged_by=BOB, acknowledged_at=NOON
    )


@pytest.mark.parametrize(
    ("before", "ended", "state"),
    [
        pytest.param(incident(), finished(), State.REPAIRING, id="done: a look will resolve it"),
        pytest.param(incident(), finished(problem="protected"), State.OPEN, id="failed"),
        pytest.param(
            incident(state=State.ACKNOWLEDGED),
            finished(problem="protected"),
            State.ACKNOWLEDGED,
            id="failed, was taken",
        ),
    ],
)
def test_only_a_failed_repair_changes_the_state(before: Incident, ended: Repair, state: State) -> None:
    after = end_repair(begin_repair(before, repair()), ended)

    assert (after.state, after.repair) == (state, ended)


def test_an_incident_is_named_by_its_place_and_its_beginning() -> None:
    names = {
        incident_id(cluster, instance_id(number), at)
        for cluster in (CLUSTER, ELSEWHERE)
        for number in (1, 2)
        for at in (NOON, NOON + timedelta(microseconds=1))
    }

    assert len(names) == 8
    assert incident_id(CLUSTER, instance_id(), NOON) == incident_id(CLUSTER, instance_id(), NOON)


# Whatever comes, in whatever order

_sightings = st.builds(
    sighting,
    status=st.sampled_from(["ACTIVE", "DRAINING", "REGISTERING", "INACTIVE", "MISSING", "UNKNOWN", UNWATCHED]),
    connected=st.sampled_from([True, False, None]),
    host_state=st.sampled_from([None, "running", "shutting-down", "stopped", "terminated"]),
    lifecycle=st.sampled_from(["", "InService", "Standby", "Warmed:Stopped", "Terminating:Wait"]),
    version=st.none() | st.integers(1, 12),
    since=st.none() | st.integers(0, 600).map(lambda seconds: NOON - timedelta(seconds=seconds)),
)
_dated = st.builds(
    drop,
    ago=st.integers(-60, 600).map(lambda seconds: timedelta(seconds=seconds)),
    version=st.none() | st.integers(1, 12),
    waits=st.integers(0, 3),
)
_told = st.none() | st.just(Drop(instance_id(), None)) | _dated


@given(st.sampled_from(sorted(KNOWN)), _sightings, _told, st.sampled_from(["", "i-new"]))
@settings(max_examples=150, deadline=None)
def test_whatever_is_seen_deciding_twice_is_deciding_once(
    known: str, seen: Sighting, told: Drop | None, replacement: str
) -> None:
    first = decided(KNOWN[known], seen, told, replacement=replacement)
    again = decided(first.incident, seen, told, replacement=replacement)

    assert again.incident == first.incident


@given(st.sampled_from(UNRESOLVED), st.lists(st.tuples(_sightings, _told), max_size=4))
@settings(max_examples=80, deadline=None)
def test_an_unresolved_incident_stays_the_same_one_until_it_is_resolved(
    known: str, history: list[tuple[Sighting, Drop | None]]
) -> None:
    before = KNOWN[known]
    assert before is not None
    current: Incident | None = before
    for seen, told in history:
        after = decided(current, seen, told).incident
        assert after is not None
        assert (after.id, after.episode, after.since) == (before.id, EPISODE, before.since)
        if not after.unresolved:
            assert after.ending in set(Condition)
            return
        current = after


@given(_sightings, _told)
@settings(max_examples=150, deadline=None)
def test_trouble_is_confirmed_put_off_or_not_there_but_never_forgotten(seen: Sighting, told: Drop | None) -> None:
    verdict = decided(None, seen, told)

    nobody_says_so = told is not None and told.at is None and seen.connected is None and seen.since is None
    if condition(seen) not in TROUBLE or nobody_says_so:
        assert verdict == Verdict(Reason.NO_TROUBLE, None)
    elif verdict.incident is None:
        assert verdict.again is not None
        assert verdict.again > timedelta(0)
        assert verdict.drop is not None
        assert verdict.drop.instance == seen.instance
    else:
        assert NOON - verdict.incident.since >= GRACE


# A repair that waits for somebody's approval


def seen_at(now: datetime, known: Incident, sighting: Sighting) -> Verdict:
    return decide(known, sighting, None, cluster=CLUSTER, episode=EPISODE, now=now, grace=GRACE)


@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED])
@pytest.mark.parametrize("seen", [Condition.DISCONNECTED, Condition.UNREADABLE, Condition.DRAINING])
def test_what_nobody_approves_in_time_lapses_and_not_before(state: State, seen: Condition) -> None:
    waiting = incident(state=state, pending=pending())

    before = seen_at(pending().expires - SECOND, waiting, SEEN[seen])
    after = seen_at(pending().expires, waiting, SEEN[seen])

    assert (before.reason, before.incident and before.incident.pending) == (Reason.STILL, pending())
    assert after.reason is Reason.LAPSED
    assert after.incident == replace(waiting, pending=None, sighting=SEEN[seen])


@pytest.mark.parametrize("seen", [Condition.CONNECTED, Condition.TERMINATED, Condition.STOPPED, Condition.UNWATCHED])
def test_what_waits_for_approval_is_withdrawn_when_the_trouble_is_over(seen: Condition) -> None:
    verdict = seen_at(NOON, incident(pending=pending()), SEEN[seen])

    assert verdict.reason is Reason.OVER
    assert verdict.incident
    assert (verdict.incident.state, verdict.incident.pending) == (State.RESOLVED, None)


def test_who_waits_for_approval_is_as_open_as_before() -> None:
    asked = await_approval(incident(), pending())

    assert asked == incident(pending=pending())
    assert withdraw(asked) == incident()


def test_an_approval_is_used_up_by_the_repair() -> None:
    begun = begin_repair(incident(pending=pending()), repair())

    assert (begun.state, begun.pending) == (State.REPAIRING, None)
    assert end_repair(begun, finished(problem="no")).pending is None
