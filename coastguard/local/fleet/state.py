"""Reading the fleet out of moto: what is registered, what runs, and the picture that people see.

Callers hold `MOTO` for as long as they use what they were given.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models import instances as ec2_instances
from moto.ecs.models import ecs_backends

from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.layout.layouts import Layout
from coastguard.local.layout.organization import Account

# moto's ContainerInstance with what gaps adds to it, of which its type knows nothing.
Instance = Any
Host = ec2_instances.Instance
Json = dict[str, Any]


def instances(account: str, region: str) -> list[Instance]:
    """Return the container instances registered in an account and Region."""
    ecs = ecs_backends[account][region]
    # moto also keeps those that were deregistered with tasks on them, under a name that is no cluster.
    return [instance for name in ecs.clusters for instance in ecs.container_instances.get(name, {}).values()]


def hosts(account: str, region: str) -> dict[str, Host]:
    """Return the EC2 instances of an account and Region by their ids, the terminated ones too."""
    reservations = ec2_backends[account][region].reservations.values()
    return {host.id: host for reservation in reservations for host in reservation.instances}


def runs(host: Host | None) -> bool:
    """Whether there is a host and it is running."""
    return host is not None and host.state == "running"


def picture(layout: Layout, ill: Mapping[str, str], only: str | None = None) -> list[Json]:
    """Return the members, or only one of them, with their Regions, clusters and container instances as JSON objects.

    `ill` is what is wrong with hosts, by their ids.
    """
    with MOTO:
        return [_member(member, layout, ill) for member in layout.organization.members if only in {None, member.id}]


def _member(member: Account, layout: Layout, ill: Mapping[str, str]) -> Json:
    regions = [_region(member.id, region, ill) for region in layout.regions]
    return {"id": member.id, "alias": member.alias, "regions": regions}


def _region(account: str, region: str, ill: Mapping[str, str]) -> Json:
    known = hosts(account, region)
    by_cluster = defaultdict(list)
    for instance in instances(account, region):
        host = instance.ec2_instance_id
        by_cluster[instance.cluster_name].append(_instance(instance, known.get(host), ill.get(host)))
    names = sorted(ecs_backends[account][region].clusters)
    return {"name": region, "clusters": [{"name": name, "instances": by_cluster[name]} for name in names]}


def _instance(instance: Instance, host: Host | None, ill: str | None) -> Json:
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
        "ill": None if instance.agent_connected else ill,
    }
