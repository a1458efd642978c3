"""What repairs have in common: the looks that come first, and taking a container instance out of its cluster."""

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import NotDone
from spoke.hosts import Host
from spoke.hosts import described as hosts_described
from spoke.places import partition
from spoke.registrations import Asking, well_as
from spoke.repairs.remedy import Target
from spoke.session_policy import Allowed
from spoke.sighting import Registration, Sighting
from spoke.sightings import described
from spoke.states import GONE, Standing, standing


def container_instance(member: Member, target: Target) -> Sighting:
    """Find the container instance as it is now; NotDone unless it is still in the trouble that was seen, or is out."""
    found = _described(member, target).get(target.instance)
    if found is None:
        raise NotDone(f"ECS did not tell how {target.instance} is.")
    if is_out(found):
        return found
    if found.host != target.host:
        raise NotDone(f"{target.instance} is on {found.host or 'no host'} now, not on {target.host}.")
    if found.connected is not False:
        raise NotDone(_connected_again(target))
    if standing(found.status) not in {Standing.IN, Standing.DRAINING}:
        raise NotDone(f"{target.instance} is {found.status}: neither active nor draining.")
    return found


def is_out(seen: Sighting) -> bool:
    """Return whether ECS has the container instance in no cluster any more."""
    return standing(seen.status) is Standing.OUT


def host_of(member: Member, target: Target) -> Host:
    """Find the host as it is now; NotDone if it is not in EC2, or AWS manages it: there, to deregister terminates."""
    if not target.host.startswith("i-"):
        raise NotDone(f"{target.host or 'This machine'} is not an EC2 instance: only its owner can replace it.")
    filters = [{"Name": "instance-id", "Values": [target.host]}]
    pages = member.pages("ec2", "describe_instances", Filters=filters, IncludeManagedResources=True)
    host = hosts_described(pages).get(target.host, Host(GONE))
    if host.managed:
        raise NotDone(f"{target.host} is managed by AWS (ECS Managed Instances), which replaces its hosts itself.")
    return host


def spare_the_well(member: Member, target: Target, asking: Asking) -> None:
    """Raise NotDone if the host is well under another registration, or by now under this one, or if nobody can tell."""
    alive = well_as(member, target.cluster, None, target.host, asking)
    if alive and (alive.cluster, alive.instance) == (target.cluster, target.instance):
        raise NotDone(_connected_again(target))
    if alive:
        raise NotDone(
            f"{target.instance} is an old registration of a host that is well: {told(alive, target.host)}."
            " Nothing was done; what can be done is to remove the old registration."
        )


def told(alive: Registration, host: str) -> str:
    """Say under which registration a host is well."""
    tasks = f"{alive.running_tasks:,} task{'s' * (alive.running_tasks != 1)}"
    run = "runs" if alive.running_tasks == 1 else "run"
    return f"{tasks} {run} on {host} under {alive.instance} in {alive.cluster.name}"


def arn(target: Target, service: str, resource: str) -> str:
    """Write the ARN of something in the target's account and Region."""
    region = target.cluster.region
    return f"arn:{partition(region)}:{service}:{region}:{target.cluster.account}:{resource}"


def already_out(target: Target) -> str:
    """Say that nothing is left to take out."""
    return f"Found {target.instance} already out of {target.cluster.name}."


def deregister(member: Member, target: Target) -> str:
    """Take the container instance out by force and say so; "" if it is out already.

    Raises Refused, ClusterGone, and ClientError where AWS would not.
    """
    narrowed = member.narrowed(Allowed(("ecs:DeregisterContainerInstance",), (target.cluster.arn,)))
    try:
        narrowed.call(
            "ecs",
            "deregister_container_instance",
            cluster=target.cluster.name,
            containerInstance=target.instance,
            force=True,
        )
    except ClientError:
        # ECS may have deregistered it by itself since we looked, and has no error code of its own for that.
        now = _described(member, target).get(target.instance)
        if now is None or not is_out(now):
            raise
        return ""
    return f"Took {target.instance} out of {target.cluster.name}"


def _connected_again(target: Target) -> str:
    return f"The agent on {target.host} is connected again."


def _described(member: Member, target: Target) -> dict[str, Sighting]:
    return described(
        member.call(
            "ecs",
            "describe_container_instances",
            cluster=target.cluster.name,
            containerInstances=[target.instance],
        )
    )
