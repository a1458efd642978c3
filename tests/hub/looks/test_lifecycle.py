"""The one door through which incidents change: read, decided, written, and decided again if somebody was quicker."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.audit import Entry
from hub.incidents.breakdown import Breakdown
from hub.incidents.decision import Reason
from hub.incidents.delivery import LEASE
from hub.incidents.examined import Examined, Findings, Watch
from hub.incidents.hints import Drop
from hub.incidents.incident import Incident, State, acknowledge
from hub.incidents.repair_progress import REPAIR_PATIENCE
from hub.looks.lifecycle import Gone, Lifecycle
from hub.slack.client import TIMEOUT_SECONDS
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.sighting import Sighting
from tests.hub.factories import (
    ALICE,
    BOB,
    CHANNEL,
    CLUSTER,
    EPISODE,
    GRACE,
    NOON,
    altered,
    bulletin,
    drop,
    entry,
    finished,
    incident,
    instance_id,
    pending,
    repair,
    sighting,
)

WATCH = Watch(GRACE, CHANNEL)


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


def examine(
    lifecycle: Lifecycle,
    store: Store,
    *sightings: Sighting,
    replacements: Mapping[str, str] | None = None,
    told: bool = True,
    watch: Watch = WATCH,
) -> Examined:
    drops = {seen.instance: Drop(seen.instance, NOON - GRACE, seen.version) for seen in sightings if told}
    seen = Findings({seen.instance: seen for seen in sightings}, drops, replacements or {})
    return lifecycle.examine(CLUSTER, store.known(CLUSTER), seen, watch, NOON)


def logged(store: Store) -> list[Entry]:
    return [one for _, one in store.entries(CLUSTER, "")]


# What a look brings


def test_the_first_incident_begins_an_episode_with_a_bulletin_in_doubt(lifecycle: Lifecycle, store: Store) -> None:
    examined = examine(lifecycle, store, sighting())

    begun = store.bulletin(CLUSTER)
    assert begun == examined.bulletin
    assert begun == bulletin(
        handle="",
        noted="log#2026-11-20T12:00:00.000+00:00",
        doubt_since=NOON,
        lease_until=NOON + LEASE,
        opened_at=NOON,
        tally=Breakdown.of(examined.incidents),
        version=1,
    )
    assert [replace(found, version=1) for found in examined.incidents] == [*store.known(CLUSTER).incidents.values()]
    assert [found.episode for found in examined.incidents] == [EPISODE]


def test_a_lease_is_longer_than_anybody_waits_for_slack() -> None:
    assert timedelta(seconds=TIMEOUT_SECONDS) < LEASE


def test_nothing_to_tell_writes_nothing(lifecycle: Lifecycle, store: Store) -> None:
    examined = examine(lifecycle, store, sighting(1, connected=True), sighting(2, status="DRAINING"))

    assert (examined.incidents, examined.bulletin) == ((), None)
    assert store.known(CLUSTER).bulletin is None
    assert logged(store) == []


def test_the_next_incident_joins_the_running_episode(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident(1)], bulletin())

    examined = examine(lifecycle, store, sighting(1), sighting(2))

    assert {found.episode for found in examined.incidents} == {EPISODE}
    assert examined.bulletin is not None
    assert examined.bulletin.slack.handle == bulletin().slack.handle
    assert store.bulletin(CLUSTER) == examined.bulletin


def test_after_an_episode_is_closed_the_next_one_begins(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident(1, State.RESOLVED)], bulletin(episode="ep-before", closed=True))

    examined = examine(lifecycle, store, sighting(1))

    assert examined.bulletin is not None
    assert (examined.bulletin.episode.episode, examined.bulletin.slack.handle, examined.bulletin.episode.closed) == (
        EPISODE,
        "",
        False,
    )
    assert store.bulletin(CLUSTER) == examined.bulletin
    assert store.known(CLUSTER).incidents[instance_id(1)].episode == EPISODE


def test_an_episode_goes_on_until_its_end_was_said(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident(1, State.RESOLVED)], bulletin(closed=False))

    examine(lifecycle, store, sighting(2))

    assert {found.episode for found in store.known(CLUSTER).incidents.values()} == {EPISODE}


def test_a_look_that_changes_nothing_writes_nothing(lifecycle: Lifecycle, store: Store) -> None:
    examine(lifecycle, store, sighting(1), sighting(2))
    before = store.known(CLUSTER)

    examined = examine(lifecycle, store, sighting(1), sighting(2))

    assert store.known(CLUSTER) == before
    assert [verdict.reason for verdict in examined.verdicts] == [Reason.STILL, Reason.STILL]
    assert len(logged(store)) == 1


@pytest.mark.parametrize("meanwhile", ["incident", "bulletin"])
def test_who_was_overtaken_opens_nothing(lifecycle: Lifecycle, store: Store, meanwhile: str) -> None:
    store.save([incident(1)], bulletin())
    known = store.known(CLUSTER)
    if meanwhile == "incident":
        store.save([incident(2)])
    else:
        store.keep(altered(bulletin(version=1), closed=True))
    seen = Findings({instance_id(2): sighting(2)}, {instance_id(2): drop(2)}, {})

    with pytest.raises(Conflict):
        lifecycle.examine(CLUSTER, known, seen, WATCH, NOON)

    assert len(logged(store)) == 0


@pytest.mark.parametrize(
    ("before", "seen", "lines"),
    [
        pytest.param([], [sighting(1)], [("opened", "the agent is disconnected", True)], id="opened"),
        pytest.param(
            [],
            [sighting(1, connected=None)],
            [("opened", "reported, could not be checked", True)],
            id="opened unchecked",
        ),
        pytest.param([incident(1)], [sighting(1, connected=True)], [("resolved", "reconnected", False)], id="resolved"),
        pytest.param(
            [incident(1), incident(2), incident(3)],
            [sighting(1, connected=True), sighting(2, host_state="stopped"), sighting(3, connected=True)],
            [("resolved", "reconnected", False), ("resolved", "stopped", False)],
            id="resolved in two ways: a line each",
        ),
        pytest.param(
            [incident(1, State.REPAIRING, repair=repair(at=NOON - REPAIR_PATIENCE))],
            [sighting(1)],
            [("Terminate failed", "it did not finish within 10 minutes", False)],
            id="repair given up",
        ),
        pytest.param([incident(1)], [sighting(1, running_tasks=1)], [], id="only seen differently"),
        pytest.param(
            [incident(1, pending=pending(expires=NOON))],
            [sighting(1)],
            [("Terminate: request lapsed", "nobody approved it in time", False)],
            id="a request that nobody approved",
        ),
        pytest.param([incident(1, pending=pending())], [sighting(1)], [], id="a request that waits"),
        pytest.param(
            [incident(1, pending=pending())],
            [sighting(1, connected=True)],
            [("Terminate: request withdrawn", "the trouble is over", False), ("resolved", "reconnected", False)],
            id="a request that nobody needs any more",
        ),
    ],
)
def test_what_a_look_has_found_is_logged(
    lifecycle: Lifecycle, store: Store, before: list[Incident], seen: list[Sighting], lines: list[tuple[str, str, bool]]
) -> None:
    if before:
        store.save(before, bulletin())

    examine(lifecycle, store, *seen)

    assert sorted((one.what, one.result, one.quiet) for one in logged(store)) == lines
    assert all((one.at, one.who) == (NOON, "") for one in logged(store))


def test_the_log_names_who_took_the_place(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident(1, State.REPAIRING, repair=finished())], bulletin())

    examine(lifecycle, store, sighting(1, host_state="terminated"), replacements={instance_id(1): "i-new"})

    assert [one.result for one in logged(store)] == ["terminated, replaced by i-new"]


@pytest.mark.parametrize(
    ("count", "where", "about_one"),
    [
        pytest.param(1, "i-00000000000000001", True, id="one"),
        pytest.param(5, ", ".join(f"i-{n:017x}" for n in range(1, 6)), False, id="five"),
        pytest.param(12, ", ".join(f"i-{n:017x}" for n in range(1, 6)) + " and 7 more", False, id="more"),
    ],
)
def test_a_line_of_the_log_names_five_hosts_at_most(
    lifecycle: Lifecycle, store: Store, count: int, where: str, about_one: bool
) -> None:
    examine(lifecycle, store, *map(sighting, range(1, count + 1)))

    (one,) = logged(store)
    assert one.where == where
    assert bool(one.incident) is about_one


# What somebody wants


def acknowledged(current: Incident) -> tuple[Incident, list[Entry]]:
    return acknowledge(current, ALICE, NOON), [entry()]


def test_a_change_is_written_with_its_log(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident()])

    changed = lifecycle.change(CLUSTER, instance_id(), incident().id, acknowledged)

    assert changed == store.incident(CLUSTER, instance_id())
    assert (changed.state, changed.acknowledged_by, changed.version) == (State.ACKNOWLEDGED, ALICE, 2)
    assert logged(store) == [entry()]


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(None, id="never was"),
        pytest.param(incident(state=State.RESOLVED), id="over"),
        pytest.param(incident(id="inc-other"), id="another one by now"),
    ],
)
def test_an_incident_that_is_over_is_not_changed(lifecycle: Lifecycle, store: Store, there: Incident | None) -> None:
    if there:
        store.save([there])

    with pytest.raises(Gone):
        lifecycle.change(CLUSTER, instance_id(), incident().id, acknowledged)

    assert store.incident(CLUSTER, instance_id()) == (replace(there, version=1) if there else None)
    assert logged(store) == []


class No(Exception):
    """Somebody thinks better of it."""


def test_what_a_change_raises_passes_through_and_nothing_is_written(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident()])

    def change(_: Incident) -> tuple[Incident, list[Entry]]:
        raise No

    with pytest.raises(No):
        lifecycle.change(CLUSTER, instance_id(), incident().id, change)

    assert store.incident(CLUSTER, instance_id()) == incident(version=1)


@pytest.mark.parametrize("quicker", [1, 4])
def test_a_change_is_decided_again_on_what_somebody_quicker_has_written(
    lifecycle: Lifecycle, store: Store, quicker: int
) -> None:
    store.save([incident()])
    seen: list[int] = []

    def change(current: Incident) -> tuple[Incident, list[Entry]]:
        seen.append(current.sighting.running_tasks)
        if len(seen) <= quicker:
            store.save([replace(current, sighting=sighting(running_tasks=len(seen)))])
        return acknowledge(current, BOB, NOON), [entry(who=BOB)]

    changed = lifecycle.change(CLUSTER, instance_id(), incident().id, change)

    assert seen == [6, *range(1, quicker + 1)]
    assert (changed.acknowledged_by, changed.sighting.running_tasks) == (BOB, quicker)
    assert changed == store.incident(CLUSTER, instance_id())
    assert len(logged(store)) == 1


def test_who_is_always_overtaken_gives_up(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident()])

    def change(current: Incident) -> tuple[Incident, list[Entry]]:
        store.save([replace(current, sighting=sighting(running_tasks=current.version))])
        return acknowledge(current, BOB, NOON), [entry()]

    with pytest.raises(Conflict):
        lifecycle.change(CLUSTER, instance_id(), incident().id, change)

    left = store.incident(CLUSTER, instance_id())
    assert left is not None
    assert left.state is State.OPEN
    assert logged(store) == []


def test_who_is_overtaken_by_the_end_is_told_that_it_is_over(lifecycle: Lifecycle, store: Store) -> None:
    store.save([incident()])

    def change(current: Incident) -> tuple[Incident, list[Entry]]:
        store.save([replace(current, state=State.RESOLVED, resolved_at=NOON, ending="reconnected")])
        return acknowledge(current, BOB, NOON), [entry()]

    with pytest.raises(Gone):
        lifecycle.change(CLUSTER, instance_id(), incident().id, change)


# What is muted


MUTED = replace(WATCH, muted=True)


def test_a_bulletin_that_begins_muted_is_not_in_doubt(lifecycle: Lifecycle, store: Store) -> None:
    examined = examine(lifecycle, store, sighting(), watch=MUTED)

    assert examined.bulletin
    assert (
        examined.bulletin.episode.muted,
        examined.bulletin.slack.doubt_since,
        examined.bulletin.slack.lease_until,
    ) == (True, None, None)


@pytest.mark.parametrize("muted", [True, False])
def test_a_bulletin_that_goes_on_says_so_aloud_unless_it_is_muted(
    lifecycle: Lifecycle, store: Store, *, muted: bool
) -> None:
    over = bulletin(closed=True, closed_at=NOON - timedelta(minutes=5), muted=not muted, said_again_at=NOON)
    store.save([incident(1, State.RESOLVED)], over)

    examined = examine(lifecycle, store, sighting(), watch=replace(WATCH, muted=muted))

    assert examined.bulletin
    assert (examined.bulletin.episode.episode, examined.bulletin.slack.handle) == (
        over.episode.episode,
        over.slack.handle,
    )
    assert (examined.bulletin.episode.muted, examined.bulletin.episode.said_again_at) == (muted, None)
    assert {one.what: one.aloud for one in logged(store)} == {"opened": False, "reopened": not muted}


# How long what is over is kept


@pytest.mark.parametrize(
    ("closed", "days", "kept"),
    [
        pytest.param(False, 0.9, None, id="for a day nothing is written"),
        pytest.param(False, 1.1, 4.1, id="then it is kept on for as long as it was"),
        pytest.param(False, 5.0, 8.0, id="also what DynamoDB is late to delete"),
        pytest.param(True, 1.1, None, id="not when its bulletin has said its last"),
    ],
)
def test_what_an_open_bulletin_tells_of_is_kept_on(
    lifecycle: Lifecycle, store: Store, closed: bool, days: float, kept: float | None
) -> None:
    over = incident(1, State.RESOLVED, resolved_at=NOON)
    store.save([over, incident(2), incident(3, State.RESOLVED, resolved_at=NOON, episode="ep-before")])
    store.keep(bulletin(closed=closed, closed_at=NOON if closed else None, tally=Breakdown.of([incident(2)])))
    before = store.known(CLUSTER)
    day = timedelta(days=1)

    for _ in range(3):
        lifecycle.examine(CLUSTER, store.known(CLUSTER), Findings({}, {}, {}), WATCH, NOON + days * day)

    after = store.known(CLUSTER)
    assert after.incidents[over.instance].keep_until == (None if kept is None else NOON + kept * day)
    changed = {name for name, known in after.incidents.items() if known != before.incidents[name]}
    assert changed == ({over.instance} if kept else set())
    assert after.incidents[over.instance].version == (2 if kept else 1)
    assert after.bulletin == before.bulletin


def test_what_is_kept_on_may_begin_anew_in_the_same_look(lifecycle: Lifecycle, store: Store) -> None:
    """DynamoDB takes one write of a row in a transaction."""
    over = incident(1, State.RESOLVED, resolved_at=NOON)
    store.save([over, incident(2)])
    store.keep(bulletin(tally=Breakdown.of([incident(2)])))
    later = NOON + timedelta(days=1, hours=12)
    gone = sighting(1, since=later - timedelta(hours=1))

    lifecycle.examine(CLUSTER, store.known(CLUSTER), Findings({gone.instance: gone}, {}, {}), WATCH, later)

    again = store.known(CLUSTER).incidents[over.instance]
    assert (again.unresolved, again.opened_at) == (True, later)
