"""Finding what no event told of: the clusters of a member Region, which of them are opted in, whose agents are gone.

And whether events of it lie where EventBridge leaves what the hub's bus did not take.

These calls share their rate limits with the account's own tools (20 a second for each kind of read, with a burst of 50
or 100: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html). So each of them first asks
`pace`, which waits until it may be made. All raise Refused, Busy or ClusterGone.
"""

from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import SpokeError, reason
from spoke.partitions import partition_of
from spoke.places import Cluster, ContainerInstance
from spoke.sightings import described

MONITORING_TAG = "ecs-agent-monitoring"
"""The cluster tag by which a cluster is opted in, and put into a monitoring group by its value."""

Pace = Callable[[], None]

UNDELIVERED_QUEUE = "coastguard-undelivered"
"""The queue of stacksets/spoke-rules.yaml for events that could not be handed to the hub."""

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


def undelivered(member: Member) -> int | None:
    """Count the events of the member's Region that could not be handed to the hub; None where nobody can tell.

    Roles of an older release may not ask, and where only the roles were deployed there is no such queue.
    """
    partition = partition_of(member.region)
    suffix = partition.dns_suffix if partition else ""
    url = f"https://sqs.{member.region}.{suffix}/{member.account}/{UNDELIVERED_QUEUE}"
    waiting = "ApproximateNumberOfMessages"
    try:
        answer = member.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=[waiting])
    except (SpokeError, ClientError):
        return None
    return int(answer["Attributes"][waiting])


def _listed(member: Member, cluster: Cluster, pace: Pace, **filters: str) -> Iterator[str]:
    pace()
    for page in member.pages("ecs", "list_container_instances", cluster=cluster.name, **filters):
        yield from page["containerInstanceArns"]
        if page.get("nextToken"):
            pace()
