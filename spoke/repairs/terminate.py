"""Terminate the host, and take its container instance out of the cluster.

The host goes first: an Auto Scaling group replaces it, and its tasks end with it. Then the container instance is
deregistered by force, because ECS keeps an instance whose agent is gone in the cluster for ever, and its tasks with it.

    look at the live state ──▶ NotDone unless it is still what the person saw
    host ending already?   ──▶ no: terminate it (through its Auto Scaling group if it has one)
    still registered?      ──▶ yes: deregister it

Whatever crashed in between, a second run finds out how far the first one came and does the rest.
"""

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import ClusterGone, NotDone, Refused, reason
from spoke.hosts import GONE, Host
from spoke.hosts import described as hosts_described
from spoke.repairs.remedy import Outcome, Remedy, Target
from spoke.sighting import MISSING, Sighting
from spoke.sightings import described

_ENDING = frozenset({"shutting-down", "terminated", GONE})
_DEREGISTERED = frozenset({"INACTIVE", MISSING})


def run(member: Member, target: Target) -> Outcome:
    """Terminate the target's host. Raises NotDone, or Busy when AWS does not answer now."""
    member.require(target.cluster.account, target.cluster.region)
    if not target.host.startswith("i-"):
        raise NotDone(f"{target.host or 'This machine'} is not an EC2 instance: only its owner can replace it.")
    try:
        seen = _container_instance(member, target)
        host = _host(member, target)
        first = _ending(member, target, host) or _terminate(member, target, seen, host)
    except (Refused, ClusterGone) as error:
        raise NotDone(f"Nothing was done: {error}.") from error
    return Outcome((first, _deregister(member, target, seen)), host.group)


def _container_instance(member: Member, target: Target) -> Sighting:
    """Find the container instance as it is now; NotDone unless it is still in the trouble that was seen."""
    found = _described(member, target).get(target.instance)
    if found is None:
        raise NotDone(f"ECS did not tell how {target.instance} is.")
    if found.status in _DEREGISTERED:
        return found
    if found.host != target.host:
        raise NotDone(f"{target.instance} is on {found.host or 'no host'} now, not on {target.host}.")
    if found.connected is not False:
        raise NotDone(f"The agent on {target.host} is connected again.")
    if found.status not in {"ACTIVE", "DRAINING"}:
        raise NotDone(f"{target.instance} is {found.status}: neither active nor draining.")
    return found


def _described(member: Member, target: Target) -> dict[str, Sighting]:
    return described(
        member.call(
            "ecs",
            "describe_container_instances",
            cluster=target.cluster.name,
            containerInstances=[target.instance],
        )
    )


def _host(member: Member, target: Target) -> Host:
    filters = [{"Name": "instance-id", "Values": [target.host]}]
    pages = member.pages("ec2", "describe_instances", Filters=filters, IncludeManagedResources=True)
    host = hosts_described(pages).get(target.host, Host(GONE))
    if host.managed:
        raise NotDone(f"{target.host} is managed by AWS (ECS Managed Instances), which replaces its hosts itself.")
    return host


def _ending(member: Member, target: Target, host: Host) -> str:
    """Say that the host is ending already, or "". In a group it may run on for hours while lifecycle hooks wait."""
    if host.state in _ENDING:
        return f"Found {target.host} already {host.state}."
    if host.group is None:
        return ""
    answer = member.call("autoscaling", "describe_auto_scaling_instances", InstanceIds=[target.host])
    if any(raw["LifecycleState"].startswith("Terminating") for raw in answer["AutoScalingInstances"]):
        return f"Found {target.host} already being terminated by Auto Scaling group {host.group}."
    return ""


def _terminate(member: Member, target: Target, seen: Sighting, host: Host) -> str:
    if seen.status in _DEREGISTERED:
        raise NotDone(f"ECS no longer knows {target.instance}, and {target.host} is {host.state}: it was left alone.")
    if host.state != "running":
        raise NotDone(f"{target.host} is {host.state} now: no wonder that its agent is gone.")
    _check_protection(member, target)
    try:
        if host.group is not None:
            member.call(
                "autoscaling",
                "terminate_instance_in_auto_scaling_group",
                InstanceId=target.host,
                ShouldDecrementDesiredCapacity=False,
            )
            return f"Terminated {target.host} in Auto Scaling group {host.group}, which replaces it."
        member.call("ec2", "terminate_instances", InstanceIds=[target.host])
    except ClientError as error:
        raise NotDone(f"AWS would not terminate {target.host}: {reason(error)}.") from error
    return f"Terminated {target.host}; no Auto Scaling group replaces it."


def _check_protection(member: Member, target: Target) -> None:
    """Raise NotDone if the host is protected. Whether the Auto Scaling call would heed it is not documented."""
    try:
        answer = member.call(
            "ec2", "describe_instance_attribute", InstanceId=target.host, Attribute="disableApiTermination"
        )
    except ClientError as error:
        raise NotDone(f"The termination protection of {target.host} could not be read: {reason(error)}.") from error
    if answer.get("DisableApiTermination", {}).get("Value") is not False:
        raise NotDone(f"{target.host} has termination protection: remove it first if it may go.")


def _deregister(member: Member, target: Target, seen: Sighting) -> str:
    """Say how it ended. The host has gone by now, so a refusal is told and not raised: something was done."""
    already = f"Found {target.instance} already out of {target.cluster.name}."
    if seen.status in _DEREGISTERED:
        return already
    try:
        member.call(
            "ecs",
            "deregister_container_instance",
            cluster=target.cluster.name,
            containerInstance=target.instance,
            force=True,
        )
    except (Refused, ClusterGone) as error:
        return f"Left {target.instance} in {target.cluster.name}: {error}."
    except ClientError:
        # ECS may have deregistered it by itself since we looked, and has no error code of its own for that.
        now = _described(member, target).get(target.instance)
        if now is None or now.status not in _DEREGISTERED:
            raise
        return already
    return f"Took {target.instance} out of {target.cluster.name}, so that ECS starts its tasks elsewhere."


def fits(sighting: Sighting) -> bool:
    """Whether it is ours to terminate: neither somebody's own machine nor one that AWS replaces itself."""
    return not sighting.managed and not sighting.host.startswith("mi-")


REMEDY = Remedy(
    name="terminate",
    label="Terminate",
    style="danger",
    title="Terminate this instance?",
    confirm=(
        "Its tasks end with it, and ECS starts them elsewhere. In an Auto Scaling group a new instance takes its place;"
        " outside of one nothing does."
    ),
    drastic=True,
    fits=fits,
    permissions=(
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:TerminateInstances",
        "ecs:DeregisterContainerInstance",
        "ecs:DescribeContainerInstances",
    ),
    run=run,
)
