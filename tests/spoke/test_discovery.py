"""Finding clusters, their tags and their quiet instances, on moto; each call asks for its turn before it is made."""

import pytest
from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.discovery import MONITORING_TAG, clusters, monitoring_tags, quiet_instances, undelivered
from spoke.errors import Busy, ClusterGone, Refused
from spoke.places import Cluster
from tests.spoke.fleet import ACCOUNT, REGION, Faults, Fleet

LISTING = "ecs:ListContainerInstances"


class Turns:
    """A pace that lets everybody through, and counts."""

    taken: int = 0

    def __call__(self) -> None:
        self.taken += 1


def tagged(fleet: Fleet, name: str, **tags: str) -> Cluster:
    cluster = fleet.cluster(name)
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    fleet.member.call("ecs", "tag_resource", resourceArn=cluster.arn, tags=pairs)
    return cluster


# Clusters


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (3, 1), (100, 1), (101, 2)])
def test_every_cluster_is_named_in_order(fleet: Fleet, faults: Faults, member: Member, count: int, calls: int) -> None:
    made = [fleet.cluster(f"c-{number:03}") for number in range(count)]
    turns = Turns()

    assert clusters(member, turns) == sorted(made)
    assert turns.taken == faults.calls["ecs:ListClusters"] == calls


# Tags


def test_tags_are_told_by_cluster(fleet: Fleet, member: Member) -> None:
    without, prod = fleet.cluster("without"), tagged(fleet, "prod", team="a", **{MONITORING_TAG: "prod"})
    empty, other = tagged(fleet, "empty", **{MONITORING_TAG: ""}), tagged(fleet, "other", team="a")
    gone = Cluster(ACCOUNT, REGION, "gone")
    turns = Turns()

    found = monitoring_tags(member, [without, prod, gone, empty, other], turns)

    assert found == {without: None, prod: "prod", empty: "", other: None}
    assert turns.taken == 1


def test_tags_of_more_than_a_hundred_clusters_are_told_in_hundreds(
    fleet: Fleet, faults: Faults, member: Member
) -> None:
    many = [fleet.cluster(f"c-{number:03}") for number in range(101)]
    turns = Turns()

    assert monitoring_tags(member, many, turns) == dict.fromkeys(many)
    assert turns.taken == faults.calls["ecs:DescribeClusters"] == 2


def test_of_no_clusters_nothing_is_asked(fleet: Fleet, faults: Faults, member: Member) -> None:
    assert fleet
    assert monitoring_tags(member, [], Turns()) == {}
    assert faults.called == set()


# Quiet instances


def gone_silent(fleet: Fleet, cluster: Cluster, hosts: list[str]) -> set[str]:
    return {fleet.quiet(cluster, host)[0] for host in hosts}


FALLBACK = [pytest.param(False, id="with the filter"), pytest.param(True, id="where AWS does not know the filter")]


def unfiltered(faults: Faults) -> None:
    """An ECS that refuses our filter, and lists everything without it."""
    faults.fail(LISTING, "InvalidParameterException", where="agentConnected")


@pytest.mark.parametrize("fallback", FALLBACK)
def test_who_has_lost_its_agent_is_named(fleet: Fleet, faults: Faults, member: Member, fallback: bool) -> None:
    cluster, other = fleet.cluster(), fleet.cluster("other")
    (one, two, three, four) = fleet.hosts(4)
    fleet.register(cluster, one)
    fleet.quiet(other, two)
    quiet = gone_silent(fleet, cluster, [three, four])
    if fallback:
        unfiltered(faults)

    assert set(quiet_instances(member, cluster, Turns())) == quiet


@pytest.mark.parametrize("fallback", FALLBACK)
def test_a_cluster_of_many_is_read_page_by_page(fleet: Fleet, faults: Faults, member: Member, fallback: bool) -> None:
    cluster, turns = fleet.cluster(), Turns()
    quiet = gone_silent(fleet, cluster, fleet.hosts(101))
    if fallback:
        unfiltered(faults)

    assert set(quiet_instances(member, cluster, turns)) == quiet
    assert turns.taken == faults.calls.total() == (1 + 2 + 2 if fallback else 2)


@pytest.mark.parametrize("fallback", FALLBACK)
def test_a_cluster_without_instances_shows_nothing(
    fleet: Fleet, faults: Faults, member: Member, fallback: bool
) -> None:
    cluster = fleet.cluster()
    if fallback:
        unfiltered(faults)

    assert quiet_instances(member, cluster, Turns()) == []


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        pytest.param("ThrottlingException", 400, Busy, id="throttled"),
        pytest.param("ServerException", 500, Busy, id="failing"),
        pytest.param("AccessDeniedException", 400, Refused, id="refused"),
        pytest.param("ClusterNotFoundException", 400, ClusterGone, id="no such cluster"),
        pytest.param("ClientException", 400, ClientError, id="odd"),
    ],
)
def test_a_cluster_that_cannot_be_listed_says_why(
    fleet: Fleet, faults: Faults, member: Member, code: str, status: int, error: type[Exception]
) -> None:
    cluster = fleet.cluster()
    faults.fail(LISTING, code, status)

    with pytest.raises(error):
        quiet_instances(member, cluster, Turns())


@pytest.mark.usefixtures("aws")
def test_a_cluster_of_another_account_is_not_listed(member: Member) -> None:
    with pytest.raises(ValueError, match="cannot be reached"):
        quiet_instances(member, Cluster("333344445555", REGION, "prod"), Turns())


# What the hub did not get


@pytest.mark.parametrize("events", [0, 3])
def test_what_could_not_be_delivered_is_counted(fleet: Fleet, member: Member, events: int) -> None:
    fleet.undelivered(events)
    assert undelivered(member) == events


def test_a_member_without_the_rules_has_nothing_to_count(member: Member) -> None:
    assert undelivered(member) is None


def test_a_member_whose_roles_are_older_cannot_be_counted(fleet: Fleet, faults: Faults, member: Member) -> None:
    fleet.undelivered(3)
    faults.fail("sqs:GetQueueAttributes", "AccessDenied")
    assert undelivered(member) is None
