"""Finding what no event told of: the clusters of a member Region, which of them are opted in, whose agents are gone.

These calls share their rate limits with the account's own tools (20 a second for each kind of read, with a burst of 50
or 100: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html). So each of them first asks
`pace`, which waits until it may be made. All raise Refused, Busy or ClusterGone.
"""

from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import reason
from spoke.places import Cluster, ContainerInstance
from spoke.sightings import described

MONITORING_TAG = "ecs-agent-monitoring"
"""The cluster tag by which a cluster is opted in, and put into a monitoring group by its value."""

Pace = Callable[[], None]

_A_CALL = 100
_GONE = "agentConnected == false"


def clusters(member: Member, pace: Pace) -> list[Cluster]:
    """Name the clusters of the member's Region, in an order that does not change."""
    pace()
    arns: list[str] = []
    for page in member.pages("ecs", "list_clusters"):
        arns += page["clusterArns"]
        if page.get("nextToken"):
            pace()
    return sorted(Cluster.from_arn(arn) for arn in arns)


def monitoring_tags(member: Member, wanted: Sequence[Cluster], pace: Pace) -> dict[Cluster, str | None]:
    """Return the monitoring tag's value by cluster, None for one without; a cluster that is gone is left out."""
    found: dict[Cluster, str | None] = {}
    for start in range(0, len(wanted), _A_CALL):
        pace()
        names = {cluster.name: cluster for cluster in wanted[start : start + _A_CALL]}
        answer = member.call("ecs", "describe_clusters", clusters=list(names), include=["TAGS"])
        for raw in answer["clusters"]:
            tags = {tag["key"]: tag.get("value", "") for tag in raw.get("tags", ())}
            if raw["clusterName"] in names:
                found[names[raw["clusterName"]]] = tags.get(MONITORING_TAG)
    return found


def quiet_instances(member: Member, cluster: Cluster, pace: Pace) -> list[str]:
    """Name the container instances whose agent is gone.

    AWS documents that a filter may name agentConnected, but not how to write its value. Where it does not understand
    ours, all are listed and described.
    """
    member.require(cluster.account, cluster.region)
    try:
        return [ContainerInstance.from_arn(arn).id for arn in _listed(member, cluster, pace, filter=_GONE)]
    except ClientError as error:
        if reason(error) != "InvalidParameterException":
            raise
    arns = list(_listed(member, cluster, pace))
    quiet: list[str] = []
    for start in range(0, len(arns), _A_CALL):
        pace()
        some = arns[start : start + _A_CALL]
        answer = member.call("ecs", "describe_container_instances", cluster=cluster.name, containerInstances=some)
        quiet += [seen.instance for seen in described(answer).values() if seen.connected is False]
    return quiet


def _listed(member: Member, cluster: Cluster, pace: Pace, **filters: str) -> Iterator[str]:
    pace()
    for page in member.pages("ecs", "list_container_instances", cluster=cluster.name, **filters):
        yield from page["containerInstanceArns"]
        if page.get("nextToken"):
            pace()
