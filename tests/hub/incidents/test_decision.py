"""The one decision: what becomes of an incident in the light of a sighting."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.incidents.condition import UNWATCHED, Condition, condition
from hub.incidents.decision import REMOVED, SOON, Reason, Verdict, confirms, decide
from hub.incidents.hints import MOST_WAITS, Drop
from hub.incidents.incident import Incident, State, incident_id
from spoke.sighting import Sighting
from tests.hub.factories import (
    ALICE,
    CLUSTER,
    EPISODE,
    GRACE,
    NOON,
    drop,
    finished,
    incident,
    instance_id,
    pending,
    sighting,
)
from tests.hub.incidents.cases import (
    AWAITING,
    FRESH,
    IN_TIME,
    KNOWN,
    OUT,
    SECOND,
    SEEN,
    SOLID,
    TOO_LATE,
    TROUBLE,
    UNRESOLVED,
    decided,
)
from tests.nightly import examples


# What follows for each condition (a row) from each known incident (a column): reason, state afterwards.
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
@settings(max_examples=examples(150), deadline=None)
def test_whatever_is_seen_deciding_twice_is_deciding_once(
    known: str, seen: Sighting, told: Drop | None, replacement: str
) -> None:
    first = decided(KNOWN[known], seen, told, replacement=replacement)
    again = decided(first.incident, seen, told, replacement=replacement)

    assert again.incident == first.incident


@given(st.sampled_from(UNRESOLVED), st.lists(st.tuples(_sightings, _told), max_size=4))
@settings(max_examples=examples(80), deadline=None)
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
@settings(max_examples=examples(150), deadline=None)
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


# Whether it opens an incident because of an agent that is gone, asked before anything is decided


@pytest.mark.parametrize("ago", [GRACE - SECOND, GRACE, GRACE + SECOND], ids=["too young", "in its moment", "older"])
@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("seen", SEEN)
def test_what_confirms_is_what_is_decided_about_an_agent_that_was_seen_to_be_gone(
    seen: Condition, known: str, ago: timedelta
) -> None:
    opens = decided(KNOWN[known], SEEN[seen], drop(ago=ago)).reason is Reason.CONFIRMED

    assert confirms(KNOWN[known], SEEN[seen], drop(ago=ago), NOON, GRACE) is (opens and seen is Condition.DISCONNECTED)


def test_an_agent_of_which_nobody_knows_since_when_it_is_gone_confirms_nothing() -> None:
    assert not confirms(None, sighting(version=9), drop(version=7), NOON, GRACE)
    assert confirms(None, sighting(version=9, since=NOON - GRACE), drop(version=7), NOON, GRACE)


def test_an_agent_that_was_back_since_the_hint_confirms_nothing() -> None:
    back = incident(state=State.RESOLVED, ending=str(Condition.CONNECTED), resolved_at=NOON - SECOND)
    often = drop(version=7, waits=MOST_WAITS)

    assert confirms(None, sighting(version=9), often, NOON, GRACE)
    assert not confirms(back, sighting(version=9), often, NOON, GRACE)


def test_an_agent_that_was_held_back_for_long_confirms_nothing_before_its_own_grace() -> None:
    late = drop(ago=2 * GRACE, version=7, waits=MOST_WAITS)

    assert not confirms(None, sighting(version=9), late, NOON, GRACE)
    assert confirms(None, sighting(version=9), late, NOON - SECOND, GRACE)


def test_an_incident_that_a_host_of_somebody_elses_repair_ends_is_not_said_to_be_ours() -> None:
    gone = SEEN[Condition.DEREGISTERED]
    unfinished = incident(repair=replace(finished(), finished=None))

    assert getattr(decided(unfinished, gone).incident, "ending", "") == "deregistered"


def test_an_old_registration_that_a_repair_took_out_ends_as_removed() -> None:
    removed = incident(state=State.REPAIRING, repair=replace(finished(group=""), hits_host=False))

    assert getattr(decided(removed, SEEN[Condition.DEREGISTERED]).incident, "ending", "") == REMOVED


# What else it says: when to look again, since when, and until when


def test_a_repaired_group_without_a_word_of_a_replacement_goes_on_waiting_for_one() -> None:
    verdict = seen_at(NOON, incident(state=State.REPAIRING, repair=finished()), SEEN[Condition.TERMINATED])

    assert (verdict.reason, verdict.again) == (Reason.AWAITING, SOON)


@pytest.mark.parametrize("known", UNRESOLVED)
def test_what_is_changing_is_looked_at_again_soon_and_stays_as_it_was(known: str) -> None:
    assert decided(KNOWN[known], SEEN[Condition.CHANGING]) == Verdict(Reason.CHANGING, KNOWN[known], again=SOON)


@pytest.mark.parametrize("seen", OUT)
def test_it_ends_at_the_time_at_which_its_end_is_seen(seen: Condition) -> None:
    ended = decided(KNOWN["repaired in a group"], SEEN[seen], now=NOON + SECOND, replacement="i-new").incident

    assert ended is not None
    assert ended.resolved_at == NOON + SECOND


def test_a_flapping_agent_that_is_gone_again_is_gone_since_its_drop() -> None:
    drops = (NOON - timedelta(minutes=30), NOON - timedelta(minutes=20), NOON - timedelta(minutes=10))
    back = incident(drops=drops, calm_since=NOON - timedelta(minutes=5))

    told = decided(back, sighting(), drop(ago=90 * SECOND)).incident
    untold = decided(back, sighting()).incident

    assert told is not None
    assert untold is not None
    assert (told.drops, told.calm_since) == ((*drops, NOON - 90 * SECOND), None)
    assert (untold.drops, untold.calm_since) == ((*drops, NOON), None)


def test_what_ecs_alone_dates_was_not_put_back_yet() -> None:
    verdict = decided(None, sighting(since=NOON - 30 * SECOND))

    assert verdict == Verdict(
        Reason.TOO_YOUNG, None, again=GRACE - 30 * SECOND, drop=Drop(instance_id(), NOON - 30 * SECOND, 7, 0)
    )


@pytest.mark.parametrize("current", [None, KNOWN["resolved"]], ids=["nothing known", "resolved before"])
def test_what_nobody_dates_and_nobody_reported_begins_with_no_wait(current: Incident | None) -> None:
    verdict = decided(current, sighting())

    assert verdict == Verdict(Reason.TOO_YOUNG, current, again=GRACE, drop=Drop(instance_id(), NOON, 7, 0))


def test_a_hint_that_was_put_back_keeps_how_often() -> None:
    verdict = decided(None, sighting(), drop(ago=30 * SECOND, waits=1))

    assert verdict.drop == Drop(instance_id(), NOON - 30 * SECOND, 7, 1)


@pytest.mark.parametrize(
    ("lifecycle", "kept"), [("Terminating:Wait", "Terminating:Wait"), ("", "InService")], ids=["told", "not told"]
)
def test_of_a_host_that_is_ending_what_is_seen_by_now_replaces_what_was(lifecycle: str, kept: str) -> None:
    old = sighting(connected=None, lifecycle="InService", checks="impaired")
    before = incident(state=State.REPAIRING, repair=finished(), sighting=old)
    seen = Sighting(
        instance_id(), "INACTIVE", connected=True, host_state="shutting-down", lifecycle=lifecycle, unchecked=("SSM",)
    )

    verdict = decided(before, seen)

    host = replace(
        old, status="INACTIVE", connected=False, host_state="shutting-down", lifecycle=kept, unchecked=("SSM",)
    )
    assert verdict == Verdict(Reason.ENDING, replace(before, sighting=host), again=SOON)
