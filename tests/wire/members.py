"""The member accounts on the wire: what STS, ECS, EC2, Auto Scaling and Systems Manager say of a made-up fleet.

    members = Members()
    machines = members.grow(Place("222233334444", "eu-west-1", "prod-payments"), 25)
    machines[3].unplug(noon)
    members.hang(wire)

The truth is a Machine for each container instance; whoever changes one changes what AWS answers from then on.
Ten thousand of them are made in a fraction of a second. Who has them `forget` is told once by each account and service
that its session is not known, as AWS does now and then to good ones. Not modelled: IAM, eventual consistency, AWS's own
throttles (order them with tests.wire.faults).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from tests.wire import payloads
from tests.wire.organization import organization
from tests.wire.payloads import Machine
from tests.wire.wire import HUB, Call, Failure, Stray, Wire

_PAGE = 100
_EC2_A_CALL = 100
_EC2_A_PAGE = 1_000
_SSM_A_CALL = 50
_ROLE = re.compile(r"arn:aws:iam::([0-9]{12}):role/.+")
_FILTER = re.compile(
    r"\s*(?:agentConnected\s*==\s*(?P<connected>true|false)"
    r"|ec2InstanceId\s*==\s*(?P<host>[^\s\[\]]+)"
    r"|ec2InstanceId\s+in\s+\[(?P<hosts>[^\[\]]*)\])\s*"
)
_ZONES = "abc"
# What AWS says to a session that it does not know, by service; https://github.com/boto/boto3/issues/509
_FORGOTTEN = {"ec2": "AuthFailure", "auto-scaling": "InvalidClientTokenId"}


class Place(NamedTuple):
    """Where a cluster is."""

    account: str
    region: str
    cluster: str


@dataclass
class _Region:
    clusters: dict[str, dict[str, Machine]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    hosts: dict[str, Machine] = field(default_factory=dict)


class Members:
    """All member accounts. `here` tells the time that STS goes by."""

    def __init__(self, here: Callable[[], datetime] = lambda: datetime.now(UTC), *, forget: bool = False) -> None:
        self._forget = forget
        self._forgotten: set[tuple[str, str]] = set()
        self._here = here
        self._regions: dict[tuple[str, str], _Region] = {}
        self._numbers = count(1)
        self._sign_ins = count(1)

    # The fleet

    def grow(self, place: Place, number: int, **more: Any) -> list[Machine]:
        """Add machines to a cluster, spread over three zones; `more` are fields of Machine."""
        region = self._regions.setdefault((place.account, place.region), _Region())
        cluster = region.clusters.setdefault(place.cluster, {})
        region.tags.setdefault(place.cluster, {})
        grown: list[Machine] = []
        for _ in range(number):
            serial = next(self._numbers)
            usual: dict[str, Any] = {
                "id": f"{serial:032x}",
                "host": f"i-{serial:017x}",
                "zone": f"{place.region}{_ZONES[serial % len(_ZONES)]}",
            }
            machine = Machine(account=place.account, region=place.region, cluster=place.cluster, **(usual | more))
            cluster[machine.id] = region.hosts[machine.host] = machine
            grown.append(machine)
        return grown

    def register_anew(self, machine: Machine) -> Machine:
        """Let its agent lose its data: the host registers anew and is well, the old registration stays without one."""
        place = Place(machine.account, machine.region, machine.cluster)
        region = self._regions[place.account, place.region]
        new = replace(machine, id=f"{next(self._numbers):032x}", connected=True, since=None)
        region.clusters[place.cluster][new.id] = new
        machine.unplug()
        machine.running_tasks = 0
        return new

    def tag(self, place: Place, **tags: str) -> None:
        """Tag a cluster."""
        self._regions[place.account, place.region].tags[place.cluster].update(tags)

    def deregister(self, machine: Machine) -> None:
        """Take it out of its cluster; its host goes on."""
        del self._regions[machine.account, machine.region].clusters[machine.cluster][machine.id]

    def forget_host(self, machine: Machine) -> None:
        """Let EC2 know nothing of it any more, as an hour after it was terminated."""
        del self._regions[machine.account, machine.region].hosts[machine.host]

    def lose(self, place: Place) -> None:
        """Delete a cluster."""
        del self._regions[place.account, place.region].clusters[place.cluster]

    def machines(self) -> Iterator[Machine]:
        for region in self._regions.values():
            for cluster in region.clusters.values():
                yield from cluster.values()

    # The wire

    def hang(self, wire: Wire) -> None:
        """Answer for the member accounts' services."""
        wire.services |= {
            "organizations": self._organizations,
            "sts": self._sts,
            "ecs": self._in_member(self._ECS),
            "ec2": self._in_member(self._EC2),
            "auto-scaling": self._in_member({"DescribeAutoScalingInstances": _auto_scaling_instances}),
            "ssm": self._in_member({"DescribeInstanceInformation": _instance_information}),
        }

    def _organizations(self, call: Call) -> bytes:
        return organization(call, {account: f"team-{account[-3:]}" for account, _ in self._regions})

    def _sts(self, call: Call) -> bytes:
        if call.operation != "AssumeRole":
            raise Stray(f"sts:{call.operation}")
        call.only("RoleArn", "RoleSessionName", "SourceIdentity", "DurationSeconds", "Policy")
        role = _ROLE.fullmatch(call.fields["RoleArn"])
        if not role or call.account != HUB:
            raise Stray(f"sts:AssumeRole of {call.fields['RoleArn']} by {call.account}")
        if not any(account == role[1] for account, _ in self._regions):
            raise Failure("AccessDenied", "is not authorized to perform: sts:AssumeRole", 403)
        number = next(self._sign_ins) % 10_000
        key = f"ASIA{role[1]}{number:04}"
        return payloads.assumed(
            call, key, self._here() + timedelta(seconds=int(call.fields.get("DurationSeconds", 3600)))
        )

    def _in_member(self, operations: Mapping[str, Callable[[Call, _Region], bytes]]) -> Callable[[Call], bytes]:
        def answer(call: Call) -> bytes:
            operation = operations.get(call.operation)
            if operation is None or call.account == HUB:
                raise Stray(f"{call.service}:{call.operation} by {call.account}")
            if self._forget and (call.account, call.service) not in self._forgotten:
                self._forgotten.add((call.account, call.service))
                raise Failure(_FORGOTTEN.get(call.service, "UnrecognizedClientException"), "not valid", 400)
            return operation(call, self._regions.get((call.account, call.region)) or _Region())

        return answer

    # ECS

    @staticmethod
    def _list_clusters(call: Call, region: _Region) -> bytes:
        call.only("maxResults", "nextToken")
        arns = [f"arn:aws:ecs:{call.region}:{call.account}:cluster/{name}" for name in sorted(region.clusters)]
        return _page(call, "clusterArns", arns)

    @staticmethod
    def _describe_capacity_providers(call: Call, region: _Region) -> bytes:
        call.only("cluster", "capacityProviders", "nextToken")
        _cluster(call, region)
        repairs = {"autoRepairConfiguration": {"actionsStatus": "ENABLED"}}
        found = [{"name": name, "managedInstancesProvider": repairs} for name in call.fields["capacityProviders"]]
        return _json({"capacityProviders": found, "failures": []})

    @staticmethod
    def _describe_clusters(call: Call, region: _Region) -> bytes:
        call.only("clusters", "include")
        if len(call.fields["clusters"]) > _PAGE:
            raise Failure("InvalidParameterException", "clusters can have at most 100 items.")
        _known(call, "include", {"TAGS"})
        names = [_last(name) for name in call.fields["clusters"]]
        found = [
            payloads.cluster(call, name, list(region.clusters[name].values()), region.tags[name])
            for name in names
            if name in region.clusters
        ]
        gone = [f"arn:aws:ecs:{call.region}:{call.account}:cluster/{n}" for n in names if n not in region.clusters]
        return _json({"clusters": found, "failures": [{"arn": arn, "reason": "MISSING"} for arn in gone]})

    @staticmethod
    def _list_container_instances(call: Call, region: _Region) -> bytes:
        call.only("cluster", "filter", "status", "maxResults", "nextToken")
        asked_for = _filter(call.fields.get("filter"))
        status = call.fields.get("status")
        arns = [
            machine.arn
            for machine in _cluster(call, region).values()
            if asked_for(machine) and (machine.status == status if status else machine.status != "INACTIVE")
        ]
        return _page(call, "containerInstanceArns", arns)

    @staticmethod
    def _describe_container_instances(call: Call, region: _Region) -> bytes:
        call.only("cluster", "containerInstances", "include")
        wanted = call.fields["containerInstances"]
        if not 1 <= len(wanted) <= _PAGE:
            raise Failure("InvalidParameterException", "containerInstances can have at most 100 items.")
        _known(call, "include", {"TAGS", "CONTAINER_INSTANCE_HEALTH"})
        include = call.fields.get("include", ())
        cluster = _cluster(call, region)
        found, gone = [], []
        for name in map(_last, wanted):
            if name in cluster:
                found.append(payloads.container_instance(cluster[name], include))
            else:
                within = f"container-instance/{_last(call.fields['cluster'])}/{name}"
                gone.append({"arn": f"arn:aws:ecs:{call.region}:{call.account}:{within}", "reason": "MISSING"})
        return f'{{"containerInstances":[{",".join(found)}],"failures":{json.dumps(gone)}}}'.encode()

    _ECS = {  # noqa: RUF012 - never changed
        "ListClusters": _list_clusters,
        "DescribeCapacityProviders": _describe_capacity_providers,
        "DescribeClusters": _describe_clusters,
        "ListContainerInstances": _list_container_instances,
        "DescribeContainerInstances": _describe_container_instances,
    }

    # EC2

    @staticmethod
    def _describe_instance_status(call: Call, region: _Region) -> bytes:
        call.only("InstanceId", "IncludeAllInstances", "IncludeManagedResources", "MaxResults", "NextToken")
        wanted, most = call.listed("InstanceId"), call.fields.get("MaxResults")
        if wanted and most:
            raise Failure("InvalidParameterCombination", "The parameter instancesSet cannot be used with maxResults")
        if not wanted and not (most and 5 <= int(most) <= _EC2_A_PAGE):
            raise Failure("InvalidParameterValue", "MaxResults: 5 to 1000")
        if len(wanted) > _EC2_A_CALL:
            raise Failure("InvalidParameterValue", "InstanceIds: 1 to 100 of them")
        _all_known(wanted, region)
        everything = call.fields.get("IncludeAllInstances") == "true"
        shown = [region.hosts[host] for host in wanted or region.hosts]
        shown = [m for m in shown if (everything or m.host_state == "running") and _visible(call, m)]
        start, size = int(call.fields.get("NextToken", 0)), int(most or len(wanted))
        more = str(start + size) if start + size < len(shown) else ""
        return payloads.instance_status(shown[start : start + size], more)

    @staticmethod
    def _describe_instances(call: Call, region: _Region) -> bytes:
        call.only("InstanceId", "Filter", "IncludeManagedResources", "MaxResults", "NextToken")
        _all_known(call.listed("InstanceId"), region)
        shown = [region.hosts[host] for host in call.listed("InstanceId")] or list(region.hosts.values())
        number = 1
        while (name := call.fields.get(f"Filter.{number}.Name")) is not None:
            values = set(call.listed(f"Filter.{number}.Value"))
            shown = [machine for machine in shown if _ec2_field(name, machine) in values]
            number += 1
        start, size = int(call.fields.get("NextToken", 0)), int(call.fields.get("MaxResults", 1_000))
        more = str(start + size) if start + size < len(shown) else ""
        return payloads.instances([m for m in shown[start : start + size] if _visible(call, m)], more)

    _EC2 = {  # noqa: RUF012 - never changed
        "DescribeInstanceStatus": _describe_instance_status,
        "DescribeInstances": _describe_instances,
    }


def _auto_scaling_instances(call: Call, region: _Region) -> bytes:
    call.only("InstanceIds", "MaxRecords")
    wanted = call.listed("InstanceIds", ".member")
    if not 1 <= len(wanted) <= payloads.GROUP_MEMBERS_A_CALL:
        raise Failure("ValidationError", "InstanceIds: 1 to 50 of them")
    return payloads.auto_scaling_instances(
        [region.hosts[host] for host in wanted if host in region.hosts and region.hosts[host].group]
    )


def _instance_information(call: Call, region: _Region) -> bytes:
    call.only("Filters", "MaxResults", "NextToken")
    hosts = {host: m for host, m in region.hosts.items() if host.startswith("mi-") or m.host_state == "running"}
    for condition in call.fields.get("Filters", ()):
        if condition["Key"] != "InstanceIds":
            raise Stray(f"ssm:DescribeInstanceInformation filtered by {condition['Key']}")
        hosts = {host: machine for host, machine in hosts.items() if host in condition["Values"]}
    if "NextToken" not in call.fields:
        return _json({"InstanceInformationList": [], "NextToken": "0"})  # AWS's first page may be empty
    size = call.fields.get("MaxResults", 10)
    if not 5 <= size <= _SSM_A_CALL:
        raise Failure("ValidationException", "MaxResults: 5 to 50")
    return _page(call, "InstanceInformationList", [payloads.ping(m) for m in hosts.values()], "NextToken", size)


def _cluster(call: Call, region: _Region) -> dict[str, Machine]:
    name = _last(call.fields["cluster"])
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
    return lambda machine: machine.host in hosts


def _ec2_field(name: str, machine: Machine) -> str:
    match name:
        case "instance-id":
            return machine.host
        case "instance-state-name":
            return machine.host_state
        case "tag:aws:autoscaling:groupName":
            return machine.group
    raise Stray(f"ec2:DescribeInstances filtered by {name}")


def _all_known(hosts: Sequence[str], region: _Region) -> None:
    strange = [host for host in hosts if host not in region.hosts]
    if strange:
        raise Failure("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(strange)}' do not exist")


def _visible(call: Call, machine: Machine) -> bool:
    return not machine.managed or call.fields.get("IncludeManagedResources") == "true"


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


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _json(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
