"""What moto 5.2.5 leaves out of the AWS that Coastguard reads, filled in.

`fill()` patches moto's classes once per process; it then holds for `mock_aws` and for the local world alike. Every
symbol that is reached into is checked first, so another moto fails with the names of what has changed.

What the fleet may set, and what is answered when it does not:

| object | attribute | default | answered as |
|---|---|---|---|
| moto.ecs.models.ContainerInstance | `version: int` | 1 | version |
| | `disconnected_since: datetime or None` | None | healthStatus: AGENT_CONNECTIVITY is IMPAIRED since then |
| | `runtime_status: str` | "OK" | healthStatus: CONTAINER_RUNTIME |
| | `tags: list of {"key", "value"}` | [] | tags |
| | `capacity_provider_name: str` | absent | capacityProviderName |
| moto.ec2.models.instances.Instance | `checks: str` | "ok" | InstanceStatus of a running instance |
| | `operator: {"Managed": bool, "Principal": str}` | absent | Operator (moto shows it by itself) |
| systems_manager | `PINGS[host id]` | "Online" | PingStatus of Systems Manager; "" = it does not know the host |
| this module | `AUTO_REPAIR[name]` | no such provider | actionsStatus of a capacity provider of Managed Instances |

moto's own `agent_connected`, `status`, `ec2_instance_id` (may be set to an `mi-` id after registering), `attributes`,
`version_info` and `running_tasks_count` stay what they are. Times are aware, in UTC.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterValueError
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse
from moto.ecs.exceptions import ClusterNotFoundException, InvalidParameterException
from moto.ecs.models import ContainerInstance, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from coastguard.local import symbols
from coastguard.local.fleet import systems_manager

AUTO_REPAIR: dict[str, str] = {}
"""Whether ECS repairs sick hosts by itself, "ENABLED" or "DISABLED", by the name of their capacity provider."""

_MOST_AT_ONCE = 100
_MOST_PROVIDERS = 10
_MOST_OF_GROUPS = 50
_RUNNING = 16
_FILTER = re.compile(
    r"\s*(?:agentConnected\s*==\s*(?P<connected>true|false)"
    r"|ec2InstanceId\s*==\s*(?P<host>[^\s\[\]]+)"
    r"|ec2InstanceId\s+in\s+\[(?P<hosts>[^\[\]]*)\])\s*"
)
_moto_describe_clusters = EC2ContainerServiceResponse.describe_clusters
_moto_describe_instance_status = InstanceResponse.describe_instance_status


@cache
def fill() -> None:
    """Patch moto; later calls change nothing. Raises SymbolChanged if this moto is not the one that is patched here."""
    symbols.check(symbols.RECORD, __name__, systems_manager.__name__)
    for moto_class, filled in (
        (ContainerInstance, _ContainerInstance),
        (Instance, _Instance),
        (AutoScalingResponse, _AutoScaling),
        (EC2ContainerServiceResponse, _Ecs),
        (InstanceResponse, _Ec2),
        (SimpleSystemManagerResponse, systems_manager.Ssm),
    ):
        for name, answer in vars(filled).items():
            if not name.startswith("__"):
                setattr(moto_class, name, answer)


# What the classes below hold is lifted onto moto's. They are never instantiated, so `super()` has no place in them. A
# bare annotation is something moto has already.


class _ContainerInstance:
    agent_connected: bool
    registered_at: datetime
    version: int = 1
    disconnected_since: datetime | None = None
    runtime_status: str = "OK"
    tags: Sequence[dict[str, str]] = ()


class _Instance:
    state_code: int
    checks: str = "ok"

    @property
    def instance_status(self) -> dict[str, Any]:
        """Moto's running instances are always well."""
        if self.state_code != _RUNNING:
            return {"Status": "not-applicable"}
        reachable = "passed" if self.checks == "ok" else "failed"
        return {"Status": self.checks, "Details": [{"Name": "reachability", "Status": reachable}]}


class _AutoScaling(AutoScalingResponse):
    def describe_auto_scaling_instances(self) -> ActionResult:
        """Moto has neither a limit nor pages."""
        wanted = self._get_param("InstanceIds", [])
        size = self._get_int_param("MaxRecords", _MOST_OF_GROUPS)
        if len(wanted) > _MOST_OF_GROUPS or size > _MOST_OF_GROUPS:
            raise ValidationError(f"InstanceIds and MaxRecords are at most {_MOST_OF_GROUPS}.")
        states = {
            state.instance.id: state for state in self.autoscaling_backend.describe_auto_scaling_instances(wanted)
        }
        page, token = _page(sorted(states), self._get_param("NextToken"), size)
        return ActionResult({"AutoScalingInstances": [states[host] for host in page], "NextToken": token})


class _Ecs(EC2ContainerServiceResponse):
    def list_clusters(self) -> ActionResult:
        """Moto has no pages, and lists what was deleted."""
        size = self._get_param("maxResults") or _MOST_AT_ONCE
        if not 1 <= size <= _MOST_AT_ONCE:
            raise InvalidParameterException(f"maxResults must be 1 to {_MOST_AT_ONCE}.")
        arns = sorted(cluster.arn for cluster in self.ecs_backend.clusters.values() if cluster.status != "INACTIVE")
        page, token = _page(arns, self._get_param("nextToken"), size)
        return ActionResult({"clusterArns": page, "nextToken": token})

    def describe_capacity_providers(self) -> ActionResult:
        """Moto has none of Managed Instances, which belong to a cluster, and no pages, of which AWS's have ten."""
        _registered(self.ecs_backend, self._get_param("cluster", "default"))
        wanted = sorted(set(self._get_param("capacityProviders") or ()) & AUTO_REPAIR.keys())
        page, token = _page(wanted, self._get_param("nextToken"), _MOST_PROVIDERS)
        return ActionResult({"capacityProviders": [_provider(name) for name in page], "nextToken": token})

    def describe_clusters(self) -> ActionResult:
        """Moto has no limit, and counts container instances that have gone."""
        if len(self._get_param("clusters", [])) > _MOST_AT_ONCE:
            raise InvalidParameterException(f"clusters can have at most {_MOST_AT_ONCE} items.")
        for name, cluster in self.ecs_backend.clusters.items():
            cluster.registered_container_instances_count = len(self.ecs_backend.container_instances.get(name, {}))
        return _moto_describe_clusters(self)

    def list_container_instances(self) -> ActionResult:
        """Moto ignores `filter` and pages, and has an empty answer for an unknown cluster."""
        asked_for = _filter(self._get_param("filter"))
        status = self._get_param("status")
        registered = _registered(self.ecs_backend, self._get_param("cluster", "default"))
        arns = sorted(
            instance.container_instance_arn
            for instance in registered.values()
            if asked_for(instance) and status in {None, instance.status}
        )
        page, token = _page(arns, self._get_param("nextToken"), self._get_param("maxResults") or _MOST_AT_ONCE)
        return ActionResult({"containerInstanceArns": page, "nextToken": token})

    def describe_container_instances(self) -> ActionResult:
        """Moto has a KeyError for a cluster that never had an instance, no limit, and no `include`."""
        wanted = self._get_param("containerInstances")
        if len(wanted) > _MOST_AT_ONCE:
            raise InvalidParameterException("containerInstances can have at most 100 items.")
        cluster = self._get_param("cluster", "default")
        _registered(self.ecs_backend, cluster)
        instances, failures = self.ecs_backend.describe_container_instances(cluster, wanted)
        include = self._get_param("include") or ()
        return ActionResult(
            {"containerInstances": [_shown(instance, include) for instance in instances], "failures": failures}
        )

    def deregister_container_instance(self) -> ActionResult:
        """Moto raises a bare Exception for an unknown instance, which looks like a failing service."""
        cluster = self._get_param("cluster", "default")
        instance = self._get_param("containerInstance").rsplit("/", maxsplit=1)[-1]
        if instance not in _registered(self.ecs_backend, cluster):
            raise InvalidParameterException(f"Referenced container instance {instance} not found.")
        gone = self.ecs_backend.deregister_container_instance(cluster, instance, self._get_param("force"))
        return ActionResult({"containerInstance": gone})


class _Ec2(InstanceResponse):
    def describe_instance_status(self) -> ActionResult:
        """Moto has no limit."""
        if len(self._get_param("InstanceIds", [])) > _MOST_AT_ONCE:
            raise InvalidParameterValueError("InstanceIds, at most 100 of them,")
        return _moto_describe_instance_status(self)


def _registered(backend: EC2ContainerServiceBackend, cluster: str) -> dict[str, ContainerInstance]:
    """Container instances of the cluster by id; a cluster that never had one gets its place in moto here."""
    name = cluster.rsplit("/", maxsplit=1)[-1]
    if name not in backend.clusters:
        raise ClusterNotFoundException
    return backend.container_instances.setdefault(name, {})


def _filter(query: str | None) -> Callable[[ContainerInstance], bool]:
    """Answer the part of the cluster query language that Coastguard uses."""
    if not query:
        return lambda _: True
    found = _FILTER.fullmatch(query)
    if not found:
        raise InvalidParameterException(f"The local world cannot answer the filter {query}")
    if found["connected"]:
        return lambda instance: instance.agent_connected == (found["connected"] == "true")
    hosts = {host.strip(" '\"") for host in (found["host"] or found["hosts"]).split(",")}
    return lambda instance: instance.ec2_instance_id in hosts


def _shown(instance: ContainerInstance, include: Sequence[str]) -> SimpleNamespace:
    """Show tags and health only if they were asked for, as AWS does."""
    facts = cast("_ContainerInstance", instance)
    return SimpleNamespace(
        **{
            **vars(instance),
            "container_instance_arn": instance.container_instance_arn,
            "version": facts.version,
            "tags": facts.tags if "TAGS" in include else None,
            "health_status": _health(facts) if "CONTAINER_INSTANCE_HEALTH" in include else None,
        }
    )


def _health(instance: _ContainerInstance) -> dict[str, Any]:
    registered = instance.registered_at.replace(tzinfo=UTC)
    checks = [_check("CONTAINER_RUNTIME", instance.runtime_status, registered), _connectivity(instance, registered)]
    impaired = any(check["status"] == "IMPAIRED" for check in checks)
    return {"overallStatus": "IMPAIRED" if impaired else "OK", "details": checks}


def _connectivity(instance: _ContainerInstance, registered: datetime) -> dict[str, Any]:
    since = instance.disconnected_since
    if instance.agent_connected or since is None:
        return _check("AGENT_CONNECTIVITY", "OK" if instance.agent_connected else "INSUFFICIENT_DATA", registered)
    reason = f"Agent disconnected since {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {**_check("AGENT_CONNECTIVITY", "IMPAIRED", since.astimezone(UTC)), "statusReason": reason}


def _check(kind: str, status: str, since: datetime) -> dict[str, Any]:
    return {"type": kind, "status": status, "lastStatusChange": since, "lastUpdated": since}


def _provider(name: str) -> dict[str, Any]:
    repairs = {"autoRepairConfiguration": {"actionsStatus": AUTO_REPAIR[name]}}
    return {"name": name, "status": "ACTIVE", "type": "MANAGED_INSTANCES", "managedInstancesProvider": repairs}


def _page(rows: list[str], token: str | None, size: int) -> tuple[list[str], str | None]:
    start = int(token or 0)
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else None
