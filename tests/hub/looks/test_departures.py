"""What ends for the world ends here: an account that leaves the organization, a Region that is watched no longer.

Each round is made by a sweep that has just started, and each look by a function that remembers nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.looks.departures import ABSENCES_KEPT
from hub.scopes.absence import TIMES
from hub.sweeping.organization import Nobody
from spoke.places import Cluster
from tests.hub.factories import GRACE
from tests.hub.station import Station
from tests.spoke.fleet import ACCOUNT

HUB = "123456789012"
ACCOUNT_IS_GONE, REGION_IS_GONE = "the account is no longer in the organization", "the Region is no longer watched"
Leave = Callable[[Station], None]


@dataclass
class Reads:
    """What is read of the table's absences; while they `fail`, the table does not answer."""

    made: int = 0
    fail: bool = False

    def __call__(self, params: Any, **_: object) -> None:
        if b'"absent"' not in params["body"]:
            return
        self.made += 1
        if self.fail:
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")


@pytest.fixture
def reads(station: Station) -> Iterator[Reads]:
    reads = Reads()
    events = station.store._row._get_connection().connection.client.meta.events
    for operation in ("GetItem", "Query"):
        events.register(f"before-call.dynamodb.{operation}", reads)
    yield reads
    for operation in ("GetItem", "Query"):
        events.unregister(f"before-call.dynamodb.{operation}", reads)


def be(state: str) -> Leave:
    def become(station: Station) -> None:
        station.organization.accounts[ACCOUNT].state = state

    return become


def be_forgotten(station: Station) -> None:
    del station.organization.accounts[ACCOUNT]


def be_watched_no_more(station: Station) -> None:
    station.regions = ("us-east-1",)


def in_trouble(station: Station) -> Cluster:
    """A cluster with an incident that was spoken of, whose account then refuses to be looked at."""
    cluster = station.fleet.cluster()
    station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 10)
    assert station.states() == ["open"]
    station.faults.fail("sts:AssumeRole", "AccessDenied")
    for operation in ("DescribeContainerInstances", "ListClusters"):
        station.faults.fail(f"ecs:{operation}", "AccessDeniedException")
    station.sweep()
    return cluster


def round_(station: Station, minutes: int = 10) -> None:
    """Minutes pass, and a round is made."""
    station.clock.forward(minutes=minutes)
    station.sweep()
    station.visit()


@pytest.mark.parametrize(
    ("leave", "ending"),
    [
        pytest.param(be("CLOSED"), ACCOUNT_IS_GONE, id="closed"),
        pytest.param(be("SUSPENDED"), ACCOUNT_IS_GONE, id="suspended"),
        pytest.param(be("PENDING_CLOSURE"), ACCOUNT_IS_GONE, id="about to be closed"),
        pytest.param(be_forgotten, ACCOUNT_IS_GONE, id="left"),
        pytest.param(be_watched_no_more, REGION_IS_GONE, id="its Region is watched no longer"),
    ],
)
def test_incidents_of_what_has_left_end_and_say_so(station: Station, leave: Leave, ending: str) -> None:
    cluster = in_trouble(station)
    station.visit()
    leave(station)

    for _ in range(TIMES):
        round_(station)
        assert station.states() == ["open"]
    station.sweep()

    (incident,) = station.incidents(cluster).values()
    assert (incident.state, incident.ending) == (State.RESOLVED, ending)
    assert station.states() == ["resolved"]
    assert ending in station.only_message()["text"]
    assert f"resolved* `{incident.sighting.host}`" in " ".join(
        str(reply["blocks"]) for message in station.slack.messages() for reply in message["replies"]
    )
    assert station.finished()
    assert station.at_rest()
    assert (ACCOUNT in station.store.accounts()) is (ending == REGION_IS_GONE)


def test_an_account_of_which_nobody_was_told_before_it_left_ends_too(station: Station) -> None:
    """Its row went when an older release missed it once, say."""
    in_trouble(station)
    be_forgotten(station)

    for _ in range(TIMES):
        round_(station)
    station.sweep()

    assert station.states() == ["resolved"]


def test_lists_within_ten_minutes_count_once_whoever_reads_them(station: Station) -> None:
    in_trouble(station)
    station.visit()
    be_forgotten(station)

    for _ in range(2 * TIMES):
        round_(station, minutes=3)
    station.sweep()
    assert station.states() == ["open"]
    assert station.store.absences()[ACCOUNT].times == 2

    round_(station)
    station.sweep()
    assert station.states() == ["resolved"]


@pytest.mark.parametrize("answer", ["refused", "empty"])
def test_an_answer_that_tells_nothing_never_counts(station: Station, answer: str) -> None:
    in_trouble(station)
    station.visit()

    def spoil(**_: object) -> Any:
        if answer == "refused":
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "no"}}, "ListAccounts")

    everybody = station.organization.accounts
    events = station.client_of("organizations").meta.events
    events.register("before-call.organizations.ListAccounts", spoil)
    if answer == "empty":
        station.organization.accounts = {}
    try:
        for _ in range(2 * TIMES):
            with pytest.raises((ClientError, Nobody)):
                round_(station)
    finally:
        events.unregister("before-call.organizations.ListAccounts", spoil)
        station.organization.accounts = everybody

    assert station.store.absences() == {}
    assert ACCOUNT in station.store.accounts()
    assert station.states() == ["open"]


def test_an_account_that_is_back_in_time_is_not_counted_on(station: Station) -> None:
    in_trouble(station)
    station.visit()
    be("SUSPENDED")(station)
    for _ in range(TIMES - 1):
        round_(station)
    be("ACTIVE")(station)
    round_(station)
    be("SUSPENDED")(station)
    for _ in range(TIMES - 1):
        round_(station)
    station.sweep()

    assert station.states() == ["open"]
    assert not station.store.is_gone(ACCOUNT)


def test_an_account_that_comes_back_is_watched_again(station: Station) -> None:
    cluster = in_trouble(station)
    station.visit()
    be("SUSPENDED")(station)
    for _ in range(TIMES):
        round_(station)
    # This function remembers for some minutes that the account is gone.
    reconciler = station.reconciler
    assert reconciler.seeing.departures.of(cluster)
    station.sweep()
    assert station.states() == ["resolved"]
    be("ACTIVE")(station)
    station.faults.clear()

    round_(station, minutes=1)
    station.wait(seconds=GRACE.total_seconds() + 10)
    # It goes on in the message that has said so a moment ago.
    assert station.states() == ["open"]
    reconciler.look(Hint(cluster, Why.REQUEST), 1)

    assert station.states() == ["open"]
    assert ACCOUNT in station.store.accounts()
    assert [i.flapping for i in station.incidents(cluster).values()] == [False]


def test_what_an_account_that_is_gone_still_reports_is_alerted_about(station: Station) -> None:
    """Its alarm never waits for what somebody believes of its account."""
    in_trouble(station)
    station.visit()
    be("SUSPENDED")(station)
    for _ in range(TIMES):
        round_(station)
    station.sweep()
    assert station.states() == ["resolved"]
    station.faults.clear()
    station.clock.forward(minutes=11)

    late = station.fleet.cluster("late")
    station.quiet(late)
    station.wait(seconds=GRACE.total_seconds() + 10)

    assert station.states() == ["resolved", "open"]


def test_while_the_table_does_not_tell_nothing_is_gone(station: Station, reads: Reads) -> None:
    in_trouble(station)
    station.visit()
    be_forgotten(station)
    for _ in range(TIMES):
        round_(station)

    reads.fail = True
    station.sweep()
    assert station.states() == ["open"]

    reads.fail = False
    station.sweep()
    assert station.states() == ["resolved"]


def test_the_first_look_at_new_trouble_costs_no_call_for_it(station: Station, reads: Reads) -> None:
    cluster = station.fleet.cluster()
    station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 10)
    assert (station.states(), reads.made) == (["open"], 0)

    reconciler = station.reconciler
    for _ in range(3):
        reconciler.look(Hint(cluster, Why.REQUEST), 1)
    assert reads.made == 1
    station.clock.forward(seconds=ABSENCES_KEPT.total_seconds())
    reconciler.look(Hint(cluster, Why.REQUEST), 1)
    assert reads.made == 2


# What else ends


def test_a_cluster_that_is_deleted_ends_its_incidents(station: Station) -> None:
    cluster = station.fleet.cluster()
    station.quiet(cluster)
    station.wait(seconds=GRACE.total_seconds() + 10)
    station.faults.fail("ecs:DescribeContainerInstances", "ClusterNotFoundException")

    station.sweep()

    assert [incident.ending for incident in station.incidents(cluster).values()] == ["deregistered"]
    assert station.states() == ["resolved"]
    assert station.finished()


def test_what_a_role_that_is_gone_for_days_hides_is_said_once_and_mended_when_it_is_back(station: Station) -> None:
    cluster = in_trouble(station)
    station.visit()
    said = station.only_message()
    assert "could not be checked" in said["text"]

    for _ in range(8 * 4):
        round_(station, minutes=6 * 60)
    later = station.only_message()
    assert (later["text"], later["replies"]) == (said["text"], said["replies"])
    assert [incident.state for incident in station.incidents(cluster).values()] == [State.OPEN]

    station.faults.clear()
    station.reconnect(cluster, *station.incidents(cluster))
    station.sweep()
    assert station.states() == ["resolved"]


def test_a_mute_of_an_account_that_has_left_ends_with_it(station: Station) -> None:
    in_trouble(station)
    station.visit()
    station.mute(f"account:{ACCOUNT}", hours=1)
    be_forgotten(station)
    for _ in range(TIMES):
        round_(station)
    station.sweep()
    assert station.states() == ["resolved"]

    station.clock.forward(hours=1)
    station.sweep()
    station.sweep()

    (told,) = [message["text"] for message in station.messages() if "no longer muted" in message["text"]]
    assert ACCOUNT in told
    assert all(mute.told_at for mute in station.store.mutes())
    assert station.at_rest()
