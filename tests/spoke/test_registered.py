"""How many container instances a cluster has: one call, whoever of them is connected."""

import pytest

from spoke.accounts import Member
from spoke.errors import Busy, Refused
from spoke.places import Cluster
from spoke.sightings import READER_PERMISSIONS, registered
from tests.spoke.fleet import ACCOUNT, REGION, Faults, Fleet


def test_all_of_the_clusters_instances_are_counted(fleet: Fleet, faults: Faults, member: Member) -> None:
    cluster, other = fleet.cluster(), fleet.cluster("other")
    hosts = fleet.hosts(4)
    for host in hosts[:2]:
        fleet.register(cluster, host)
    fleet.quiet(cluster, hosts[2])
    fleet.register(other, hosts[3])

    assert registered(member, cluster) == 3
    assert faults.called == {"ecs:DescribeClusters"} <= set(READER_PERMISSIONS)


def test_of_a_cluster_that_is_gone_nothing_is_told(fleet: Fleet, member: Member) -> None:
    cluster = fleet.cluster()
    fleet.lose(cluster)

    assert registered(member, cluster) == 0


@pytest.mark.parametrize(("code", "error"), [("AccessDeniedException", Refused), ("ThrottlingException", Busy)])
def test_what_is_refused_or_throttled_is_told_as_such(
    fleet: Fleet, faults: Faults, member: Member, code: str, error: type[Exception]
) -> None:
    cluster = fleet.cluster()
    faults.fail("ecs:DescribeClusters", code)

    with pytest.raises(error):
        registered(member, cluster)


def test_no_cluster_of_another_account_is_asked_about(member: Member) -> None:
    with pytest.raises(ValueError, match="cannot be reached"):
        registered(member, Cluster("333344445555", REGION, "prod"))
    assert member.account == ACCOUNT
