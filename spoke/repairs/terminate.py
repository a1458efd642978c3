"""Terminate the host, and take its container instance out of the cluster.

The host goes first: an Auto Scaling group replaces it, and its tasks end with it. Then the container instance is
deregistered by force, because ECS keeps an instance whose agent is gone in the cluster for ever, and its tasks with it.

    look at the live state ──▶ NotDone unless it is still what the person saw
    host ending already?   ──▶ no: is it well under another registration? ──▶ NotDone if so, or if nobody can tell
                               no: terminate it (through its Auto Scaling group if it has one)
    still registered?      ──▶ yes: deregister it

Whatever crashed in between, a second run finds out how far the first one came and does the rest.
"""

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import ClusterGone, NotDone, Refused, explained
from spoke.hosts import Host, lifecycles
from spoke.registrations import Asking
from spoke.repairs.remedy import Needs, Outcome, Remedy, Target
from spoke.repairs.steps import already_out, arn, container_instance, deregister, host_of, is_out, spare_the_well
from spoke.session_policy import Allowed, literally
from spoke.sighting import Sighting
from spoke.states import Duty, Power, duty, power

_LEFT_ALONE = {
    Duty.SET_ASIDE: "somebody has taken it out of service there, so it was left alone.",
    Duty.CHANGING: "an instance refresh is at work on it, so it was left alone.",
    Duty.WARM: "AWS does not terminate instances of a warm pool one by one.",
    Duty.UNKNOWN: "Coastguard does not know what that means, so it was left alone.",
}


def run(member: Member, target: Target, asking: Asking) -> Outcome:
    """Terminate the target's host. Raises NotDone, or Busy when AWS does not answer now."""
    member.require(target.cluster.account, target.cluster.region)
    try:
        host = host_of(member, target)
        seen = container_instance(member, target)
        first = _ending(member, target, host) or _terminate(member, target, seen, host, asking)
    except (Refused, ClusterGone) as error:
        raise NotDone(f"Nothing was done: {explained(error)}.") from error
    return Outcome((first, _take_out(member, target, seen)), host.group)


def _ending(member: Member, target: Target, host: Host) -> str:
    """Say that the host is ending already, or "". In a group it may run on for hours while lifecycle hooks wait.

    Raises NotDone if its group has it for something else than work.
    """
    if power(host.state) in {Power.ENDING, Power.ENDED}:
        return f"Found {target.host} already {host.state}."
    if host.group is None:
        return ""
    lifecycle = lifecycles(member, [target.host]).get(target.host)
    if lifecycle is None:
        return ""  # Auto Scaling will say so itself
    if duty(lifecycle) is Duty.ENDING:
        return f"Found {target.host} already being terminated by Auto Scaling group {host.group}."
    if why := _LEFT_ALONE.get(duty(lifecycle)):
        raise NotDone(f"Auto Scaling group {host.group} has {target.host} as {lifecycle}: {why}")
    return ""


def _terminate(member: Member, target: Target, seen: Sighting, host: Host, asking: Asking) -> str:
    if is_out(seen):
        raise NotDone(f"ECS no longer knows {target.instance}, and {target.host} is {host.state}: it was left alone.")
    if host.state != "running":
        raise NotDone(f"{target.host} is {host.state} now: no wonder that its agent is gone.")
    _check_protection(member, target)
    # Whatever takes time comes before the last question.
    narrowed = member.narrowed(_allowed(target, host))
    narrowed.sign_in()
    spare_the_well(member, target, asking)
    asking.go_ahead()
    try:
        if host.group is not None:
            narrowed.call(
                "autoscaling",
                "terminate_instance_in_auto_scaling_group",
                InstanceId=target.host,
                ShouldDecrementDesiredCapacity=False,
            )
            return f"Terminated {target.host} in Auto Scaling group {host.group}, which replaces it."
        narrowed.call("ec2", "terminate_instances", InstanceIds=[target.host])
    except ClientError as error:
        raise NotDone(f"AWS would not terminate {target.host}: {explained(error)}.") from error
    return f"Terminated {target.host}; no Auto Scaling group replaces it."


def _allowed(target: Target, host: Host) -> Allowed:
    """Name the one call that ends the host: through its group if it has one."""
    if host.group is None:
        return Allowed(("ec2:TerminateInstances",), (arn(target, "ec2", f"instance/{target.host}"),))
    group = arn(target, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{literally(host.group)}")
    return Allowed(("autoscaling:TerminateInstanceInAutoScalingGroup",), (group,))


def _check_protection(member: Member, target: Target) -> None:
    """Raise NotDone if the host is protected. Whether the Auto Scaling call would heed it is not documented."""
    try:
        answer = member.call(
            "ec2", "describe_instance_attribute", InstanceId=target.host, Attribute="disableApiTermination"
        )
    except ClientError as error:
        problem = explained(error)
        raise NotDone(f"The termination protection of {target.host} could not be read: {problem}.") from error
    if answer.get("DisableApiTermination", {}).get("Value") is not False:
        raise NotDone(f"{target.host} has termination protection: remove it first if it may go.")


def _take_out(member: Member, target: Target, seen: Sighting) -> str:
    """Say how it ended. The host has gone by now, so a refusal is told and not raised: something was done."""
    if is_out(seen):
        return already_out(target)
    try:
        took = deregister(member, target)
    except (Refused, ClusterGone, ClientError) as error:
        return f"Left {target.instance} in {target.cluster.name}: {explained(error)}."
    return f"{took}, so that ECS starts its tasks elsewhere." if took else already_out(target)


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
    hits_host=True,
    ends_host=True,
    needs=Needs(),
    reads=(
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ecs:DescribeContainerInstances",
        "ecs:ListClusters",
        "ecs:ListContainerInstances",
    ),
    acts=(
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ec2:TerminateInstances",
        "ecs:DeregisterContainerInstance",
    ),
    run=run,
    called="terminated",
)
