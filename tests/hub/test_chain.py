"""How far a chain of messages goes, and what becomes of what has longer to wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.chain import LONGEST_WAIT, MOST_HOPS, Waiting, onward, put_off, repair_looked_at_in, waits_in_queue
from hub.incidents.hint_messages import from_message, to_message
from hub.incidents.hints import Chore, Drop, Hint, MuteHint, PolicyHint, StormHint, Why
from hub.incidents.incident import Repair, begin_repair, end_repair
from hub.incidents.repair_progress import REPAIR_PATIENCE
from hub.looks.ingestion import Ingestion
from hub.policy.terms import Terms
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.places import Cluster
from tests.hub.factories import ALICE, CHANNEL, CLUSTER, ELSEWHERE, GRACE, NOON, drop, instance_id, record
from tests.hub.stack import Mail
from tests.hub.station import Station

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
HINTS = [
    pytest.param(Hint(CLUSTER, Why.AGAIN, (Drop(instance_id(), NOON, 7),)), id="cluster"),
    pytest.param(StormHint("C0ECSALERTS", "eu-west-1"), id="storm"),
    pytest.param(MuteHint(f"account:{CLUSTER.account}"), id="mute"),
    pytest.param(PolicyHint(), id="policy"),
]


@pytest.mark.parametrize("hint", HINTS)
def test_every_hint_keeps_its_hops_and_its_end_on_the_way(hint: Hint | Chore) -> None:
    told = replace(hint, hops=5, until=NOON + MINUTE)

    read = from_message(to_message(told))

    assert read == told
    assert read is not None
    assert (read.hops, read.until) == (5, NOON + MINUTE)
    assert from_message(to_message(hint)) == hint
    assert "hops" not in to_message(hint)  # so that a release before this one reads it too


@pytest.mark.parametrize("hint", HINTS)
def test_a_chain_invokes_no_function_more_than_twelve_times(hint: Hint | Chore) -> None:
    invocations, sent = 1, onward(hint)
    while sent:
        invocations, sent = invocations + 1, onward(sent)

    assert invocations == MOST_HOPS == 12


@pytest.mark.parametrize("hint", HINTS)
def test_what_is_put_off_beyond_its_end_is_left_to_the_next_round(hint: Hint | Chore) -> None:
    asked = replace(hint, until=NOON + MINUTE)

    assert put_off(asked, 60, NOON) is None
    later = put_off(asked, 59, NOON)
    assert later is not None
    assert (later.hops, later.until) == (1, NOON + MINUTE)
    assert put_off(hint, 100_000, NOON) == onward(hint)


def test_a_repair_is_looked_at_less_and_less_often_and_then_with_the_sweep() -> None:
    waits = [repair_looked_at_in(hops) for hops in range(MOST_HOPS)]

    assert [wait and wait.seconds for wait in waits] == [10, 10, 10, 15, 20, 30, 30, 30, None, None, None, None]


def test_a_wait_fits_the_queue_if_the_hops_that_are_left_are_enough() -> None:
    assert waits_in_queue(10 * LONGEST_WAIT, 0)
    assert not waits_in_queue(10 * LONGEST_WAIT + SECOND, 0)
    assert waits_in_queue(LONGEST_WAIT, 9)
    assert not waits_in_queue(SECOND, 10)


# ingest


@pytest.fixture
def sorter(station: Station) -> Ingestion:
    station.terms = replace(station.terms, longer=((f"*/{CLUSTER.name}", 24 * HOUR),))
    station.clock.forward(seconds=GRACE.total_seconds())
    return station.sorter


def hints(bodies: list[str]) -> list[Hint]:
    return [hint for body in bodies if isinstance(hint := from_message(body), Hint)]


def test_what_one_invocation_sends_has_as_many_hops_as_the_most_of_its_batch(
    station: Station, sorter: Ingestion, mail: Mail
) -> None:
    """Lambda counts so: the header that an invocation sends with its calls is one for all of them."""
    fresh, old = Hint(ELSEWHERE, Why.STATE_CHANGE, (drop(ago=HOUR),)), StormHint("C0ECSALERTS", "eu-west-1", hops=7)

    sorter.sort([record(to_message(fresh), 1), record(to_message(old), 2)])

    read = [from_message(body) for body in station.mail.bodies(mail.looks)]
    assert [hint and hint.hops for hint in read] == [7, 7]


def test_a_grace_longer_than_a_chain_is_looked_at_at_once_and_a_shorter_one_waits(
    sorter: Ingestion, mail: Mail
) -> None:
    early, soon = drop(1, ago=HOUR), drop(2, ago=23 * HOUR)

    sorter.sort([record(to_message(Hint(CLUSTER, Why.STATE_CHANGE, (early, soon))))])

    (asked,) = hints(mail.bodies(mail.looks))
    assert asked.drops == (early,)
    assert mail.waiting(mail.delay) == 1


def test_what_has_no_hops_left_is_looked_at_at_once(sorter: Ingestion, mail: Mail) -> None:
    soon = drop(ago=24 * HOUR - MINUTE)

    sorter.sort([record(to_message(Hint(CLUSTER, Why.AGAIN, (soon,), hops=11)))])

    (asked,) = hints(mail.bodies(mail.looks))
    assert (asked.drops, asked.hops) == ((soon,), 11)
    assert mail.waiting(mail.delay) == 0


# The table


def test_drops_that_wait_are_known_with_the_cluster_and_named_when_they_are_due(store: Store) -> None:
    waits = [Waiting(CLUSTER, drop(n), NOON + n * HOUR) for n in (1, 2)]
    store.keep_waiting([*waits, Waiting(ELSEWHERE, drop(3), NOON + HOUR)])

    assert store.known(CLUSTER).waiting == {one.drop.instance: replace(one, version=1) for one in waits}
    assert store.clusters_waiting(NOON + HOUR - SECOND) == set()
    assert store.clusters_waiting(NOON + HOUR) == {CLUSTER, ELSEWHERE}

    store.keep_waiting([replace(waits[0], over=True, version=1)])

    assert store.clusters_waiting(NOON + HOUR) == {ELSEWHERE}
    with pytest.raises(Conflict):
        store.keep_waiting([waits[1]])


# Stories


LONG = 5 * HOUR


@pytest.fixture
def cluster(station: Station) -> Cluster:
    cluster = station.fleet.cluster()
    station.terms = Terms(GRACE, CHANNEL, longer=((cluster.key, LONG),))
    return cluster


def pass_by(station: Station, span: timedelta) -> None:
    """Let time pass with its rounds: what is unfinished each five minutes, and now and then every member."""
    until = station.clock() + span
    while station.clock() < until:
        station.sweep()
        station.visit()
        station.wait(minutes=min(5.0, (until - station.clock()) / MINUTE))


def test_a_grace_of_hours_is_waited_for_in_the_table_and_ends_when_it_should(
    station: Station, cluster: Cluster
) -> None:
    instance, _ = station.quiet(cluster)
    station.wait(minutes=3)
    (kept,) = station.store.known(cluster).waiting.values()
    assert (kept.drop.instance, kept.drop.at, kept.due) == (instance, NOON, NOON + LONG)
    assert station.mail.waiting(station.mail.delay) == 0
    written = kept.version

    pass_by(station, LONG - 4 * MINUTE)
    assert station.incidents(cluster) == {}
    assert station.store.known(cluster).waiting[instance].version == written  # rounds change nothing of it
    station.wait(minutes=2)
    station.sweep()

    (found,) = station.incidents(cluster).values()
    assert (found.instance, found.since) == (instance, NOON)
    assert station.states() == ["open"]
    assert station.store.clusters_waiting(station.clock() + 24 * HOUR) == set()


def test_an_agent_that_goes_again_has_its_grace_from_then(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.wait(minutes=3)
    station.wait(hours=2)
    station.reconnect(cluster, instance)
    station.wait(minutes=1)
    again = station.clock()
    station.disconnect(cluster, instance)
    station.wait(minutes=3)
    assert station.store.known(cluster).waiting[instance].drop.at == again

    station.wait(hours=3)
    station.sweep()
    assert station.incidents(cluster) == {}
    station.wait(hours=2)
    station.sweep()

    assert [found.since for found in station.incidents(cluster).values()] == [again]


def test_what_waited_and_is_well_when_it_is_due_is_over_without_a_word(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.wait(minutes=3)
    station.reconnect(cluster, instance)
    station.wait(hours=5)

    station.sweep()

    assert station.store.clusters_waiting(station.clock()) == set()
    assert (station.incidents(cluster), station.messages()) == ({}, [])


def test_a_repair_without_a_replacement_hands_over_to_the_sweep(station: Station) -> None:
    cluster = station.fleet.cluster()
    instance, host = station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 30)
    (found,) = station.incidents(cluster).values()
    repair = Repair("r-1", "terminate", ALICE, station.clock())
    done = end_repair(begin_repair(found, repair), replace(repair, finished=station.clock(), group="nobody's"))
    station.store.save([done])
    station.fleet.terminate(host)
    before = station.counted["looks"]
    station.queues.later(station.mail.delay, [(Hint(cluster, Why.AGAIN), 1)])

    station.wait(minutes=9)
    assert station.counted["looks"] - before == 9  # one at once, eight of a repair
    assert station.at_rest()
    station.clock.forward(seconds=REPAIR_PATIENCE.total_seconds())
    station.sweep()

    assert station.incidents(cluster)[instance].unresolved is False


# Slack puts off what a round has asked for


def test_what_slack_puts_off_for_less_than_a_round_is_said_before_the_next_one(station: Station) -> None:
    cluster = station.fleet.cluster()
    station.slack.fault("*", "ratelimit", times=1_000, retry_after=900)
    station.quiet(cluster)
    station.wait(minutes=5)
    station.slack.workspace.faults.clear()
    station.slack.fault("chat.postMessage", "ratelimit", times=3, retry_after=10)
    asked = station.clock()

    station.sweep()
    station.wait(seconds=58)

    assert station.states() == ["open"]
    assert station.bulletin(cluster).slack.shown_at is not None
    assert station.bulletin(cluster).slack.shown_at - asked < MINUTE  # type: ignore[operator]  # it is there


def test_what_slack_puts_off_for_longer_is_left_to_the_next_round(station: Station) -> None:
    cluster = station.fleet.cluster()
    station.slack.fault("*", "ratelimit", times=1_000, retry_after=900)
    station.quiet(cluster)
    station.wait(minutes=5)
    before = station.mail.waiting(station.mail.delay)

    for _ in range(5):
        station.sweep()

    assert station.mail.waiting(station.mail.delay) == before
    station.slack.workspace.faults.clear()
    station.clock.forward(seconds=60)
    station.sweep()
    assert station.states() == ["open"]


def test_a_digest_that_slack_puts_off_is_said_before_the_next_round(station: Station) -> None:
    station.mute(f"account:{CLUSTER.account}", minutes=5)
    station.clock.forward(minutes=6)
    station.slack.fault("chat.postMessage", "ratelimit", retry_after=20)

    station.sweep()
    assert station.messages() == []
    station.wait(seconds=30)

    assert len(station.messages()) == 1
    assert station.at_rest()


def test_hints_of_a_round_and_of_an_event_together_hold_for_ever(station: Station) -> None:
    cluster = station.fleet.cluster()
    station.slack.fault("*", "ratelimit", times=1, retry_after=120)
    instance, _ = station.quiet(cluster)
    station.clock.forward(seconds=GRACE.total_seconds() + 1)
    told = Hint(cluster, Why.STATE_CHANGE, (Drop(instance, NOON, 10),))
    station.queues.ask_looks(station.mail.looks, [told], "event")
    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.SWEEP, until=station.clock() + MINUTE)], "round")

    station.wait(minutes=4)

    assert station.states() == ["open"]
