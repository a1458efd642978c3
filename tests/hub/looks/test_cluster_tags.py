"""The tags by which clusters are opted in: what is read, for how long it holds, and for whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from botocore.exceptions import ConnectTimeoutError

from hub.looks.cluster_tags import TAGS_KEPT, ClusterTags
from hub.policy.terms import ANY
from spoke.accounts import Accounts, Member, Role
from spoke.places import Cluster
from tests.hub.faults import Faults
from tests.hub.timing import Clock
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire.fleet import Fleet

READ = "ecs:DescribeClusters"
SECOND = timedelta(seconds=1)


@pytest.fixture
def tags(clock: Clock) -> ClusterTags:
    return ClusterTags(clock)


@pytest.fixture
def member(accounts: Accounts, reader: Role, faults: Faults) -> Member:
    assert not faults.called
    return accounts.member(ACCOUNT, REGION, reader)


def test_a_tag_is_read_once_in_five_minutes(
    fleet: Fleet, tags: ClusterTags, member: Member, faults: Faults, clock: Clock
) -> None:
    cluster = fleet.cluster()
    fleet.tag(cluster, "prod")
    assert tags.value(member, cluster) == "prod"
    fleet.tag(cluster, "test")

    clock.forward(seconds=(TAGS_KEPT - SECOND).total_seconds())
    assert tags.value(member, cluster) == "prod"
    assert faults.calls[READ] == 1
    clock.forward(seconds=1)

    assert tags.value(member, cluster) == "test"
    assert faults.calls[READ] == 2


def test_that_a_cluster_has_no_tag_is_kept_too(fleet: Fleet, tags: ClusterTags, member: Member, faults: Faults) -> None:
    cluster = fleet.cluster()

    assert [tags.value(member, cluster) for _ in range(3)] == [None] * 3
    assert faults.calls[READ] == 1


@pytest.mark.parametrize(
    ("account", "region"),
    [pytest.param("333344445555", REGION, id="accounts"), pytest.param(ACCOUNT, "us-east-1", id="Regions")],
)
def test_clusters_of_the_same_name_do_not_share_a_tag(
    fleet: Fleet, tags: ClusterTags, accounts: Accounts, reader: Role, account: str, region: str
) -> None:
    elsewhere = Fleet(fleet.members, account, region)
    here, there = fleet.cluster(), elsewhere.cluster()
    fleet.tag(here, "prod")
    elsewhere.tag(there, "test")

    for _ in range(2):
        assert tags.value(accounts.member(ACCOUNT, REGION, reader), here) == "prod"
        assert tags.value(accounts.member(account, region, reader), there) == "test"


TROUBLE = [
    pytest.param(lambda faults: faults.fail(READ, "AccessDeniedException", 403), id="refused"),
    pytest.param(lambda faults: faults.fail(READ, "ThrottlingException"), id="throttled"),
    pytest.param(lambda faults: faults.interrupt(READ, ConnectTimeoutError(endpoint_url="https://x")), id="silent"),
    pytest.param(lambda faults: faults.fail("sts:AssumeRole", "AccessDenied", 403), id="no role"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_tag_that_cannot_be_read_may_be_any_and_is_not_kept(
    fleet: Fleet, tags: ClusterTags, accounts: Accounts, reader: Role, faults: Faults, trouble: Callable[[Faults], None]
) -> None:
    cluster = fleet.cluster()
    fleet.tag(cluster, "test")
    trouble(faults)

    assert tags.value(accounts.member(ACCOUNT, REGION, reader), cluster) == ANY
    faults.mend()

    # Another look: one that has found a Region silent asks there no more.
    assert tags.value(accounts.member(ACCOUNT, REGION, reader), cluster) == "test"


def test_a_tag_that_can_no_longer_be_read_is_still_known(
    fleet: Fleet, tags: ClusterTags, member: Member, faults: Faults, clock: Clock
) -> None:
    cluster = fleet.cluster()
    fleet.tag(cluster, "test")
    tags.value(member, cluster)
    faults.fail(READ, "ThrottlingException")

    clock.forward(hours=1)

    assert tags.value(member, cluster) == "test"


def test_the_tag_of_a_cluster_that_is_gone_may_be_any(fleet: Fleet, tags: ClusterTags, member: Member) -> None:
    assert fleet
    assert tags.value(member, Cluster(ACCOUNT, REGION, "gone")) == ANY
