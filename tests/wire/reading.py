"""What the member accounts' services answer to who only looks: ECS, EC2, Auto Scaling and Systems Manager on the wire.

Each answer is made of a Region of an account as it is, strict about what AWS would refuse or nobody here understands.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.wire import payloads
from tests.wire.payloads import Host, Machine
from tests.wire.wire import Call, Failure, Stray

_PAGE = 100
_EC2_A_CALL = 100
_EC2_A_PAGE = 1_000
_SSM_A_CALL = 50
_FILTER = re.compile(
    r"\s*(?:agentConnected\s*==\s*(?P<connected>true|false)"
    r"|ec2InstanceId\s*==\s*(?P<host>[^\s\[\]]+)"
    r"|ec2InstanceId\s+in\s+\[(?P<hosts>[^\[\]]*)\])\s*"
)


@dataclass
class Region:
    """What an account has in a Region: registrations by cluster and id, tags by cluster, hosts by name."""

    clusters: dict[str, dict[str, Machine]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)


def _list_clusters(call: Call, region: Region) -> bytes:
    call.only("maxResults", "nextToken")
    arns = [f"arn:aws:ecs:{call.region}:{call.account}:cluster/{name}" for name in sorted(region.clusters)]
    return _page(call, "clusterArns", arns)


def _describe_capacity_providers(call: Call, region: Region) -> bytes:
    call.only("cluster", "capacityProviders", "nextToken")
    cluster_of(call, region)
    repairs = {"autoRepairConfiguration": {"actionsStatus": "ENABLED"}}
    found = [{"name": name, "managedInstancesProvider": repairs} for name in call.fields["capacityProviders"]]
    return _json({"capacityProviders": found, "failures": []})


def _describe_clusters(call: Call, region: Region) -> bytes:
    call.only("clusters", "include")
    if len(call.fields["clusters"]) > _PAGE:
        raise Failure("InvalidParameterException", "clusters can have at most 100 items.")
    _known(call, "include", {"TAGS"})
    names = [last(name) for name in call.fields["clusters"]]
    found = [
        payloads.cluster(call, name, list(region.clusters[name].values()), region.tags[name])
        for name in names
        if name in region.clusters
    ]
    gone = [f"arn:aws:ecs:{call.region}:{call.account}:cluster/{n}" for n in names if n not in region.clusters]
    return _json({"clusters": found, "failures": [{"arn": arn, "reason": "MISSING"} for arn in gone]})


def _list_container_instances(call: Call, region: Region) -> bytes:
    call.only("cluster", "filter", "status", "maxResults", "nextToken")
    asked_for = _filter(call.fields.get("filter"))
    status = call.fields.get("status")
    arns = [
        machine.arn
        for machine in cluster_of(call, region).values()
        if asked_for(machine) and (machine.status == status if status else machine.status != "INACTIVE")
    ]
    return _page(call, "containerInstanceArns", arns)


def _describe_container_instances(call: Call, region: Region) -> bytes:
    call.only("cluster", "containerInstances", "include")
    wanted = call.fields["containerInstances"]
    if not 1 <= len(wanted) <= _PAGE:
        raise Failure("InvalidParameterException", "containerInstances can have at most 100 items.")
    _known(call, "include", {"TAGS", "CONTAINER_INSTANCE_HEALTH"})
    include = call.fields.get("include", ())
    cluster = cluster_of(call, region)
    found, gone = [], []
    for name in map(last, wanted):
        if name in cluster:
            found.append(payloads.container_instance(cluster[name], include))
        else:
            within = f"container-instance/{last(call.fields['cluster'])}/{name}"
            gone.append({"arn": f"arn:aws:ecs:{call.region}:{call.account}:{within}", "reason": "MISSING"})
    return f'{{"containerInstances":[{",".join(found)}],"failures":{json.dumps(gone)}}}'.encode()


def _describe_instance_status(call: Call, region: Region) -> bytes:
    call.only("InstanceId", "IncludeAllInstances", "IncludeManagedResources", "MaxResults", "NextToken")
    wanted, most = call.listed("InstanceId"), call.fields.get("MaxResults")
    if wanted and most:
        raise Failure("InvalidParameterCombination", "The parameter instancesSet cannot be used with maxResults")
    if not wanted and not (most and 5 <= int(most) <= _EC2_A_PAGE):
        raise Failure("InvalidParameterValue", "MaxResults: 5 to 1000")
    if len(wanted) > _EC2_A_CALL:
        raise Failure("InvalidParameterValue", "InstanceIds: 1 to 100 of them")
    all_known(wanted, region)
    everything = call.fields.get("IncludeAllInstances") == "true"
    shown = [region.hosts[host] for host in wanted or region.hosts]
    shown = [host for host in shown if (everything or host.state == "running") and _visible(call, host)]
    start, size = int(call.fields.get("NextToken", 0)), int(most or len(wanted))
    more = str(start + size) if start + size < len(shown) else ""
    return payloads.instance_status(shown[start : start + size], more)


def _describe_instances(call: Call, region: Region) -> bytes:
    call.only("InstanceId", "Filter", "IncludeManagedResources", "MaxResults", "NextToken")
    all_known(call.listed("InstanceId"), region)
    shown = [region.hosts[host] for host in call.listed("InstanceId")] or list(region.hosts.values())
    number = 1
    while (name := call.fields.get(f"Filter.{number}.Name")) is not None:
        values = set(call.listed(f"Filter.{number}.Value"))
        shown = [host for host in shown if _ec2_field(name, host) in values]
        number += 1
    start, size = int(call.fields.get("NextToken", 0)), int(call.fields.get("MaxResults", 1_000))
    more = str(start + size) if start + size < len(shown) else ""
    return payloads.instances([host for host in shown[start : start + size] if _visible(call, host)], more)


def _describe_instance_attribute(call: Call, region: Region) -> bytes:
    call.only("InstanceId", "Attribute")
    if call.fields["Attribute"] != "disableApiTermination":
        raise Stray(f"ec2:DescribeInstanceAttribute of {call.fields['Attribute']}")
    all_known([call.fields["InstanceId"]], region)
    return payloads.protection(region.hosts[call.fields["InstanceId"]])


def _auto_scaling_instances(call: Call, region: Region) -> bytes:
    call.only("InstanceIds", "MaxRecords")
    wanted = call.listed("InstanceIds", ".member")
    if not 1 <= len(wanted) <= payloads.GROUP_MEMBERS_A_CALL:
        raise Failure("ValidationError", "InstanceIds: 1 to 50 of them")
    known = [region.hosts[host] for host in wanted if host in region.hosts]
    return payloads.auto_scaling_instances([host for host in known if host.group and host.lifecycle])


def _instance_information(call: Call, region: Region) -> bytes:
    call.only("Filters", "MaxResults", "NextToken")
    hosts = [host for host in region.hosts.values() if host.name.startswith("mi-") or host.state == "running"]
    for condition in call.fields.get("Filters", ()):
        if condition["Key"] != "InstanceIds":
            raise Stray(f"ssm:DescribeInstanceInformation filtered by {condition['Key']}")
        hosts = [host for host in hosts if host.name in condition["Values"]]
    if "NextToken" not in call.fields:
        return _json({"InstanceInformationList": [], "NextToken": "0"})  # AWS's first page may be empty
    size = call.fields.get("MaxResults", 10)
    if not 5 <= size <= _SSM_A_CALL:
        raise Failure("ValidationException", "MaxResults: 5 to 50")
    return _page(call, "InstanceInformationList", [payloads.ping(host) for host in hosts], "NextToken", size)


def cluster_of(call: Call, region: Region) -> dict[str, Machine]:
    name = last(call.fields["cluster"])
    if name not in region.clusters:
        raise Failure("ClusterNotFoundException", "Cluster not found.")
    return region.clusters[name]


def _filter(query: str | None) -> Callable[[Machine], bool]:
    if not query:
        return lambda _: True
    found = _FILTER.fullmatch(query)
    if not found:
        raise Stray(f"ecs:ListContainerInstances with the filter {query}")
    if found["connected"]:
        return lambda machine: machine.connected == (found["connected"] == "true")
    hosts = {host.strip(" '\"") for host in (found["host"] or found["hosts"]).split(",")}
    return lambda machine: machine.host.name in hosts


def _ec2_field(name: str, host: Host) -> str:
    match name:
        case "instance-id":
            return host.name
        case "instance-state-name":
            return host.state
        case "tag:aws:autoscaling:groupName":
            return host.group
    raise Stray(f"ec2:DescribeInstances filtered by {name}")


def all_known(hosts: Sequence[str], region: Region) -> None:
    strange = [host for host in hosts if host not in region.hosts]
    if strange:
        raise Failure("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(strange)}' do not exist")


def _visible(call: Call, host: Host) -> bool:
    return not host.managed or call.fields.get("IncludeManagedResources") == "true"


def _known(call: Call, name: str, values: set[str]) -> None:
    strange = set(call.fields.get(name, ())) - values
    if strange:
        raise Stray(f"{call.service}:{call.operation} with {name} {', '.join(sorted(strange))}")


def _page(call: Call, name: str, rows: Sequence[object], marker: str = "nextToken", size: int = 0) -> bytes:
    start, size = int(call.fields.get(marker, 0)), size or int(call.fields.get("maxResults", _PAGE))
    if size > _PAGE:
        raise Failure("InvalidParameterException", "maxResults can be at most 100.")
    more = {marker: str(start + size)} if start + size < len(rows) else {}
    return _json({name: rows[start : start + size], **more})


def last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _json(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


Answer = Callable[[Call, Region], bytes]
READS: Mapping[str, Mapping[str, Answer]] = {
    "ecs": {
        "ListClusters": _list_clusters,
        "DescribeCapacityProviders": _describe_capacity_providers,
        "DescribeClusters": _describe_clusters,
        "ListContainerInstances": _list_container_instances,
        "DescribeContainerInstances": _describe_container_instances,
    },
    "ec2": {
        "DescribeInstanceAttribute": _describe_instance_attribute,
        "DescribeInstanceStatus": _describe_instance_status,
        "DescribeInstances": _describe_instances,
    },
    "auto-scaling": {"DescribeAutoScalingInstances": _auto_scaling_instances},
    "ssm": {"DescribeInstanceInformation": _instance_information},
}
"""What only looks, by service as botocore's events spell it."""
