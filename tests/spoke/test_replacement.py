"""Which instance stands in for one that was terminated."""

from datetime import UTC, datetime, timedelta

import pytest

from spoke.accounts import Member
from spoke.places import Cluster
from spoke.sightings import replacement
from tests.spoke.fleet import REGION, Fleet

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def launch(fleet: Fleet, host: str, at: datetime) -> None:
    fleet.ec2(host).launch_time = at


def test_a_new_and_connected_instance_of_the_group_is_the_replacement(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    old, new = fleet.group("web", 2)
    launch(fleet, old, NOON - timedelta(days=3))
    launch(fleet, new, NOON + timedelta(minutes=2))
    for host in (old, new):
        fleet.register(cluster, host)

    assert replacement(member, cluster, "web", NOON, ()) == new


@pytest.mark.parametrize("kept", ["agent", "registration", "status", "state"])
def test_an_instance_that_does_not_work_yet_is_no_replacement(fleet: Fleet, member: Member, kept: str) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.group("web", 1)
    launch(fleet, host, NOON)
    if kept != "registration":
        instance = fleet.register(cluster, host)
        known = fleet.known(cluster, instance)
        known.agent_connected = kept != "agent"
        known.status = "REGISTERING" if kept == "status" else "ACTIVE"
    if kept == "state":
        fleet.member.call("ec2", "stop_instances", InstanceIds=[host])

    assert replacement(member, cluster, "web", NOON, ()) is None


def test_an_instance_of_another_group_is_no_replacement(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    for host in (*fleet.group("batch", 1), *fleet.hosts()):
        launch(fleet, host, NOON)
        fleet.register(cluster, host)

    assert replacement(member, cluster, "web", NOON, ()) is None


def test_an_instance_of_another_cluster_is_no_replacement(fleet: Fleet, member: Member) -> None:
    (host,) = fleet.group("web", 1)
    launch(fleet, host, NOON)
    fleet.register(fleet.cluster("batch"), host)

    assert replacement(member, fleet.cluster(), "web", NOON, ()) is None


def test_an_instance_replaces_only_one(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    first, second = fleet.group("web", 2)
    launch(fleet, first, NOON + timedelta(seconds=1))
    launch(fleet, second, NOON + timedelta(seconds=2))
    for host in (first, second):
        fleet.register(cluster, host)

    assert replacement(member, cluster, "web", NOON, ()) == first
    assert replacement(member, cluster, "web", NOON, {first}) == second
    assert replacement(member, cluster, "web", NOON, {first, second}) is None


@pytest.mark.parametrize(
    ("launched", "found"),
    [
        pytest.param(NOON, True, id="in the same second, which EC2 tells without its fraction"),
        pytest.param(NOON - timedelta(seconds=1), False, id="a second before"),
    ],
)
def test_only_what_was_launched_since_then_counts(
    fleet: Fleet, member: Member, launched: datetime, *, found: bool
) -> None:
    cluster = fleet.cluster()
    (host,) = fleet.group("web", 1)
    launch(fleet, host, launched)
    fleet.register(cluster, host)

    assert (replacement(member, cluster, "web", NOON + timedelta(milliseconds=400), ()) == host) is found


def test_a_cluster_of_another_account_is_not_searched(member: Member) -> None:
    with pytest.raises(ValueError, match="cannot be reached"):
        replacement(member, Cluster("333344445555", REGION, "prod-payments"), "web", NOON, ())
