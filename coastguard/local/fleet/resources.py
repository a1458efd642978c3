"""What a fleet call touches, as IAM sees it: its resource, its condition keys, and the tags of that resource.

MiniStack knows these services only roughly, so the answers here follow the service authorization reference for the
actions a watcher and a repairer use. Where a call names several instances, the first one stands for all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import autoscaling_backends

from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.fleet.state import Host, hosts
from coastguard.local.layout.organization import HUB, ORGANIZATION

ON_CONTAINER_INSTANCES = frozenset({"DescribeContainerInstances", "UpdateContainerInstancesState"})
# Who names no cluster here means the one called default.
ON_CLUSTERS = frozenset({"DescribeClusters", "ListContainerInstances"})
SSM_ON_NOTHING = frozenset({"DescribeInstanceInformation", "GetCommandInvocation", "ListCommands"})


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a fleet service, taken apart. `form` is the query protocol's form, `body` the JSON protocol's."""

    service: str
    action: str
    account: str
    region: str
    form: Mapping[str, list[str]]
    body: Mapping[str, Any]

    @classmethod
    def of(  # noqa: PLR0913 - what MiniStack knows of a request at this point
        cls, service: str, headers: Mapping[str, str], body: bytes, form: Mapping[str, Any], region: str, account: str
    ) -> "Request":
        """Take MiniStack's view of a request apart."""
        target = headers.get("x-amz-target", "")
        parsed = json.loads(body) if target and body else {}
        lists = {key: value if isinstance(value, list) else [value] for key, value in form.items()}
        return cls(service, target.rpartition(".")[2] or first(lists, "Action"), account, region, lists, parsed)

    @property
    def cluster(self) -> str:
        """ARN of the cluster an ECS call names, "" if it names none."""
        named = self.body.get("cluster") or next(iter(self.body.get("clusters") or ()), "")
        if not named or str(named).startswith("arn:"):
            return str(named)
        return f"arn:aws:ecs:{self.region}:{self.account}:cluster/{named}"


def first(form: Mapping[str, list[str]], *names: str) -> str:
    """Return the first value of the first of these form fields that is there, else ""."""
    return next((str(form[name][0]) for name in names if form.get(name)), "")


def resource_of(request: Request) -> str | None:  # noqa: PLR0911 - one return for each kind of resource
    """Return the ARN on which IAM is asked, or None where MiniStack's own answer is right."""
    match request.service:
        case "ecs":
            return _ecs_resource(request)
        case "ec2" if request.action.startswith("Describe") and not request.action.endswith("Attribute"):
            return "*"  # no resource-level permissions on AWS
        case "autoscaling" if request.action.startswith("Describe"):
            return "*"  # the same
        case "autoscaling" if request.action == "TerminateInstanceInAutoScalingGroup":
            return _group_arn(request)
        case "ssm" if request.action == "SendCommand":
            return f"arn:aws:ssm:{request.region}:{request.account}:document/{request.body.get('DocumentName')}"
        case "ssm" if request.action in SSM_ON_NOTHING:
            return "*"  # the same
        case "organizations":
            return _organizations_resource(request)
    return None


def more_resources_of(request: Request) -> list[str]:
    """Return the ARNs on which IAM is asked besides: who sends a command has to be allowed each of its machines too."""
    if (request.service, request.action) != ("ssm", "SendCommand"):
        return []
    kinds = {True: "ec2:{}:{}:instance", False: "ssm:{}:{}:managed-instance"}
    here = request.region, request.account
    machines = request.body.get("InstanceIds") or ["*"]
    return [f"arn:aws:{kinds[name.startswith('i-')].format(*here)}/{name}" for name in machines]


def condition_keys(request: Request) -> dict[str, str]:
    """Return the service's own condition keys of a request."""
    return {"ecs:cluster": request.cluster} if request.service == "ecs" and request.cluster else {}


def tags_of(arn: str) -> dict[str, str] | None:
    """Return the tags of an EC2 instance or an Auto Scaling group of the fleet, None for any other resource."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    service, region, account, resource = parts[2], parts[3], parts[4], parts[5]
    with MOTO:
        if service == "ec2" and resource.startswith("instance/"):
            host = _host(account, region, resource.removeprefix("instance/"))
            return {tag["key"]: tag["value"] for tag in host.get_tags()} if host else None
        if service == "autoscaling":
            group = autoscaling_backends[account][region].autoscaling_groups.get(resource.rpartition("/")[2])
            return {tag["Key"]: tag["Value"] for tag in group.tags} if group else None
    return None


def _organizations_resource(request: Request) -> str | None:
    if request.action in {"DescribeOrganization", "ListAccounts", "ListRoots"}:
        return "*"  # no resource-level permissions on AWS
    named = str(request.body.get("ParentId") or request.body.get("ResourceId") or "")
    if not named:
        return None
    kind = "root" if named.startswith("r-") else "ou" if named.startswith("ou-") else "account"
    return f"arn:aws:organizations::{HUB.id}:{kind}/{ORGANIZATION}/{named}"


def _ecs_resource(request: Request) -> str | None:
    if request.action in ON_CONTAINER_INSTANCES:
        named = str(next(iter(request.body.get("containerInstances") or ()), "*"))
        if named.startswith("arn:"):
            return named
        cluster = request.cluster.rpartition("/")[2] or "default"
        return f"arn:aws:ecs:{request.region}:{request.account}:container-instance/{cluster}/{named}"
    if request.action == "DescribeCapacityProviders":
        named = str(next(iter(request.body.get("capacityProviders") or ()), "*"))
        return f"arn:aws:ecs:{request.region}:{request.account}:capacity-provider/{named}"
    if request.action == "ListClusters":
        return "*"  # no resource-level permissions on AWS
    if request.action in ON_CLUSTERS and not request.cluster:
        return f"arn:aws:ecs:{request.region}:{request.account}:cluster/default"
    return request.cluster or None


def _group_arn(request: Request) -> str:
    with MOTO:
        host = _host(request.account, request.region, first(request.form, "InstanceId"))
        group = getattr(host, "autoscaling_group", None)
        return str(group.arn) if group else "*"


def _host(account: str, region: str, instance_id: str) -> Host | None:
    return hosts(account, region).get(instance_id)
