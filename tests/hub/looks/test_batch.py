"""A batch of looks: seen side by side, concluded one by one; what waits for more of its kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.incidents.hint_messages import packed
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.storm import CROWD, MANY
from hub.looks.batch import GATHERS_SECONDS, Batch
from hub.looks.gone_clusters import GONE_KEPT
from hub.policy.terms import Terms
from hub.queues import GROUP_NEEDS, by_group, records
from spoke.deadline import within
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, GRACE, bulletin, instance_id
from tests.hub.station import Station
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire.faults import Fault, Kind
from tests.wire.meter import Meter
from tests.wire.table import Tables
from tests.wire.wire import Call, Failure, Wire


def clusters(station: Station, number: int) -> list[Cluster]:
    return [station.fleet.cluster(f"c-{each:02}") for each in range(number)]


def lost(station: Station, cluster: Cluster, **more: object) -> Hint:
    """Say that a cluster has lost an agent, whose grace is over."""
    instance, _ = station.fleet.quiet(cluster)
    gone = station.clock() - 2 * station.terms.grace
    version = station.fleet.known(cluster, instance).version
    return Hint(cluster, Why.STATE_CHANGE, (Drop(instance, gone, version),), **more)  # type: ignore[arg-type]


def back(station: Station, cluster: Cluster, **more: object) -> Hint:
    """The same, of an agent that is back by now."""
    hint = lost(station, cluster, **more)
    station.fleet.known(cluster, hint.drops[0].instance).connected = True
    return hint


def test_one_true_loss_among_many_that_are_back_speaks_for_itself_at_once(station: Station) -> None:
    here = clusters(station, MANY)
    hints = [lost(station, here[0], crowd=20), *(back(station, cluster, crowd=20) for cluster in here[1:])]
    station.queues.ask_looks(station.mail.looks, hints, "breath")

    station.look()

    assert not station.bulletin(here[0]).slack.aside
    assert station.states() == ["open"]


def test_what_proves_true_of_a_rumour_is_left_to_a_storm_before_anybody_speaks(station: Station) -> None:
    here = clusters(station, 3)
    station.queues.ask_looks(station.mail.looks, [lost(station, cluster, crowd=20) for cluster in here], "breath")

    station.look()

    assert [station.bulletin(cluster).slack.aside for cluster in here] == [True] * 3
    assert station.states() == []


def test_what_full_batches_have_told_is_gathered_for_a_moment_and_looked_at_once(station: Station) -> None:
    here = clusters(station, CROWD)
    first, second = ([lost(station, cluster, crowd=CROWD) for cluster in here] for _ in range(2))
    station.queues.ask_looks(station.mail.looks, packed(first), "one full batch")
    station.look()
    station.queues.ask_looks(station.mail.looks, packed(second), "another one")

    station.wait(seconds=GATHERS_SECONDS - 0.5)
    assert station.states() == []
    station.wait(seconds=1)

    assert station.states() == ["open"] * CROWD
    assert [len(station.incidents(cluster)) for cluster in here] == [2] * CROWD
    assert station.counted["looks"] == CROWD


def test_what_was_gathered_is_asked_for_again_where_sqs_has_refused_some(station: Station) -> None:
    here = clusters(station, CROWD)
    hints = [lost(station, cluster, crowd=CROWD) for cluster in here]
    station.queues.ask_looks(station.mail.looks, packed(hints), "a full batch")
    station.mail.service.refuses = lambda entry: "c-03" in entry["MessageBody"]
    station.wait(seconds=GATHERS_SECONDS + 1)
    assert [len(station.incidents(cluster)) for cluster in here] == [1, 1, 1, 0, 1]

    station.mail.service.refuses = lambda _: False
    station.wait(seconds=15)

    assert [len(station.incidents(cluster)) for cluster in here] == [1] * CROWD
    assert station.states() == ["open"] * CROWD
    assert station.counted["looks"] == CROWD


def test_a_cluster_that_cannot_be_seen_hurts_only_itself(station: Station, dynamodb: Any) -> None:
    first, second = clusters(station, 2)
    spoilt = {"pk": f"cluster#{first.key}", "sk": "bulletin", "version": "1", "data": "[]"}
    item = {name: {"N" if name == "version" else "S": value} for name, value in spoilt.items()}
    dynamodb.put_item(TableName="coastguard", Item=item)
    station.queues.ask_looks(station.mail.looks, [lost(station, first), lost(station, second)], "two")

    station.look()

    assert station.bulletin(second).slack.handle
    assert station.mail.waiting(station.mail.looks) == 1


def test_nothing_is_seen_that_there_is_no_time_to_conclude(station: Station) -> None:
    (cluster,) = clusters(station, 1)
    station.queues.ask_looks(station.mail.looks, [lost(station, cluster)], "late")
    looks = Batch(station.reconciler)
    batch = records(station.mail.receive(station.mail.looks))

    with within(lambda: GROUP_NEEDS - 1.0):
        failed = station.queues.work_off(station.mail.looks, batch, looks.attend, looks.prepare)

    assert failed == [batch[0].id]
    assert station.states() == []


# What a storm has struck is written together


def struck(station: Station, number: int) -> list[Cluster]:
    """So many clusters of a storm have lost an agent, which one look is told of."""
    here = clusters(station, number)
    station.queues.ask_looks(station.mail.looks, [lost(station, each, crowd=20) for each in here], "breath")
    return here


def before_writing(wire: Wire, do: Callable[[Call], None]) -> None:
    """Have something done before each transaction comes to the table."""
    table = wire.services["dynamodb"]

    def answer(call: Call) -> bytes:
        if call.operation == "TransactWriteItems":
            do(call)
        return table(call)

    wire.services["dynamodb"] = answer


def test_what_a_storm_has_struck_is_written_in_one_transaction(station: Station, wire: Wire) -> None:
    here = struck(station, 5)
    wire.meter = meter = Meter()

    station.look()

    assert meter.calls["dynamodb:TransactWriteItems"] == 1
    assert [len(station.incidents(cluster)) for cluster in here] == [1] * 5
    assert [station.bulletin(cluster).slack.aside for cluster in here] == [True] * 5
    assert [entry.what for cluster in here for _, entry in station.store.entries(cluster, "")] == ["opened"] * 5


def test_where_somebody_else_has_written_meanwhile_only_that_cluster_is_looked_at_again(
    station: Station, wire: Wire
) -> None:
    here = struck(station, 3)
    theirs = bulletin(cluster=here[1])
    left = [theirs]

    def overtake(_: Call) -> None:
        while left:
            station.store.keep(left.pop())

    before_writing(wire, overtake)

    station.look()

    assert [len(station.incidents(cluster)) for cluster in here] == [1, 0, 1]
    station.wait(seconds=10)
    assert [len(station.incidents(cluster)) for cluster in here] == [1, 1, 1]
    assert station.bulletin(here[1]).id == theirs.id


def test_a_cluster_that_cannot_be_written_hurts_only_itself(station: Station, wire: Wire) -> None:
    here = struck(station, 3)
    sick = {here[1].key}

    def refuse(call: Call) -> None:
        if any(key in str(call.fields) for key in sick):
            raise Failure("ValidationException", "a row of it is too large")

    before_writing(wire, refuse)

    station.look()

    assert [len(station.incidents(cluster)) for cluster in here] == [1, 0, 1]
    sick.clear()
    station.wait(seconds=10)
    assert [len(station.incidents(cluster)) for cluster in here] == [1, 1, 1]


def test_what_is_muted_in_a_storm_is_written_together_and_counted_under_its_mute(station: Station) -> None:
    station.mute("organization")
    here = struck(station, 3)

    station.look()

    assert [station.bulletin(cluster).episode.muted for cluster in here] == [True] * 3
    (mute,) = station.store.mutes()
    assert station.store.recorded(mute) == 3
    assert station.messages() == []


def test_who_dies_between_writing_them_and_speaking_of_them_leaves_all_to_the_next(station: Station) -> None:
    here = struck(station, 3)
    looks, batch = Batch(station.reconciler), records(station.mail.receive(station.mail.looks))
    looks.prepare(by_group(batch))
    assert [len(station.incidents(cluster)) for cluster in here] == [1] * 3

    station.clock.forward(minutes=7)
    station.look()
    station.wait(minutes=1)

    assert [len(station.incidents(cluster)) for cluster in here] == [1] * 3
    assert station.mail.waiting(station.mail.looks) == 0
    assert sorted(station.states()) == ["open"] * 3


# What is known of a batch's clusters


def test_of_a_batch_only_those_are_read_that_have_been_in_trouble_before(station: Station, wire: Wire) -> None:
    here = clusters(station, 3)
    station.queues.ask_looks(station.mail.looks, [lost(station, here[0])], "before")
    station.look()
    before = station.bulletin(here[0]).id
    station.queues.ask_looks(station.mail.looks, [lost(station, cluster) for cluster in here], "now")
    asked: list[str] = []
    table = wire.services["dynamodb"]

    def answer(call: Call) -> bytes:
        asked.extend(cluster.name for cluster in here if call.operation == "Query" and cluster.key in str(call.fields))
        return table(call)

    wire.services["dynamodb"] = answer

    station.look()

    wire.services["dynamodb"] = table
    # The first one's bulletin is told in Slack anew, with what the log has got.
    assert set(asked) == {here[0].name}
    assert station.bulletin(here[0]).id == before
    assert len(station.incidents(here[0])) == 2
    assert station.states() == ["open"] * 3


def test_without_an_answer_about_all_of_them_each_is_read_by_itself(station: Station, wire: Wire) -> None:
    here = clusters(station, 3)
    wire.faults.order(Fault("dynamodb:BatchGetItem", Kind.REFUSED))
    station.queues.ask_looks(station.mail.looks, [lost(station, cluster) for cluster in here], "now")

    station.look()

    assert station.states() == ["open"] * 3


def test_one_of_whom_the_table_does_not_tell_for_now_is_read_by_itself(station: Station, wire: Wire) -> None:
    here = clusters(station, 2)
    station.queues.ask_looks(station.mail.looks, [lost(station, here[0])], "before")
    station.look()
    tables = wire.services["dynamodb"]
    assert isinstance(tables, Tables)
    tables.room = 0
    station.queues.ask_looks(station.mail.looks, [lost(station, cluster) for cluster in here], "now")

    station.look()

    assert len(station.incidents(here[0])) == 2
    assert station.mail.waiting(station.mail.looks) == 0


def test_a_drop_that_waits_in_the_table_goes_on_waiting_though_its_cluster_has_never_been_in_trouble(
    station: Station,
) -> None:
    station.terms = Terms.read(int(GRACE.total_seconds()), CHANNEL, longer=f"{ACCOUNT}=36000")
    here = clusters(station, 2)
    hints = [lost(station, cluster) for cluster in here]
    hints = [replace(hint, drops=(replace(hint.drops[0], at=station.clock()),)) for hint in hints]
    for time in ("before", "again"):
        station.queues.ask_looks(station.mail.looks, hints, time)
        station.look()

    assert station.mail.waiting(station.mail.looks) == 0
    due = station.clock() + timedelta(hours=10)
    assert station.store.clusters_waiting(due) == set(here)
    assert station.store.clusters_waiting(due - timedelta(hours=1)) == set()


# Clusters that nobody has


def invented(station: Station, **more: object) -> Hint:
    """Say that a cluster has lost an agent that nobody has."""
    gone = station.clock() - 2 * station.terms.grace
    return Hint(Cluster(ACCOUNT, REGION, "invented"), Why.STATE_CHANGE, (Drop(instance_id(), gone, 1),), **more)  # type: ignore[arg-type]


def test_a_cluster_that_nobody_has_is_looked_at_once_for_all_that_is_told_of_it_from_before(
    station: Station, wire: Wire
) -> None:
    reconciler = station.reconciler
    reconciler.look(invented(station), 1)
    assert reconciler.seeing.gone_clusters.explain(invented(station))
    wire.faults.order(Fault("dynamodb:*", Kind.REFUSED))

    reconciler.look(invented(station), 1)


def test_what_happens_to_it_later_and_what_somebody_asks_for_is_looked_at(station: Station) -> None:
    reconciler = station.reconciler
    reconciler.look(invented(station), 1)
    gone, told = reconciler.seeing.gone_clusters, invented(station)

    assert gone.explain(told)
    assert not gone.explain(replace(told, why=Why.REQUEST))
    assert not gone.explain(replace(told, drops=()))
    later = replace(told.drops[0], at=station.clock() + timedelta(seconds=1))
    assert not gone.explain(replace(told, drops=(later, *told.drops)))
    assert not gone.explain(replace(told, cluster=clusters(station, 1)[0]))
    station.clock.forward(seconds=GONE_KEPT.total_seconds())
    assert not gone.explain(told)
