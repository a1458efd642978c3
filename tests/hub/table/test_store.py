"""The table, made as the template says: what is written, refused, and can still be read.

On the wire's DynamoDB, and by night on moto's as well.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pynamodb.exceptions import PynamoDBException

from hub.incidents import audit
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import Delivery
from hub.incidents.episode import Episode
from hub.incidents.incident import RESOLVED_KEPT, Incident, Pending, State
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.policy.repair_stop import RepairStop
from hub.scopes.account import Account
from hub.scopes.coverage import Visit
from hub.table.accounts import NAMES_A_ROW, SEEN_A_ROW, SEEN_KEPT, NamesRow
from hub.table.clusters import KnownCluster
from hub.table.mutes import BUDGET_KEPT, MUTE_KEPT
from hub.table.requests import REQUEST_KEPT, Claim
from hub.table.rows import TRANSACTION
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke import USER_AGENT
from spoke.places import Cluster
from spoke.sighting import Sighting
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    ELSEWHERE,
    NOON,
    Json,
    altered,
    bulletin,
    entry,
    finished,
    incident,
    instance_id,
    muted,
    pending,
    sighting,
)
from tests.hub.scopes.scopes import KINDS
from tests.hub.stack import create_table

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def shared_store(environment: None) -> Store:  # noqa: ARG001 - it reads the environment
    """One that keeps each incident in a row, as a stack does that a release before this one can still come back to."""
    return Store("coastguard", "eu-west-1")


def written(before: Incident) -> Incident:
    return replace(before, version=before.version + 1)


def raw(dynamodb: Any, sk: str, pk: str = f"cluster#{CLUSTER.key}") -> Json:
    """A row as it lies in the table."""
    item: Json = dynamodb.get_item(TableName="coastguard", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    return item


def rewrite(dynamodb: Any, sk: str, change: Callable[[Json], None]) -> None:
    """Make a row one of another release."""
    item = raw(dynamodb, sk)
    data = json.loads(item["data"]["S"])
    change(data)
    dynamodb.put_item(TableName="coastguard", Item={**item, "data": {"S": json.dumps(data)}})


def unfinished(store: Store) -> set[Cluster]:
    """What the sweep goes by."""
    return {shown.cluster for shown in store.open_bulletins()} | store.clusters_in_trouble()


# What is written can be read


def test_everything_of_an_incident_is_kept(store: Store) -> None:
    whole = incident(
        state=State.RESOLVED,
        acknowledged_by=BOB,
        acknowledged_at=NOON,
        repair=finished(problem="almost"),
        ending="terminated",
        replacement="i-new",
        pending=pending(),
        sighting=sighting(
            since=NOON,
            ping="Online",
            agent_version="é\x00<",
            unchecked=("EC2", "SSM"),
        ),
    )
    store.save([whole])

    assert store.incident(CLUSTER, instance_id()) == written(whole)
    assert store.known(CLUSTER) == KnownCluster({instance_id(): written(whole)}, None)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(
            bulletin(doubt_since=NOON, lease_until=NOON + SECOND, handle="", shown="abc", noted="log#x"), id="whole"
        ),
        pytest.param(bulletin(closed=True), id="closed"),
        pytest.param(bulletin(muted=True, owners=("S1", "U1"), lost=("C1", "C2"), said_again_at=NOON), id="muted"),
    ],
)
def test_everything_of_a_bulletin_is_kept(store: Store, shown: Bulletin) -> None:
    assert store.save([incident()], shown) == altered(shown, version=1)
    assert store.bulletin(CLUSTER) == store.known(CLUSTER).bulletin == altered(shown, version=1)
    assert store.keep(altered(shown, version=1)) == altered(shown, version=2) == store.bulletin(CLUSTER)


def test_everything_of_a_log_entry_is_kept(store: Store) -> None:
    whole = entry(result="done", incident="inc-1", request="r-1", source_identity="slack-T-U", quiet=True)
    store.log(CLUSTER, whole)
    store.log(CLUSTER, whole)

    assert store.entries(CLUSTER, "") == [(whole.key, whole)]


def test_nothing_is_known_of_a_cluster_nobody_wrote_about(store: Store) -> None:
    store.save([incident()], bulletin())

    assert store.known(ELSEWHERE) == KnownCluster({}, None)
    assert store.incident(CLUSTER, instance_id(2)) is None
    assert store.bulletin(ELSEWHERE) is None
    assert store.entries(ELSEWHERE, "") == []


def test_a_cluster_is_known_without_its_log(store: Store) -> None:
    store.save([incident(1), incident(2)], bulletin(), [entry()])

    known = store.known(CLUSTER)

    assert set(known.incidents) == {instance_id(1), instance_id(2)}
    assert known.bulletin == bulletin(version=1)


def test_clusters_whose_names_begin_alike_are_kept_apart(store: Store) -> None:
    longer = replace(CLUSTER, name=CLUSTER.name + "-2")
    store.save([incident(1)], bulletin())
    store.save([incident(2, cluster=longer)], bulletin(cluster=longer))

    assert set(store.known(CLUSTER).incidents) == {instance_id(1)}
    assert unfinished(store) == {CLUSTER, longer}


def test_a_thread_calls_with_the_client_that_is_made_with_the_store(aws: None) -> None:  # noqa: ARG001 - moto must be up
    """Pynamodb keeps a session for each thread: one of a thread's own would call as botocore does, and cure nothing."""
    other = Store("coastguard", "eu-west-1")
    with ThreadPoolExecutor(1) as threads:
        client = threads.submit(lambda: other._connection.client).result()
    assert client.meta.config.user_agent == USER_AGENT


def test_two_stores_keep_to_their_tables(store: Store, dynamodb: Any) -> None:
    create_table(dynamodb, "other")
    other = Store("other", "eu-west-1")
    other.save([incident(cluster=ELSEWHERE)])
    store.save([incident()])

    assert (unfinished(store), unfinished(other)) == ({CLUSTER}, {ELSEWHERE})
    assert store.known(ELSEWHERE) == KnownCluster({}, None)


# Who was quicker


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(incident(state=State.ACKNOWLEDGED, version=0), id="thinks that there is none"),
        pytest.param(incident(state=State.ACKNOWLEDGED, version=2), id="read it before the last change"),
        pytest.param(incident(state=State.ACKNOWLEDGED, version=9), id="read something that never was"),
    ],
)
def test_who_has_read_another_version_writes_nothing(store: Store, late: Incident) -> None:
    for version in range(3):
        store.save([incident(version=version)])
    neighbour = incident(2)

    with pytest.raises(Conflict):
        store.save([neighbour, late], bulletin(), [entry()])

    assert store.known(CLUSTER) == KnownCluster({instance_id(): incident(version=3)}, None)
    assert store.entries(CLUSTER, "") == []


def test_who_has_read_a_row_that_is_gone_writes_nothing(store: Store) -> None:
    with pytest.raises(Conflict):
        store.save([incident(version=1)])

    assert store.known(CLUSTER) == KnownCluster({}, None)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_bulletin_changes_only_for_who_has_read_it_last(store: Store, version: int) -> None:
    for before in range(2):
        store.keep(bulletin(version=before))

    with pytest.raises(Conflict):
        store.keep(bulletin(version=version, shown="late"))
    with pytest.raises(Conflict):
        store.save([incident()], bulletin(version=version, shown="late"))

    assert store.known(CLUSTER) == KnownCluster({}, bulletin(version=2))


@pytest.mark.parametrize("count", [TRANSACTION - 3, TRANSACTION - 2, 2 * TRANSACTION + 1])
def test_more_rows_than_a_transaction_takes_are_all_written(store: Store, count: int) -> None:
    many = [incident(number) for number in range(count)]

    store.save(many, bulletin(), [entry("a"), entry("b")])

    known = store.known(CLUSTER)
    assert set(known.incidents.values()) == set(map(written, many))
    assert known.bulletin == bulletin(version=1)
    assert len(store.entries(CLUSTER, "")) == 2


def test_an_incident_is_never_written_without_its_bulletin(store: Store) -> None:
    store.keep(bulletin())

    with pytest.raises(Conflict):
        store.save([incident(number) for number in range(250)], bulletin())

    assert store.known(CLUSTER) == KnownCluster({}, bulletin(version=1))


def test_what_fails_half_way_leaves_whole_transactions_and_the_bulletin_for_the_next_look(store: Store) -> None:
    many = [incident(number) for number in range(150)]
    store.save([many[-1]])

    with pytest.raises(Conflict):
        store.save(many, bulletin())

    known = store.known(CLUSTER)
    assert len(known.incidents) == TRANSACTION - 2 + 1  # two rows are the bulletin's, and one was there before
    assert known.bulletin == bulletin(version=1)


def test_other_errors_are_no_conflict(store: Store) -> None:
    assert store.mutes() == []
    nowhere = Store("nowhere", "eu-west-1")
    for write in (
        lambda: nowhere.save([incident()]),
        lambda: nowhere.keep(bulletin()),
        lambda: nowhere.claim("r-1", NOON),
        lambda: nowhere.log(CLUSTER, entry()),
    ):
        with pytest.raises(PynamoDBException):
            write()


def test_a_row_that_is_too_large_is_no_conflict(store: Store) -> None:
    huge = incident(sighting=sighting(unchecked=("x" * 450_000,)))

    with pytest.raises(PynamoDBException):
        store.save([huge])


# What is unfinished


@pytest.mark.parametrize(
    ("incidents", "shown", "looked_at"),
    [
        pytest.param([incident()], None, True, id="open"),
        pytest.param([incident(state=State.ACKNOWLEDGED)], bulletin(closed=True), True, id="acknowledged"),
        pytest.param([incident(state=State.REPAIRING)], None, True, id="repairing"),
        pytest.param([incident(1, State.RESOLVED), incident(2)], None, True, id="one of two"),
        pytest.param([incident(state=State.RESOLVED)], bulletin(), True, id="resolved, not yet said"),
        pytest.param([incident(state=State.RESOLVED)], bulletin(closed=True), False, id="resolved and said"),
    ],
)
def test_what_is_not_over_or_not_said_is_unfinished(
    store: Store, incidents: list[Incident], shown: Bulletin | None, looked_at: bool
) -> None:
    store.save(incidents, shown)

    assert unfinished(store) == ({CLUSTER} if looked_at else set())


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["prod"], id="one"),
        pytest.param(["prod", "prod-2"], id="one's name begins like another's"),
        pytest.param(["prod", "prod-2", "prod2", "prod_2", "search"], id="several whose names begin alike"),
    ],
)
def test_the_unresolved_incidents_of_several_clusters_are_read_together(store: Store, names: list[str]) -> None:
    some = [replace(CLUSTER, name=name) for name in names]
    others = [replace(CLUSTER, name="pro"), replace(CLUSTER, name="zoo"), replace(CLUSTER, account="111122223333")]
    others += [replace(CLUSTER, name="prod-1"), replace(CLUSTER, region="us-east-1")]
    for cluster in (*some, *others):
        store.save([incident(1, cluster=cluster), incident(2, State.RESOLVED, cluster=cluster)])

    found = store.open_incidents(some)

    assert found == {cluster: [written(incident(1, cluster=cluster))] for cluster in some}


def test_a_cluster_without_unresolved_incidents_has_none(store: Store) -> None:
    store.save([incident(state=State.RESOLVED)])

    assert store.open_incidents([CLUSTER]) == {CLUSTER: []}


def test_open_bulletins_are_read_by_region(store: Store) -> None:
    for cluster in (CLUSTER, ELSEWHERE, replace(CLUSTER, region="eu-west-10")):
        store.keep(bulletin(cluster=cluster))

    assert [shown.cluster for shown in store.open_bulletins(CLUSTER.region)] == [CLUSTER]
    assert len(store.open_bulletins()) == 3


def test_a_storm_is_open_until_it_has_said_its_last(store: Store) -> None:
    standing = store.keep(Storm("C0ECSALERTS", "eu-west-1", "st-1", NOON, NOON, most=(1, 11, 12)))
    assert store.open_storms() == [store.storm("C0ECSALERTS", "eu-west-1")] == [standing]
    assert store.storm("C0ECSALERTS", "us-east-1") is None

    closed = store.keep(replace(standing, over=True, closed=True, closed_at=NOON))

    assert store.open_storms() == []
    assert store.storm("C0ECSALERTS", "eu-west-1") == closed


@pytest.mark.parametrize("count", [0, 1, TRANSACTION + 5])
def test_of_several_bulletins_those_are_kept_that_nobody_has_changed(store: Store, count: int) -> None:
    many = [bulletin(cluster=replace(CLUSTER, name=f"c-{number:03}")) for number in range(count)]
    read = store.keep_all(many)
    assert [shown.episode.version for shown in read] == [1] * count
    for overtaken in read[:1]:
        store.keep(altered(overtaken, shown="newer"))

    kept = store.keep_all([altered(shown, storm="s") for shown in read])

    assert [shown.cluster for shown in kept] == [shown.cluster for shown in many[1:]]
    left = [store.bulletin(shown.cluster) for shown in many]
    expected = [("newer", "")] * min(count, 1) + [("", "s")] * (count - 1)
    assert [(shown.slack.shown, shown.episode.storm) for shown in left if shown] == expected


def test_a_budget_counts_by_the_minute(store: Store, dynamodb: Any) -> None:
    assert [store.spend("edits", NOON + second * SECOND) for second in (0, 30, 59)] == [1, 2, 3]
    assert store.spend("edits", NOON + 60 * SECOND) == 1
    assert store.spend("other", NOON) == 1
    expires = raw(dynamodb, "20261120T1200", "budget#edits")["expires"]["N"]
    assert int(expires) == int((NOON + 59 * SECOND + BUDGET_KEPT).timestamp())


def test_what_ends_leaves_the_index(store: Store) -> None:
    store.save([incident()], bulletin())
    store.save([incident(state=State.RESOLVED, version=1)])
    assert unfinished(store) == {CLUSTER}

    store.keep(bulletin(closed=True, version=1))

    assert unfinished(store) == set()


def test_more_unfinished_rows_than_a_page_has_are_all_found(store: Store) -> None:
    long = "x" * 100_000
    for cluster in (CLUSTER, ELSEWHERE):
        store.save([incident(n, cluster=cluster, sighting=sighting(n, zone=long)) for n in range(12)])

    assert unfinished(store) == {CLUSTER, ELSEWHERE}
    assert len(store.known(CLUSTER).incidents) == 12


def test_every_unresolved_incident_is_found(store: Store) -> None:
    here = [incident(number) for number in range(3)]
    there = incident(1, cluster=ELSEWHERE)
    store.save([*here, incident(4, State.RESOLVED)], bulletin())
    store.save([there])

    found = sorted(store.everything_open(), key=lambda one: (one.cluster, one.instance))

    assert found == [*map(written, here), written(there)]


def test_what_is_over_is_found_until_it_is_forgotten_the_last_to_end_first(store: Store) -> None:
    ended = [incident(n, State.RESOLVED, resolved_at=NOON + n * SECOND, ending="reconnected") for n in (2, 3, 1)]
    store.save([*ended, incident(4)])
    assert [each.instance for each in store.lately_over()] == [instance_id(3), instance_id(2), instance_id(1)]

    store.save([incident(3, version=1)])

    assert [each.instance for each in store.lately_over()] == [instance_id(2), instance_id(1)]
    assert {each.instance for each in store.everything_open()} == {instance_id(3), instance_id(4)}


# Mutes, and the switch for repairs


WHOLE = muted(
    "unit:ou-ab12-11112222",
    ended_at=NOON,
    warned_at=NOON,
    told_at=NOON,
    channel="C0SECOND1",
    reason="\u00e9\x00<",
)


@pytest.mark.parametrize("mute", [WHOLE, *map(muted, KINDS)], ids=lambda mute: str(mute.scope))
def test_everything_of_a_mute_is_kept(store: Store, mute: Mute) -> None:
    assert store.keep_mute(mute) == replace(mute, version=1)
    assert store.mutes() == [replace(mute, version=1)]


def test_mutes_are_kept_side_by_side_until_days_after_their_end(store: Store, dynamodb: Any) -> None:
    for scope in KINDS:
        store.keep_mute(muted(scope))

    assert sorted(str(mute.scope) for mute in store.mutes()) == sorted(KINDS)
    expires = raw(dynamodb, "organization", "mute")["expires"]["N"]
    assert int(expires) == int((muted().until + MUTE_KEPT).timestamp())


def test_a_mute_of_the_same_scope_takes_the_place_of_the_one_that_was_read(store: Store) -> None:
    first = store.keep_mute(muted())
    second = store.keep_mute(muted(by=BOB, version=first.version))

    assert store.mutes() == [second]
    for late in (muted(), replace(first, told_at=NOON)):
        with pytest.raises(Conflict):
            store.keep_mute(late)
    assert store.mutes() == [second]


def test_what_a_mute_records_is_counted_for_it_alone(store: Store, dynamodb: Any) -> None:
    mute, later, other = muted(), muted(since=NOON), muted("account:222233334444")
    assert store.recorded(mute) == 0

    assert [store.recorded(mute, more) for more in (2, 3, 0)] == [2, 5, 5]

    assert [store.recorded(each) for each in (mute, later, other)] == [5, 0, 0]
    expires = raw(dynamodb, mute.since.isoformat(), "budget#muted organization")["expires"]["N"]
    assert int(expires) == int((mute.until + MUTE_KEPT).timestamp())


def test_repairs_go_on_until_somebody_stops_them(store: Store) -> None:
    assert store.switch() == RepairStop()
    assert not store.switch().stopped

    store.turn(RepairStop(ALICE, NOON, "an AWS outage"))
    stopped = store.switch()
    assert (stopped, stopped.stopped) == (RepairStop(ALICE, NOON, "an AWS outage", version=1), True)
    store.turn(replace(stopped, stopped_by=""))

    assert not store.switch().stopped
    with pytest.raises(Conflict):
        store.turn(stopped)


# The organization's accounts, and what was seen of their Regions


@pytest.mark.parametrize("count", [0, 1, TRANSACTION + 5])
def test_everything_of_accounts_is_kept(store: Store, count: int) -> None:
    accounts = [
        Account(f"{222233334444 + number}", "é <!channel>", ("ou-a", "ou-b"), (("team", "pay"), ("team", "é")))
        for number in range(count)
    ]
    store.keep_accounts(accounts, now=NOON)

    assert store.accounts() == {account.id: account for account in accounts}


def test_more_accounts_than_a_page_has_are_all_read(store: Store) -> None:
    accounts = [Account(f"{222233334444 + number}", "x" * 300_000) for number in range(8)]
    for account in accounts:
        store.keep_accounts([account], now=NOON)

    assert store.accounts() == {account.id: account for account in accounts}


def test_who_is_gone_is_known_no_more_and_ends_by_its_time_to_live(store: Store, dynamodb: Any) -> None:
    stays, goes = Account(CLUSTER.account, "a"), Account(ELSEWHERE.account, "b")
    store.keep_accounts([stays, goes], now=NOON)

    store.keep_accounts([], [goes], now=NOON)

    assert store.accounts() == {stays.id: stays}
    assert raw(dynamodb, goes.id, "account")["expires"] == {"N": str(int(NOON.timestamp()))}


HERE, THERE = (CLUSTER.account, CLUSTER.region), (ELSEWHERE.account, ELSEWHERE.region)


def test_everything_that_was_seen_of_places_is_kept_turn_by_turn(store: Store, dynamodb: Any) -> None:
    blind = {
        THERE: Visit(NOON, None, "é: AccessDenied"),
        HERE: Visit(NOON, NOON - 600 * SECOND, "Throttling"),
    }
    well = {("444455556666", "eu-west-1"): Visit(NOON, NOON)}
    store.keep_seen(1, blind, NOON)
    store.keep_seen(0, well, NOON)

    assert store.places_seen() == blind | well
    assert store.places_seen(1) == blind
    assert store.places_seen(10) == {}
    assert int(raw(dynamodb, "1/0", "seen")["expires"]["N"]) == int((NOON + SEEN_KEPT).timestamp())


def test_a_turn_forgets_the_places_that_are_no_more(store: Store) -> None:
    store.keep_seen(1, {HERE: Visit(NOON, NOON), THERE: Visit(NOON, NOON)}, NOON)
    store.keep_seen(1, {HERE: Visit(NOON, NOON)}, NOON)

    assert set(store.places_seen()) == {HERE}


def test_the_names_of_clusters_are_kept_row_by_row(store: Store, dynamodb: Any) -> None:
    rows = [
        NamesRow(HERE, 0, ("a", "b"), NOON),
        NamesRow(HERE, 1, ("c",), NOON),
        NamesRow(THERE, 0, (), NOON + 600 * SECOND),
    ]
    for row in rows:
        store.keep_cluster_names(row)
    store.keep_cluster_names(replace(rows[0], names=("b",)))

    assert store.cluster_names() == [replace(rows[0], names=("b",)), *rows[1:]]
    assert int(raw(dynamodb, f"{'/'.join(THERE)}/0", "names")["expires"]["N"]) == int(rows[2].expires.timestamp())


def test_a_row_holds_a_thousand_clusters_with_the_longest_names(store: Store, dynamodb: Any) -> None:
    names = tuple(f"{number:03}{'x' * 252}" for number in range(NAMES_A_ROW))

    store.keep_cluster_names(NamesRow(HERE, 0, names, NOON))

    assert store.cluster_names()[0].names == names
    assert len(raw(dynamodb, f"{'/'.join(HERE)}/0", "names")["data"]["S"]) < 400_000 * 3 / 4


def test_a_row_holds_a_thousand_places_with_their_problems(store: Store, dynamodb: Any) -> None:
    many = {(f"{222233334444 + n}", "ap-southeast-1"): Visit(NOON, NOON, "x" * 120) for n in range(SEEN_A_ROW + 1)}

    store.keep_seen(1, many, NOON)

    assert store.places_seen() == many
    assert len(raw(dynamodb, "1/0", "seen")["data"]["S"]) < 400_000 / 2
    later = NOON + 600 * SECOND
    fewer = dict.fromkeys(sorted(many)[1:], Visit(later, later))
    store.keep_seen(1, fewer, later)
    assert {place: store.places_seen()[place] for place in fewer} == fewer


# How long it is kept


@pytest.mark.parametrize(
    ("kept", "sk", "until"),
    [
        pytest.param(incident(), f"instance#{instance_id()}", None, id="open"),
        pytest.param(
            incident(state=State.RESOLVED, resolved_at=NOON),
            f"instance#{instance_id()}",
            NOON + RESOLVED_KEPT,
            id="resolved",
        ),
        pytest.param(
            incident(state=State.RESOLVED, resolved_at=NOON, keep_until=NOON + 9 * RESOLVED_KEPT),
            f"instance#{instance_id()}",
            NOON + 9 * RESOLVED_KEPT,
            id="resolved and kept on",
        ),
    ],
)
def test_incidents_are_kept_until_some_time_after_they_end(
    store: Store,
    dynamodb: Any,
    kept: Incident,
    sk: str,
    until: datetime | None,
) -> None:
    store.save([kept])

    expires = raw(dynamodb, sk).get("expires")
    assert (expires and int(expires["N"])) == (until and int(until.timestamp()))


def test_an_incident_that_opens_again_is_kept(store: Store, dynamodb: Any) -> None:
    store.save([incident(state=State.RESOLVED)])
    store.save([incident(id="inc-2", version=1)])

    row = raw(dynamodb, f"instance#{instance_id()}")
    assert "expires" not in row
    assert row["open_pk"] == {"S": "incidents"}


def test_log_entries_are_kept_400_days_and_requests_30(store: Store, dynamodb: Any) -> None:
    store.log(CLUSTER, entry())
    store.claim("r-1", NOON)

    assert timedelta(days=400) == audit.LOG_KEPT
    assert raw(dynamodb, entry().key)["expires"] == {"N": str(int((NOON + audit.LOG_KEPT).timestamp()))}
    assert timedelta(days=30) == REQUEST_KEPT
    assert raw(dynamodb, "request", "request#r-1")["expires"] == {"N": str(int((NOON + REQUEST_KEPT).timestamp()))}


def test_a_bulletin_never_expires(store: Store, dynamodb: Any) -> None:
    store.keep(bulletin(closed=True))

    assert "expires" not in raw(dynamodb, "bulletin")


# The log


def test_entries_are_read_in_the_order_of_their_time(store: Store) -> None:
    told = [entry(f"step {number}", at=NOON + number * SECOND) for number in range(12)]
    for one in reversed(told):
        store.log(CLUSTER, one)

    assert [one for _, one in store.entries(CLUSTER, "")] == told


@pytest.mark.parametrize("after", range(3))
def test_entries_are_read_after_a_key(store: Store, after: int) -> None:
    told = [entry(f"step {number}", at=NOON + number * SECOND) for number in range(3)]
    store.save([incident()], bulletin(), told)

    assert [one for _, one in store.entries(CLUSTER, told[after].key)] == told[after + 1 :]


def test_entries_of_the_same_moment_are_told_apart(store: Store) -> None:
    same = [entry("acknowledged"), entry("refused"), entry("acknowledged", who=BOB), entry("acknowledged", where="i-2")]
    for one in same:
        store.log(CLUSTER, one)

    read = store.entries(CLUSTER, f"log#{NOON.isoformat(timespec='milliseconds')}")
    assert {one for _, one in read} == set(same)
    assert [key for key, _ in read] == sorted(one.key for one in same)


def test_a_log_without_a_key_to_begin_after_holds_nothing_but_the_log(store: Store) -> None:
    store.save([incident()], bulletin(), [entry()])

    assert store.entries(CLUSTER, "") == [(entry().key, entry())]


def test_what_is_about_no_cluster_has_a_log_of_its_own(store: Store, dynamodb: Any) -> None:
    stopped = entry("repairs stopped", cluster="", where="")

    store.log(None, stopped)

    assert store.entries(CLUSTER, "") == []
    assert list(store.done_by_people(NOON, NOON + SECOND)) == [stopped]
    assert "expires" in raw(dynamodb, stopped.key, "organization")


def test_an_entry_says_of_which_cluster_it_is_whatever_it_said_before(store: Store) -> None:
    store.log(ELSEWHERE, entry())
    store.save([incident()], bulletin(), [entry(cluster=ELSEWHERE.key)])

    for cluster in (CLUSTER, ELSEWHERE):
        assert [one.cluster for _, one in store.entries(cluster, "")] == [cluster.key]


def test_what_people_did_is_found_over_months_and_clusters_in_the_order_of_time(store: Store) -> None:
    times = [datetime(2026, 12, 31, 23, 59, 59, 999_000, UTC), datetime(2027, 1, 1, tzinfo=UTC), NOON]
    told = [
        entry(f"{cluster.name} {at}", at=at, cluster=cluster.key) for at in times for cluster in (CLUSTER, ELSEWHERE)
    ]
    for one in told:
        store.log(Cluster.from_key(one.cluster), one)
    store.log(CLUSTER, entry("opened", who=""))

    found = list(store.done_by_people(NOON - 400 * 86_400 * SECOND, NOON + 60 * 86_400 * SECOND))

    assert {one.what for one in found} == {one.what for one in told}
    assert [one.at for one in found] == sorted(one.at for one in told)


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        pytest.param(-1, 0, [], id="before"),
        pytest.param(0, 1, [0], id="from its moment on"),
        pytest.param(0, 3, [0, 1, 2], id="several"),
        pytest.param(1, 2, [1], id="one of them"),
        pytest.param(3, 9, [], id="after"),
        pytest.param(2, 1, [], id="from later to earlier"),
    ],
)
def test_what_people_did_is_found_by_its_time(store: Store, since: int, until: int, found: list[int]) -> None:
    for number in range(3):
        store.log(CLUSTER, entry(str(number), at=NOON + number * SECOND))

    done = store.done_by_people(NOON + since * SECOND, NOON + until * SECOND)

    assert [one.what for one in done] == list(map(str, found))


def test_whoever_asks_may_be_in_another_zone(store: Store) -> None:
    first = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    there = timezone(timedelta(hours=-5))
    store.log(CLUSTER, entry(at=first.astimezone(there)))

    since = (first - SECOND).astimezone(there)
    assert len(list(store.done_by_people(since, since + 2 * SECOND))) == 1


# Requests


def test_a_request_is_claimed_once(store: Store) -> None:
    first = store.claim("r-1", NOON)
    second = store.claim("r-1", NOON + SECOND)

    assert first == second == Claim("r-1", NOON, "", 1)


def test_a_finished_request_says_what_came_of_it(store: Store) -> None:
    store.finish(store.claim("r-1", NOON), "acknowledged")

    assert store.claim("r-1", NOON + SECOND) == Claim("r-1", NOON, "acknowledged", 2)
    assert store.claim("r-2", NOON).outcome == ""


def test_a_request_finishes_once(store: Store) -> None:
    claim = store.claim("r-1", NOON)
    store.finish(claim, "done")

    with pytest.raises(Conflict):
        store.finish(claim, "done again")

    assert store.claim("r-1", NOON).outcome == "done"


# Rows of other releases


def test_rows_with_fields_of_a_newer_release_can_be_read(store: Store, dynamodb: Any) -> None:
    store.save([incident(repair=finished())], bulletin(), [entry()])

    def newer(data: Json) -> None:
        data["from_the_future"] = {"what": ["ever"]}
        for part in ("sighting", "repair"):
            if part in data:
                data[part]["from_the_future"] = 1

    for sk in ("bulletin", f"instance#{instance_id()}", entry().key):
        rewrite(dynamodb, sk, newer)

    assert store.known(CLUSTER) == KnownCluster(
        {instance_id(): written(incident(repair=finished()))}, bulletin(version=1)
    )
    assert store.entries(CLUSTER, "") == [(entry().key, entry())]


def test_rows_of_an_older_release_can_be_read(store: Store, dynamodb: Any) -> None:
    store.save([incident()], bulletin(), [entry()])
    needed = {
        "bulletin": {"cluster", "episode", "channel"},
        f"instance#{instance_id()}": {
            "id", "cluster", "instance", "episode", "state", "since", "opened_at", "sighting",
        },
        entry().key: {"at", "who", "what", "where", "result"},
    }  # fmt: skip

    for sk, names in needed.items():

        def older(data: Json, names: set[str] = names) -> None:
            for name in set(data) - names:
                del data[name]
            if "sighting" in data:
                data["sighting"] = {name: data["sighting"][name] for name in ("instance", "status")}

        rewrite(dynamodb, sk, older)

    bare = written(incident(sighting=Sighting(instance_id(), "ACTIVE")))
    assert store.known(CLUSTER) == KnownCluster({instance_id(): bare}, bulletin(handle="", noted="", version=1))
    assert store.entries(CLUSTER, "") == [(entry().key, entry(cluster=""))]


def test_only_what_every_release_has_written_must_be_there() -> None:
    """What is added to a row from now on needs a default, or yesterday's rows cannot be read."""

    def needed(kind: type) -> set[str]:
        return {field.name for field in fields(kind) if field.default is field.default_factory is MISSING}

    assert needed(Incident) == {"id", "cluster", "instance", "episode", "state", "since", "opened_at", "sighting"}
    assert needed(Episode) == {"cluster", "episode", "channel"}
    assert needed(Delivery) == {"receiver", "episode", "address"}
    assert needed(audit.Entry) == {"at", "who", "what", "where", "result"}
    assert needed(Claim) == {"request", "at"}
    assert needed(Mute) == {"scope", "until", "by", "reason", "since"}
    assert needed(RepairStop) == set()
    assert needed(Pending) == {"request", "remedy", "by", "at", "expires", "approvers"}
    assert needed(Storm) == {"channel", "region", "episode", "began_at", "newest_at"}
    assert needed(Account) == {"id"}
    assert needed(Sighting) == {"instance", "status"}
