"""The sweep: what no event told of is found, a member at a time, gently, and one member's trouble is only its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from hub.chain import Waiting
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.storm import MANY
from hub.policy.terms import Terms
from hub.scopes.account import Account
from hub.scopes.coverage import Place, Visit, coverage
from hub.sweeping.cluster_names import ClusterNames
from hub.sweeping.sweeper import (
    CLUSTER_READS,
    CLUSTERS_A_VISIT,
    RESOURCE_READS,
    ROUND_MINUTES,
    in_turn,
    is_fresh,
    portion,
    turn,
)
from hub.table.accounts import NAMES_A_ROW, NAMES_KEPT
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, GRACE, NOON, Json, bulletin, incident
from tests.hub.faults import Faults
from tests.hub.station import Station
from tests.signed_in import HUB_ACCOUNT
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire.fleet import Fleet
from tests.wire.organization import Enrolled

PATIENCE = GRACE.total_seconds() + 30
LISTING, CLUSTERS, SIGNING_IN = "ecs:ListContainerInstances", "ecs:ListClusters", "sts:AssumeRole"
OTHER = "333344445555"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def other(station: Station) -> Fleet:
    """A second member account."""
    enroll(station, OTHER)
    return Fleet(station.fleet.members, OTHER)


def enroll(station: Station, account: str, state: str = "ACTIVE") -> None:
    """A further account of the organization."""
    station.fleet.members.region(account, REGION)
    station.organization.accounts[account] = Enrolled(account, state)


def asked(station: Station) -> dict[Cluster, Hint]:
    """The looks that a round has asked for."""
    hints = [from_message(body) for body in station.mail.empty(station.mail.looks)]
    return {hint.cluster: hint for hint in hints if isinstance(hint, Hint)}


def visit(station: Station) -> dict[Cluster, Hint]:
    """Visit every member Region; returns the looks it asks for."""
    station.sweeper.visit(everywhere=True)
    return asked(station)


def filterless(faults: Faults) -> None:
    """An ECS that does not know our filter."""
    faults.fail(LISTING, "InvalidParameterException", where="agentConnected")


# What it finds


@pytest.mark.parametrize("fallback", [False, True], ids=["with the filter", "where AWS does not know the filter"])
def test_an_agent_that_was_lost_before_is_found_and_has_its_grace(station: Station, fallback: bool) -> None:
    cluster = station.fleet.cluster()
    instance, _ = station.fleet.quiet(cluster)
    if fallback:
        filterless(station.faults)

    station.visit()
    station.wait(seconds=GRACE.total_seconds() - 1)
    assert station.slack.messages() == []
    station.wait(seconds=10)

    assert station.states() == ["open"]
    assert station.incidents(cluster)[instance].since == NOON
    assert station.at_rest()


@pytest.mark.parametrize("fallback", [False, True], ids=["with the filter", "where AWS does not know the filter"])
def test_an_agent_of_which_ecs_says_since_when_it_is_gone_is_spoken_of_at_once(
    station: Station, fallback: bool
) -> None:
    cluster = station.fleet.cluster()
    instance, _ = station.fleet.quiet(cluster)
    station.fleet.unplug(cluster, instance, since=NOON - timedelta(days=2))
    if fallback:
        filterless(station.faults)

    station.visit()

    assert station.states() == ["open"]
    assert station.incidents(cluster)[instance].since == NOON - timedelta(days=2)
    assert station.at_rest()


def test_events_that_the_hub_did_not_get_are_counted_at_each_visit(
    station: Station, other: Fleet, log_lines: Callable[[], list[Json]]
) -> None:
    station.fleet.cluster()
    other.cluster()
    queues = station.mail.service
    queues.undelivered[OTHER], queues.without_queue = 3, {ACCOUNT, HUB_ACCOUNT}

    station.visit()
    station.visit()

    assert station.counted["undelivered"] == 2 * 3
    # Of the three accounts, the organization's own included, one has the queue.
    assert station.counted["unwatched"] == 2 * 2
    assert station.counted["blind"] == 0
    told = [line for line in log_lines() if line["message"] == "events.undelivered"]
    assert [(line["account"], line["region"], line["events"]) for line in told] == [(OTHER, REGION, 3)] * 2


def test_a_queue_that_cannot_be_read_hides_no_lost_agent(station: Station) -> None:
    cluster = station.fleet.cluster()
    station.fleet.quiet(cluster)
    station.faults.fail("sqs:GetQueueAttributes", "ThrottlingException")

    assert list(visit(station)) == [cluster]
    assert station.counted["visited"] == station.counted["unwatched"] == 2


def test_an_agent_that_comes_back_in_its_grace_is_never_spoken_of(station: Station) -> None:
    cluster = station.fleet.cluster()
    instance, _ = station.fleet.quiet(cluster)
    station.visit()

    station.wait(seconds=60)
    station.reconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert station.slack.messages() == []
    assert station.at_rest()


def test_every_round_finds_it_again_and_nothing_changes(station: Station) -> None:
    """The second look has learned, once, whether Systems Manager reaches the host: the first does not wait for it."""
    cluster = station.fleet.cluster()
    station.fleet.quiet(cluster)
    for _ in range(2):
        station.visit()
        station.wait(minutes=10)
    before = station.store.known(cluster)
    assert [known.sighting.reached for known in before.incidents.values()] == [True]

    for _ in range(3):
        station.visit()
        station.wait(minutes=10)

    assert station.store.known(cluster) == before
    assert station.only_message()["edited"] is None
    assert station.at_rest()


def test_only_clusters_that_show_something_get_a_look(station: Station, other: Fleet) -> None:
    well, ill, theirs = station.fleet.cluster("well"), station.fleet.cluster("ill"), other.cluster("ill")
    station.fleet.register(well, station.fleet.hosts()[0])
    station.fleet.cluster("empty")
    quiet = [station.fleet.quiet(ill)[0], station.fleet.quiet(ill)[0]]
    (lost, _) = other.quiet(theirs)

    hints = visit(station)

    assert set(hints) == {ill, theirs}
    assert {drop.instance for drop in hints[ill].drops} == set(quiet)
    assert [(drop.instance, drop.at, drop.version) for drop in hints[theirs].drops] == [(lost, NOON, None)]
    assert {hint.why for hint in hints.values()} == {Why.SWEEP}
    assert station.counted["swept"] == 2


def test_a_round_that_is_made_twice_in_a_minute_asks_once(station: Station) -> None:
    station.fleet.quiet(station.fleet.cluster())

    station.sweeper.visit(everywhere=True)
    station.sweeper.visit(everywhere=True)

    assert station.mail.waiting(station.mail.looks) == 1


# What is unfinished


def unfinished(station: Station) -> set[Cluster]:
    """The clusters that a round asks for, of those that are unfinished."""
    station.sweeper.unfinished()
    return set(asked(station))


def in_trouble(station: Station, count: int) -> list[Cluster]:
    """So many clusters in trouble, each told of half a minute ago."""
    clusters = [replace(CLUSTER, name=f"prod-{number}") for number in range(count)]
    for cluster in clusters:
        shown = bulletin(cluster=cluster, shown="abc", shown_at=station.clock() - MINUTE / 2, version=0)
        station.store.save([incident(cluster=cluster)], shown)
    return clusters


def test_of_few_clusters_in_trouble_each_is_looked_at_in_every_round(station: Station) -> None:
    clusters = in_trouble(station, MANY)

    assert unfinished(station) == set(clusters)


def test_of_many_clusters_in_trouble_those_are_left_out_that_were_told_of_within_the_last_minute(
    station: Station,
) -> None:
    clusters = in_trouble(station, MANY + 1)

    assert unfinished(station) == set()

    station.wait(minutes=1)
    assert unfinished(station) == set(clusters)


def test_of_many_clusters_in_trouble_a_drop_that_is_due_is_looked_at_whatever_was_told(station: Station) -> None:
    first, *_ = in_trouble(station, MANY + 1)
    station.store.keep_waiting([Waiting(first, Drop("0" * 32, NOON), station.clock())])

    assert unfinished(station) == {first}


@pytest.mark.parametrize(
    ("shown", "fresh"),
    [
        pytest.param({"shown": "abc", "shown_at": NOON}, True, id="told of just now"),
        pytest.param({"shown": "abc", "shown_at": NOON - MINUTE}, False, id="told of a minute ago"),
        pytest.param({"shown": "", "shown_at": NOON}, False, id="an edit may have been lost"),
        pytest.param({"shown": "abc", "shown_at": NOON, "untold": True}, False, id="its thread has more to say"),
        pytest.param({"handle": "", "aside": True, "opened_at": NOON}, True, id="left to a storm just now"),
        pytest.param({"handle": "", "aside": True, "opened_at": NOON - MINUTE}, False, id="the storm takes long"),
        pytest.param({"handle": "", "aside": False, "opened_at": NOON}, False, id="its post was lost"),
    ],
)
def test_a_cluster_is_left_out_only_if_nothing_is_left_to_do_for_it(shown: Json, fresh: bool) -> None:
    assert is_fresh(bulletin(**shown), NOON) is fresh


def test_only_clusters_that_are_opted_in_are_visited(station: Station) -> None:
    station.terms = Terms.read(120, CHANNEL, clusters="prod")
    clusters = {name: station.fleet.cluster(name) for name in ("prod", "test", "none")}
    for name in ("prod", "test"):
        station.fleet.tag(clusters[name], name)
    for cluster in clusters.values():
        station.fleet.quiet(cluster)

    assert set(visit(station)) == {clusters["prod"]}
    assert station.faults.calls[LISTING] == 1


# Whose turn it is


PLACES: list[Place] = [
    (f"{222233334444 + number}", region) for number in range(500) for region in ("eu-west-1", "us-east-1")
]


def test_every_place_has_its_turn_once_in_ten_minutes_and_always_in_the_same() -> None:
    for start in (NOON, NOON + 7 * MINUTE):
        turns = {place: [turn(place, start + n * MINUTE) for n in range(2 * ROUND_MINUTES)] for place in PLACES}
        assert all(sum(mine[:ROUND_MINUTES]) == 1 for mine in turns.values())
        assert all(mine[:ROUND_MINUTES] == mine[ROUND_MINUTES:] for mine in turns.values())


def test_each_minute_has_about_a_tenth_of_the_places() -> None:
    shares = [sum(turn(place, NOON + minute * MINUTE) for place in PLACES) for minute in range(ROUND_MINUTES)]

    assert sum(shares) == len(PLACES)
    assert all(70 <= share <= 130 for share in shares)


def test_a_minute_is_a_minute_whatever_its_second() -> None:
    assert {place for place in PLACES if turn(place, NOON)} == {
        place for place in PLACES if turn(place, NOON + timedelta(seconds=59))
    }


def test_whom_there_is_no_time_for_differs_from_round_to_round() -> None:
    """An order that is always the same would leave the same places blind for ever."""
    some = PLACES[:100]
    orders = [in_turn(some, number) for number in range(12)]

    assert all(sorted(order) == sorted(some) for order in orders)
    assert in_turn(reversed(some), 0) == orders[0]
    assert set(some) == {place for order in orders for place in order[:50]}


def test_the_rounds_of_ten_minutes_visit_everybody_once(station: Station) -> None:
    for number in range(10):
        enroll(station, f"{444455556666 + number}")
    station.regions = ("eu-west-1", "us-east-1")

    for _ in range(ROUND_MINUTES):
        station.sweeper.visit()
        station.clock.forward(minutes=1)

    assert station.counted["visited"] == 12 * 2
    assert station.faults.calls[CLUSTERS] == 12 * 2
    assert station.counted["blind"] == 0


@pytest.mark.parametrize("count", [0, 1, CLUSTERS_A_VISIT, CLUSTERS_A_VISIT + 1, 3 * CLUSTERS_A_VISIT + 7])
def test_the_clusters_of_a_large_place_are_visited_in_portions_that_leave_none_out(count: int) -> None:
    everything = [replace(CLUSTER, name=f"c-{number:04}") for number in range(count)]
    portions = -(-count // CLUSTERS_A_VISIT) or 1

    seen = [portion(everything, NOON + number * ROUND_MINUTES * MINUTE) for number in range(portions)]

    assert Counter(cluster for some in seen for cluster in some) == Counter(everything)
    assert all(len(some) <= CLUSTERS_A_VISIT for some in seen)


def test_a_large_place_is_looked_through_in_several_rounds(station: Station) -> None:
    clusters = [station.fleet.cluster(f"c-{number:04}") for number in range(CLUSTERS_A_VISIT + 5)]
    (host,) = station.fleet.hosts()
    ill = {station.fleet.quiet(cluster, host)[0] for cluster in (clusters[0], clusters[-1])}

    found: list[set[str]] = []
    for _ in range(2):
        found.append({drop.instance for hint in visit(station).values() for drop in hint.drops})
        station.clock.forward(minutes=ROUND_MINUTES)

    assert [len(some) for some in found] == [1, 1]
    assert found[0] | found[1] == ill


# How gently


def test_a_visit_stays_below_a_quarter_of_what_ecs_allows(station: Station) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html: bursts of 50 and 100, 20/s."""
    assert CLUSTER_READS[0] <= 50 / 4
    assert RESOURCE_READS[0] <= 100 / 4
    assert max(CLUSTER_READS[1], RESOURCE_READS[1]) <= 20 / 4
    for number in range(CLUSTERS_A_VISIT):
        station.fleet.cluster(f"c-{number:04}")
    moments: list[float] = []
    station.faults.before(LISTING, lambda: moments.append(station.clock.seconds()))
    began = station.clock.seconds()

    visit(station)

    assert len(moments) == CLUSTERS_A_VISIT
    burst, a_second = RESOURCE_READS
    for moment in moments:
        assert sum(began <= one <= moment for one in moments) <= burst + a_second * (moment - began) + 1
    assert moments[-1] - began == pytest.approx((CLUSTERS_A_VISIT - burst) / a_second, abs=0.5)


def test_what_there_is_no_time_for_is_left_and_counted_blind(station: Station) -> None:
    station.fleet.quiet(station.fleet.cluster())

    replace(station.sweeper, patience=timedelta(seconds=-1)).visit(everywhere=True)

    assert asked(station) == {}
    assert (station.counted["visited"], station.counted["blind"]) == (0, 2)


# Whose trouble it is


TROUBLE = [
    pytest.param(lambda faults: faults.fail(SIGNING_IN, "AccessDenied", 403, where=OTHER), id="refused"),
    pytest.param(lambda faults: faults.fail(SIGNING_IN, "Throttling", where=OTHER), id="throttled"),
    pytest.param(
        lambda faults: faults.interrupt(SIGNING_IN, ConnectTimeoutError(endpoint_url="https://sts"), where=OTHER),
        id="silent",
    ),
    pytest.param(lambda faults: faults.fail(SIGNING_IN, "RegionNotWhatever", where=OTHER), id="odd"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_member_that_cannot_be_visited_hurts_only_itself_and_is_counted(
    station: Station, other: Fleet, trouble: Callable[[Faults], None], log_lines: Callable[[], list[Json]]
) -> None:
    cluster, theirs = station.fleet.cluster(), other.cluster()
    station.fleet.quiet(cluster)
    other.quiet(theirs)
    trouble(station.faults)

    assert set(visit(station)) == {cluster}

    assert (station.counted["visited"], station.counted["blind"]) == (2, 1)
    (line,) = [each for each in log_lines() if each["message"] == "place.blind"]
    assert (line["account"], line["region"]) == (OTHER, REGION)
    assert "very-secret" not in str(line)
    station.faults.mend()
    station.clock.forward(minutes=1)
    assert set(visit(station)) == {cluster, theirs}


@pytest.mark.parametrize("action", [CLUSTERS, LISTING])
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "SomethingNewException"])
def test_a_member_whose_ecs_cannot_be_read_is_counted_blind(station: Station, action: str, code: str) -> None:
    station.fleet.quiet(station.fleet.cluster())
    station.faults.fail(action, code)

    assert visit(station) == {}

    members_with_clusters, members = 1, 2
    blind = members if action == CLUSTERS else members_with_clusters
    assert (station.counted["blind"], station.counted["visited"]) == (blind, members - blind)


def test_a_cluster_that_is_deleted_meanwhile_does_not_hide_the_others(station: Station) -> None:
    gone, kept = station.fleet.cluster("a-gone"), station.fleet.cluster("b-kept")
    station.fleet.quiet(kept)

    def meanwhile() -> None:
        station.faults.mend()
        station.fleet.lose(gone)

    station.faults.before(LISTING, meanwhile)

    assert set(visit(station)) == {kept}
    assert station.counted["blind"] == 0


@pytest.mark.parametrize("status", ["SUSPENDED", "PENDING_CLOSURE"])
def test_accounts_that_are_not_active_are_passed_over(station: Station, status: str) -> None:
    enroll(station, OTHER, status)

    visit(station)

    assert (station.counted["visited"], station.counted["blind"]) == (2, 0)


def test_what_sqs_refuses_is_an_error_that_says_so(station: Station) -> None:
    station.fleet.quiet(station.fleet.cluster())
    station.mail.service.refuses = lambda _: True

    with pytest.raises(RuntimeError, match="refused 1 of 1 groups"):
        station.sweeper.visit(everywhere=True)


# What is kept of it


def test_what_a_visit_has_seen_is_kept(station: Station, other: Fleet) -> None:
    assert other
    visit(station)
    station.faults.fail(SIGNING_IN, "AccessDenied", 403, where=OTHER)
    station.clock.forward(hours=2)  # it has to sign in anew
    visit(station)

    seen = station.store.places_seen()
    assert len(seen) == 3
    assert seen[ACCOUNT, REGION] == Visit(station.clock(), station.clock())
    problem = f"role coastguard-reader cannot be assumed in {OTHER}: AccessDenied"
    assert seen[OTHER, REGION] == Visit(station.clock(), NOON, problem)
    covered = coverage(station.store.accounts(), station.regions, seen, station.clock())
    assert (len(covered.watched), covered.blind, covered.unvisited) == (2, (((OTHER, REGION), problem),), ())


def test_each_round_writes_only_what_its_own_turn_has_seen(station: Station) -> None:
    station.regions = ("eu-west-1", "us-east-1", "eu-central-1")
    sweeper = station.sweeper
    written = []
    for _ in range(ROUND_MINUTES):
        before = station.store.places_seen()
        sweeper.visit()
        now = station.clock()
        after = station.store.places_seen()
        mine = {place for place, seen in after.items() if seen.tried_at == now}
        assert all(turn(place, now) for place in mine)
        assert {place: seen for place, seen in after.items() if place not in mine} == before
        written += sorted(mine)
        station.clock.forward(minutes=1)

    assert len(written) == len(set(written)) == 2 * 3


def test_the_organizations_accounts_are_kept_and_their_tags_if_somebody_goes_by_them(station: Station) -> None:
    station.organization.accounts[ACCOUNT].tags = {"team": "payments"}
    visit(station)
    assert station.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", unread=("tags",))

    replace(station.sweeper, by_account_tag=lambda: True).visit(everywhere=True)

    assert station.store.accounts()[ACCOUNT] == Account(ACCOUNT, "payments", (), (("team", "payments"),))


def test_who_goes_nowhere_learns_the_accounts_and_visits_none(station: Station) -> None:
    station.fleet.quiet(station.fleet.cluster())

    station.sweeper.visit(nowhere=True)

    assert ACCOUNT in station.store.accounts()
    assert station.store.places_seen() == {}
    assert asked(station) == {}
    assert not station.faults.calls[CLUSTERS]


def test_a_bulletin_calls_its_account_by_its_name(station: Station) -> None:
    cluster = station.fleet.cluster()
    instance, _ = station.quiet(cluster)
    station.visit()
    station.wait(seconds=PATIENCE)
    said = station.only_message()["text"]
    assert said.endswith(f"account `payments` ({ACCOUNT}).")
    station.store.keep_accounts([Account(ACCOUNT, "renamed")], now=station.clock())

    # Whoever looks next has read the new name. The message keeps to the one that it began with, and is not edited.
    station.sweep()
    assert station.only_message()["edited"] is None
    station.reconnect(cluster, instance)
    station.sweep()
    assert station.states() == ["resolved"]
    assert "`payments`" in station.only_message()["text"]

    station.wait(minutes=11)
    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)
    assert "`renamed`" in station.messages()[-1]["text"]


def test_a_bulletin_of_an_account_that_nobody_knows_yet_shows_its_id(station: Station) -> None:
    station.quiet(station.fleet.cluster())
    station.wait(seconds=PATIENCE)

    assert station.only_message()["text"].endswith(f"account {ACCOUNT}.")


def test_a_table_that_takes_nothing_does_not_stop_the_rounds(station: Station, dynamodb: Any) -> None:
    cluster = station.fleet.cluster()
    station.fleet.quiet(cluster)
    dynamodb.delete_table(TableName="coastguard")

    assert set(visit(station)) == {cluster}

    assert station.counted["unwritten"] == 2
    assert station.counted["visited"] == 2


# The names of clusters


def names_of(station: Station) -> dict[Place, list[str]]:
    """Which clusters the table says that there are, place by place."""
    found: dict[Place, list[str]] = {}
    for row in station.store.cluster_names():
        found.setdefault(row.place, []).extend(row.names)
    return {place: names for place, names in found.items() if names}


def test_the_names_of_each_places_clusters_are_kept(station: Station, other: Fleet) -> None:
    for name in ("web", "api"):
        station.fleet.cluster(name)
    other.cluster("films")

    visit(station)

    assert names_of(station) == {(ACCOUNT, REGION): ["api", "web"], (OTHER, REGION): ["films"]}


def test_names_are_written_when_they_change_and_before_they_would_be_forgotten(station: Station) -> None:
    station.fleet.cluster("web")
    sweeper = station.sweeper

    def visit_after(**span: float) -> list[tuple[str, ...]]:
        """What has been written: a row tells by its end when that was."""
        station.clock.forward(**span)
        sweeper.visit(everywhere=True)
        now = station.clock()
        return [row.names for row in station.store.cluster_names() if row.expires == now + NAMES_KEPT]

    assert visit_after(minutes=0) == [("web",)]
    assert visit_after(minutes=10) == []
    station.fleet.cluster("api")
    assert visit_after(minutes=10) == [("api", "web")]
    assert visit_after(days=3) == []
    assert visit_after(days=1) == [("api", "web")]
    station.fleet.lose(Cluster(ACCOUNT, REGION, "api"))
    station.fleet.lose(Cluster(ACCOUNT, REGION, "web"))
    assert visit_after(minutes=10) == [()]
    assert visit_after(days=6) == []


def test_what_a_function_finds_in_the_table_it_does_not_write_again(station: Station) -> None:
    station.fleet.cluster("web")
    visit(station)
    (before,) = station.store.cluster_names()
    station.clock.forward(minutes=10)

    visit(station)  # by a function that remembers nothing

    assert station.store.cluster_names() == [before]


def test_more_names_than_a_row_has_fill_several_and_leave_none_behind(station: Station) -> None:
    names = ClusterNames(station.store, station.clock)
    place = (ACCOUNT, REGION)
    many = [f"c-{number:04}" for number in range(2 * NAMES_A_ROW + 1)]

    assert names.keep({place: many}) == 3
    assert names_of(station) == {place: many}
    assert names.keep({place: many[:1]}) == 3
    assert names_of(station) == {place: many[:1]}
    assert names.keep({place: many[:1]}) == 0


def test_a_place_that_cannot_be_listed_keeps_the_names_that_it_had(station: Station) -> None:
    station.fleet.cluster("web")
    visit(station)
    station.faults.fail(CLUSTERS, "AccessDeniedException")
    station.clock.forward(minutes=10)

    visit(station)

    assert names_of(station) == {(ACCOUNT, REGION): ["web"]}


def test_what_another_function_has_written_is_read_within_the_hour(station: Station) -> None:
    place = (ACCOUNT, REGION)
    mine, theirs = (ClusterNames(station.store, station.clock) for _ in range(2))
    mine.keep({place: ["web"]})
    theirs.keep({place: ["api", "web"]})

    assert mine.keep({place: ["web"]}) == 0
    station.clock.forward(hours=1)
    assert mine.keep({place: ["web"]}) == 1
    assert names_of(station) == {place: ["web"]}
