"""Reading the fleet out of moto: what is planned where, what is registered, and the picture that people see.

Callers hold `MOTO` for as long as they use what they were given.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models import instances as ec2_instances
from moto.ecs.models import ecs_backends

from coastguard.local.aws.fleet_plan import CLUSTERS, ClusterPlan
from coastguard.local.aws.moto_mount import MOTO
from coastguard.local.aws.organization import MEMBERS, REGIONS, Account

# moto's ContainerInstance with what gaps adds to it, of which its type knows nothing.
Instance = Any
Host = ec2_instances.Instance
Json = dict[str, Any]


def plans_of(account: str, region: str) -> tuple[ClusterPlan, ...]:
    """Return the clusters planned in an account and Region; none outside the members and their Regions."""
    if region not in REGIONS:
        return ()
    return next((CLUSTERS[member.alias] for member in MEMBERS if member.id == account), ())


def planned() -> Iterator[tuple[str, str, ClusterPlan]]:
    """Yield account, Region and plan of every cluster."""
    for member in MEMBERS:
        for region in REGIONS:
            for plan in CLUSTERS[member.alias]:
                yield member.id, region, plan


def instances(account: str, region: str) -> list[Instance]:
    """Return the container instances registered in an account and Region."""
    ecs = ecs_backends[account][region]
    # moto also keeps those that were deregistered with tasks on them, under a name that is no cluster.
    return [instance for name in ecs.clusters for instance in ecs.container_instances.get(name, {}).values()]


def hosts(account: str, region: str) -> list[Host]:
    """Return the EC2 instances of an account and Region, the terminated ones too."""
    return list(ec2_backends[account][region].all_instances())


def host_of(account: str, region: str, instance: Instance) -> Host | None:
    """Return the host of a container instance, None if EC2 does not know it."""
    return next((host for host in hosts(account, region) if host.id == instance.ec2_instance_id), None)


def runs(host: Host | None) -> bool:
    """Whether there is a host and it is running."""
    return host is not None and host.state == "running"


def picture() -> list[Json]:
    """Return the members with their Regions, clusters and container instances as JSON objects."""
    with MOTO:
        return [_member(member) for member in MEMBERS]


def _member(member: Account) -> Json:
    return {"id": member.id, "alias": member.alias, "regions": [_region(member.id, region) for region in REGIONS]}


def _region(account: str, region: str) -> Json:
    known = {host.id: host for host in hosts(account, region)}
    registered = instances(account, region)
    clusters = [
        {
            "name": name,
            "instances": [
                _instance(instance, known.get(instance.ec2_instance_id))
                for instance in registered
                if instance.cluster_name == name
            ],
        }
        for name in sorted(ecs_backends[account][region].clusters)
    ]
    return {"name": region, "clusters": clusters}


def _instance(instance: Instance, host: Host | None) -> Json:
    group = getattr(host, "autoscaling_group", None)
    since = instance.disconnected_since
    return {
        "id": instance.id,
        "host": instance.ec2_instance_id,
        "zone": host.placement.zone if host else "",
        "type": host.instance_type if host else "",
        "group": group.name if group else None,
        "agent_version": instance.version_info["agentVersion"],
        "connected": instance.agent_connected,
        "status": instance.status,
        "host_state": host.state if host else "gone",
        "tasks": instance.running_tasks_count,
        "registered_at": instance.registered_at.replace(tzinfo=UTC).timestamp(),
        "since": since.timestamp() if since else None,
    }
