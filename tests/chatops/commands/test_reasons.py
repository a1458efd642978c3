"""Why a cluster is spoken of, or not: what its terms and its monitoring group say."""

import pytest

from chatops.commands.reasons import reasons
from hub.notify.account_cache import AccountCache
from hub.notify.routing import Routing
from hub.policy.matching import Match
from hub.policy.policy import Policy, Route
from hub.policy.terms import Terms
from hub.scopes.account import Account
from hub.table.clusters import KnownCluster
from tests.hub.factories import CHANNEL, CLUSTER, NOON, bulletin

POLICY = Policy(routes=(Route(Match(group=("batch",)), "C0BATCH01"),))


class Source:
    policy = POLICY
    problem = ""


class Table:
    def accounts(self) -> dict[str, Account]:
        return {}


def told(known: KnownCluster, clusters: str = "") -> str:
    terms = Terms.read(120, CHANNEL, clusters=clusters)
    rules = Routing(Source(), AccountCache(Table(), lambda: NOON), terms, lambda: NOON)  # type: ignore[arg-type]  # as much of both as is needed
    return "\n".join(reasons(CLUSTER, known, None, None, rules, NOON, "", (), muted=False))


@pytest.mark.parametrize(
    ("clusters", "said"),
    [
        pytest.param("*", "Only clusters with the tag ecs-agent-monitoring are watched.", id="any value"),
        pytest.param(
            "prod batch",
            "Only clusters with the tag ecs-agent-monitoring are watched, where its value is batch or prod.",
            id="some values",
        ),
    ],
)
def test_where_a_tag_decides_what_is_watched_it_is_told_which(clusters: str, said: str) -> None:
    assert said in told(KnownCluster({}, None), clusters)


def test_where_all_are_watched_nothing_is_told_of_a_tag() -> None:
    assert "ecs-agent-monitoring" not in told(KnownCluster({}, None))


def test_the_group_of_a_cluster_without_a_bulletin_is_not_known() -> None:
    assert "nobody knows if it has group batch" in told(KnownCluster({}, None), "*")


def test_the_group_of_a_cluster_is_that_of_its_bulletin() -> None:
    assert "the group is none, not batch" in told(KnownCluster({}, bulletin(group="")), "*")
    assert "nobody knows if it has group batch" in told(KnownCluster({}, bulletin(group="")))  # no tag is read
    assert "the group is prod, not batch" in told(KnownCluster({}, bulletin(group="prod")))
    assert "channel C0BATCH01" in told(KnownCluster({}, bulletin(group="batch")))
