"""Looking at the container instances of one cluster: what ECS, EC2 and Systems Manager say of them now.

`look` gathers, it judges nothing. It asks in hundreds, and asks EC2 and Systems Manager only about instances that ECS
calls active and whose agent is gone, and about the hosts of those that are known to be in trouble. If ECS cannot be
read, it raises; if EC2 or Systems Manager cannot, the sightings say so in `unchecked`, and everything else in them
still holds.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from spoke.accounts import Member
from spoke.hosts import (
    EC2_A_CALL,
    GROUP_TAG,
    SSM_A_CALL,
    Host,
    ask_auto_repair,
    ask_auto_scaling,
    ask_ec2,
    ask_ssm,
    list_ec2,
)
from spoke.hosts import described as hosts_described
from spoke.places import Cluster, ContainerInstance
from spoke.sighting import Sighting
from spoke.states import ANSWERS, MISSING, impaired

READER_PERMISSIONS: tuple[str, ...] = (
    "autoscaling:DescribeAutoScalingInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstances",
    "ecs:DescribeCapacityProviders",
    "ecs:DescribeClusters",
    "ecs:DescribeContainerInstances",
    "ecs:ListClusters",
    "ecs:ListContainerInstances",
    "sqs:GetQueueAttributes",
    "ssm:DescribeInstanceInformation",
    "ssm:GetCommandInvocation",
)
"""The IAM actions that looking calls, here, in `commands`, `discovery`, `hosts` and `registrations`."""

_ECS_A_CALL = 100
_THREADS = 10  # a thousand are one wave, and botocore keeps as many connections
# Of more hosts than these it is worth a call to see whether the account has few others.
_MANY_HOSTS = 2 * EC2_A_CALL
_Found = TypeVar("_Found")
_Raw = Mapping[str, Any]


def look(
    member: Member,
    cluster: Cluster,
    instance_ids: Collection[str],
    grouped: Collection[str] = (),
    hosts_of: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Sighting]:
    """Return a sighting by container instance id; of those in `grouped`, also how Auto Scaling sees their hosts.

    `hosts_of` are the hosts of instances that are known to be in trouble: how these are is asked whatever ECS says of
    the instance, also if it has forgotten it. An instance about which ECS answers nothing, or something else than
    MISSING, is left out: nothing was seen of it. Raises Refused, Busy or ClusterGone when ECS cannot be read.
    """
    member.require(cluster.account, cluster.region)

    def describe(some: Sequence[str]) -> dict[str, _Raw | None]:
        return _answered(
            member.call(
                "ecs",
                "describe_container_instances",
                cluster=cluster.name,
                containerInstances=some,
                include=["CONTAINER_INSTANCE_HEALTH"],
            )
        )

    found = _in_batches(sorted(set(instance_ids)), _ECS_A_CALL, describe)
    return _with_hosts(member, cluster, found, grouped, hosts_of)


def forgotten(member: Member, cluster: Cluster, hosts_of: Mapping[str, str]) -> dict[str, Sighting]:
    """Return what `look` does of instances, each with its host, whose cluster is gone."""
    member.require(cluster.account, cluster.region)
    return _with_hosts(member, cluster, dict.fromkeys(hosts_of), (), hosts_of)


def _with_hosts(
    member: Member,
    cluster: Cluster,
    found: Mapping[str, _Raw | None],
    grouped: Collection[str],
    hosts_of: Mapping[str, str],
) -> dict[str, Sighting]:
    """Add to what ECS has told what others tell of the hosts of those that are in trouble."""
    quiet = {
        instance: _host_of(raw) or hosts_of.get(instance, "")
        for instance, raw in found.items()
        if _is_quiet(raw) or (instance in hosts_of and not _is_connected(raw))
    }
    hosts = _hosts(member, list(quiet.values()))
    asked = [host for instance, host in quiet.items() if instance in grouped and host.startswith("i-")]
    lifecycles = ask_auto_scaling(member, asked)
    theirs = {i: _provider_of(found[i]) for i, name in quiet.items() if name in hosts and hosts[name].managed}
    repaired = ask_auto_repair(member, cluster, filter(None, theirs.values()))
    return {
        instance: _sighting(
            instance,
            raw,
            name := quiet.get(instance, ""),
            hosts.get(name),
            lifecycles.get(name, ""),
            auto_repair=repaired.get(theirs.get(instance, "")),
        )
        for instance, raw in found.items()
    }


def described(answer: Mapping[str, Any]) -> dict[str, Sighting]:
    """Read an answer of ecs:DescribeContainerInstances: what ECS alone knows, by container instance id."""
    return {instance: _sighting(instance, raw) for instance, raw in _answered(answer).items()}


def _answered(answer: Mapping[str, Any]) -> dict[str, _Raw | None]:
    """Sort an answer by container instance id: the instances as they came, None for those that are MISSING."""
    seen = {ContainerInstance.from_arn(raw["containerInstanceArn"]).id: raw for raw in answer["containerInstances"]}
    failures = answer.get("failures", ())
    missing = [failure["arn"] for failure in failures if failure.get("reason") == MISSING]
    return seen | {arn.rsplit("/", maxsplit=1)[-1]: None for arn in missing}


def registered(member: Member, cluster: Cluster) -> int:
    """Count the cluster's container instances, connected or not; 0 if ECS does not tell. Raises as `look` does."""
    member.require(cluster.account, cluster.region)
    answer = member.call("ecs", "describe_clusters", clusters=[cluster.name])
    return sum(raw.get("registeredContainerInstancesCount", 0) for raw in answer["clusters"])


def replacement(member: Member, cluster: Cluster, group: str, since: datetime, taken: Collection[str]) -> str | None:
    """Return the host of a new and working instance of the Auto Scaling group, or None while there is none.

    New: launched at or after `since`, and not `taken` (which stand for other instances already). Working: registered in
    the cluster with its agent connected. Of several, the one that was launched first.
    """
    member.require(cluster.account, cluster.region)
    filters = [{"Name": f"tag:{GROUP_TAG}", "Values": [group]}, {"Name": "instance-state-name", "Values": ["running"]}]
    hosts = hosts_described(member.pages("ec2", "describe_instances", Filters=filters, IncludeManagedResources=True))
    earliest = since.replace(microsecond=0)  # EC2 tells whole seconds
    launched = sorted(
        (host.launched, name)
        for name, host in hosts.items()
        if host.launched and host.launched >= earliest and name not in taken
    )
    new = [name for _, name in launched]
    working = _in_batches(new, _ECS_A_CALL, lambda some: _working(member, cluster, some))
    return next((name for name in new if name in working), None)


def _working(member: Member, cluster: Cluster, hosts: Sequence[str]) -> dict[str, Sighting]:
    """Sightings by host, of those hosts on which an active container instance has its agent connected."""
    query = f"ec2InstanceId in [{', '.join(hosts)}]"
    sightings = [
        sighting
        for page in member.pages("ecs", "list_container_instances", cluster=cluster.name, filter=query)
        if page["containerInstanceArns"]
        for sighting in described(
            member.call(
                "ecs",
                "describe_container_instances",
                cluster=cluster.name,
                containerInstances=page["containerInstanceArns"],
            )
        ).values()
    ]
    return {sighting.host: sighting for sighting in sightings if sighting.connected and sighting.status == "ACTIVE"}


def _is_quiet(raw: _Raw | None) -> bool:
    return raw is not None and raw["status"] == "ACTIVE" and raw.get("agentConnected") is False


def _is_connected(raw: _Raw | None) -> bool:
    return raw is not None and raw.get("agentConnected") is True


def _host_of(raw: _Raw | None) -> str:
    return (raw or {}).get("ec2InstanceId") or ""


def _provider_of(raw: _Raw | None) -> str:
    return (raw or {}).get("capacityProviderName") or ""


def _hosts(member: Member, names: Sequence[str]) -> dict[str, Host]:
    in_ec2 = sorted({name for name in names if name.startswith("i-")})
    elsewhere = sorted({name for name in names if name.startswith("mi-")})
    found = list_ec2(member, set(in_ec2)) if len(in_ec2) > _MANY_HOSTS else {}
    left = [name for name in in_ec2 if name not in found]
    found |= _in_batches(left, EC2_A_CALL, lambda some: ask_ec2(member, some))
    return found | _in_batches(elsewhere, SSM_A_CALL, lambda some: ask_ssm(member, some))


def _sighting(  # noqa: PLR0913  # what each of those who were asked has told
    instance: str,
    raw: _Raw | None,
    name: str = "",
    host: Host | None = None,
    lifecycle: str = "",
    *,
    auto_repair: bool | None = None,
) -> Sighting:
    """Read a container instance as it came: a document (spoke.models), in which anything may be null."""
    host = host or Host()
    unchecked = (host.unchecked,) if host.unchecked else ()
    if raw is None:
        return Sighting(
            instance,
            MISSING,
            host=name,
            host_state=host.state,
            managed=host.managed,
            lifecycle=lifecycle,
            unchecked=unchecked,
            auto_repair=auto_repair,
        )
    attributes = {attribute["name"]: attribute.get("value") or "" for attribute in raw.get("attributes") or ()}
    health = {check["type"]: check for check in (raw.get("healthStatus") or {}).get("details") or ()}
    connectivity = health.get("AGENT_CONNECTIVITY", {})
    return Sighting(
        instance=instance,
        status=raw["status"],
        connected=raw.get("agentConnected"),
        version=raw.get("version"),
        host=_host_of(raw) or name,
        since=_moment(connectivity.get("lastStatusChange")) if impaired(connectivity.get("status")) else None,
        runtime_impaired=impaired(health.get("CONTAINER_RUNTIME", {}).get("status")),
        zone=attributes.get("ecs.availability-zone", ""),
        instance_type=attributes.get("ecs.instance-type", ""),
        os=_os(attributes),
        agent_version=(raw.get("versionInfo") or {}).get("agentVersion") or "",
        ami=attributes.get("ecs.ami-id", ""),
        running_tasks=raw.get("runningTasksCount") or 0,
        host_state=host.state,
        checks=host.checks,
        ping=host.ping,
        managed=host.managed,
        lifecycle=lifecycle,
        unchecked=unchecked,
        auto_repair=auto_repair,
        reached=ANSWERS.get(host.ping, False) if host.ping else None,
    )


def _os(attributes: Mapping[str, str]) -> str:
    # Bottlerocket calls itself linux, but its agent adds this attribute.
    return "bottlerocket" if "bottlerocket.variant" in attributes else attributes.get("ecs.os-type", "").lower()


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _in_batches(
    names: Sequence[str], size: int, ask: Callable[[Sequence[str]], dict[str, _Found]]
) -> dict[str, _Found]:
    """Ask about so many at once, several batches at the same time; what the answers hold together."""
    batches = [names[start : start + size] for start in range(0, len(names), size)]
    if len(batches) < 2:  # most looks: no thread is needed
        return _merged(map(ask, batches))
    with ThreadPoolExecutor(min(_THREADS, len(batches))) as threads:
        return _merged(threads.map(ask, batches))


def _merged(answers: Iterable[dict[str, _Found]]) -> dict[str, _Found]:
    return {name: found for answer in answers for name, found in answer.items()}
