"""What AWS's answers about a machine look like in bytes: as in the API references, as long as the real ones.

A container instance is written as the `detail` of tests/events/state-change.json, to which `include` adds tags and
health. Much of it is the same for every machine and is written once.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.wire.wire import Call

GROUP_MEMBERS_A_CALL = 50
REGISTERED = datetime(2026, 11, 2, 7, 41, 12, tzinfo=UTC)
_EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
_EVENT = Path(__file__).parents[1] / "events" / "state-change.json"
_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


@dataclass(slots=True, eq=False)
class Host:
    """A machine as EC2, Auto Scaling and Systems Manager know it."""

    account: str
    region: str
    name: str
    zone: str
    state: str = "running"
    checks: str = "ok"
    ping: str = "Online"
    managed: bool = False
    protected: bool = False
    group: str = ""
    lifecycle: str = "InService"  # Auto Scaling's word for a host of a group; "": it has forgotten it
    ami: str = "ami-0d5e6f7a8b9c0d1e2"
    instance_type: str = "m7g.xlarge"
    launched: datetime = REGISTERED


@dataclass(slots=True, eq=False)
class Machine:
    """One container instance on its host, as they truly are."""

    cluster: str
    id: str
    host: Host
    connected: bool = True
    status: str = "ACTIVE"
    version: int = 14801
    since: datetime | None = None  # when ECS itself noticed that the agent was gone
    runtime: str = "OK"
    agent_version: str = "1.86.0"
    running_tasks: int = 6
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.host.account

    @property
    def region(self) -> str:
        return self.host.region

    @property
    def arn(self) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:container-instance/{self.cluster}/{self.id}"

    def unplug(self, since: datetime | None = None) -> None:
        """Its agent goes; `since` is for an ECS that has noticed, which takes it longer."""
        self.connected, self.since = False, since
        self.version += 1

    def plug_in(self) -> None:
        self.connected, self.since = True, None
        self.version += 1


def event(machine: Machine, at: datetime, **top: object) -> str:
    """The state change that the machine's rule forwards, about how it is now."""
    envelope, detail = _event_parts()
    told = {
        **detail,
        "agentConnected": machine.connected,
        "attributes": _attributes(machine.host.zone, machine.host.ami, machine.host.instance_type),
        "clusterArn": f"arn:aws:ecs:{machine.region}:{machine.account}:cluster/{machine.cluster}",
        "containerInstanceArn": machine.arn,
        "ec2InstanceId": machine.host.name,
        "status": machine.status,
        "version": machine.version,
    }
    sent = {"account": machine.account, "region": machine.region, "resources": [machine.arn]}
    return json.dumps({**envelope, **sent, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "detail": told, **top})


def container_instance(machine: Machine, include: Collection[str]) -> str:
    """One of ecs:DescribeContainerInstances, as JSON."""
    host = machine.host
    shared = _shared(host.zone, host.ami, host.instance_type, machine.agent_version)
    tags = health = ""
    if "TAGS" in include:
        tags = f',"tags":{json.dumps([{"key": key, "value": value} for key, value in machine.tags.items()])}'
    if "CONTAINER_INSTANCE_HEALTH" in include:
        health = f',"healthStatus":{_health(machine)}'
    return (
        f'{{"containerInstanceArn":"{machine.arn}","ec2InstanceId":"{host.name}","version":{machine.version},'
        f'"agentConnected":{"true" if machine.connected else "false"},"status":"{machine.status}",'
        f'"runningTasksCount":{machine.running_tasks},{shared}{tags}{health}}}'
    )


def cluster(call: Call, name: str, machines: Sequence[Machine], tags: Mapping[str, str]) -> dict[str, Any]:
    """One of ecs:DescribeClusters."""
    found = {
        "clusterArn": f"arn:aws:ecs:{call.region}:{call.account}:cluster/{name}",
        "clusterName": name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": len(machines),
        "runningTasksCount": sum(machine.running_tasks for machine in machines),
        "pendingTasksCount": 0,
        "activeServicesCount": 1,
        "capacityProviders": [],
        "settings": [],
        "statistics": [],
    }
    if "TAGS" in call.fields.get("include", ()):
        found["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
    return found


def instance_status(hosts: Sequence[Host], more: str) -> bytes:
    """The answer of ec2:DescribeInstanceStatus."""
    items = "".join(map(_status_item, hosts))
    token = f"<nextToken>{more}</nextToken>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<DescribeInstanceStatusResponse xmlns="{_EC2}"><requestId>8a4b5c6d</requestId>'
        f"<instanceStatusSet>{items}</instanceStatusSet>{token}</DescribeInstanceStatusResponse>"
    ).encode()


def instances(hosts: Sequence[Host], more: str) -> bytes:
    """The answer of ec2:DescribeInstances, each host in a reservation of its own."""
    token = f"<nextToken>{more}</nextToken>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<DescribeInstancesResponse xmlns="{_EC2}"><requestId>8a4b5c6d</requestId>'
        f"<reservationSet>{''.join(map(_reservation, hosts))}</reservationSet>{token}</DescribeInstancesResponse>"
    ).encode()


def auto_scaling_instances(hosts: Sequence[Host]) -> bytes:
    """The answer of autoscaling:DescribeAutoScalingInstances."""
    items = "".join(
        f"<member><AutoScalingGroupName>{host.group}</AutoScalingGroupName><AvailabilityZone>{host.zone}</AvailabilityZone>"
        f"<HealthStatus>HEALTHY</HealthStatus><InstanceId>{host.name}</InstanceId>"
        f"<InstanceType>{host.instance_type}</InstanceType><LifecycleState>{host.lifecycle}</LifecycleState>"
        "<ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>"
        for host in hosts
    )
    return (
        '<DescribeAutoScalingInstancesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">'
        f"<DescribeAutoScalingInstancesResult><AutoScalingInstances>{items}</AutoScalingInstances>"
        "</DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"
    ).encode()


def protection(host: Host) -> bytes:
    """The answer of ec2:DescribeInstanceAttribute about the host's termination protection."""
    return (
        f'<DescribeInstanceAttributeResponse xmlns="{_EC2}"><instanceId>{host.name}</instanceId>'
        f"<disableApiTermination><value>{'true' if host.protected else 'false'}</value></disableApiTermination>"
        "</DescribeInstanceAttributeResponse>"
    ).encode()


def terminated(hosts: Sequence[Host], before: Sequence[str]) -> bytes:
    """The answer of ec2:TerminateInstances, by what EC2 called each host `before`."""
    items = "".join(
        f"<item><instanceId>{host.name}</instanceId><currentState>{_state(host.state)}</currentState>"
        f"<previousState>{_state(state)}</previousState></item>"
        for host, state in zip(hosts, before, strict=True)
    )
    return (
        f'<TerminateInstancesResponse xmlns="{_EC2}"><instancesSet>{items}</instancesSet></TerminateInstancesResponse>'
    ).encode()


TERMINATED_IN_GROUP = (
    b'<TerminateInstanceInAutoScalingGroupResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">'
    b"<TerminateInstanceInAutoScalingGroupResult><Activity><StatusCode>InProgress</StatusCode></Activity>"
    b"</TerminateInstanceInAutoScalingGroupResult></TerminateInstanceInAutoScalingGroupResponse>"
)
"""The answer of autoscaling:TerminateInstanceInAutoScalingGroup."""


def ping(host: Host) -> dict[str, Any]:
    """One of ssm:DescribeInstanceInformation."""
    return {
        "InstanceId": host.name,
        "PingStatus": host.ping,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "ResourceType": "ManagedInstance" if host.name.startswith("mi-") else "EC2Instance",
    }


def assumed(call: Call, key: str, ends: datetime) -> bytes:
    """The answer of sts:AssumeRole; the key tells the account."""
    account, name = call.fields["RoleArn"].split(":")[4], call.fields["RoleArn"].rsplit("/", 1)[-1]
    session = call.fields["RoleSessionName"]
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser>'
        f"<AssumedRoleId>AROA3XFRBF535PLBIFPI4:{session}</AssumedRoleId>"
        f"<Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn></AssumedRoleUser><Credentials>"
        f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI/K7MDENG/not-a-secret</SecretAccessKey>"
        f"<SessionToken>{'AQoDYXdzEPT//////////' * 20}</SessionToken><Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
        "</Credentials></AssumeRoleResult><ResponseMetadata><RequestId>8a4b5c6d</RequestId></ResponseMetadata>"
        "</AssumeRoleResponse>"
    ).encode()


@cache
def _event_parts() -> tuple[dict[str, Any], dict[str, Any]]:
    envelope = json.loads(_EVENT.read_text("utf-8"))
    return envelope, envelope.pop("detail")


@cache
def _attributes(zone: str, ami: str, instance_type: str) -> list[dict[str, str]]:
    own = {"ecs.availability-zone": zone, "ecs.ami-id": ami, "ecs.instance-type": instance_type}
    _, detail = _event_parts()
    return [{**each, **({"value": own[each["name"]]} if each["name"] in own else {})} for each in detail["attributes"]]


@cache
def _shared(zone: str, ami: str, instance_type: str, agent_version: str) -> str:
    """What machines of a kind have in common, as the inside of a JSON object."""
    _, detail = _event_parts()
    kept = ("registeredResources", "remainingResources", "pendingTasksCount", "capacityProviderName")
    common = {
        **{name: detail[name] for name in kept},
        "attributes": _attributes(zone, ami, instance_type),
        "versionInfo": {**detail["versionInfo"], "agentVersion": agent_version},
        "registeredAt": REGISTERED.timestamp(),
        "attachments": [],
    }
    return json.dumps(common, separators=(",", ":"))[1:-1]


def _health(machine: Machine) -> str:
    began = REGISTERED.timestamp()
    checks = [{"type": "CONTAINER_RUNTIME", "status": machine.runtime, "lastStatusChange": began, "lastUpdated": began}]
    if machine.connected or machine.since is None:
        status = "OK" if machine.connected else "INSUFFICIENT_DATA"
        checks.append({"type": "AGENT_CONNECTIVITY", "status": status, "lastStatusChange": began, "lastUpdated": began})
    else:
        at = machine.since.timestamp()
        reason = f"Agent disconnected since {machine.since:%Y-%m-%dT%H:%M:%SZ}"
        gone = {"type": "AGENT_CONNECTIVITY", "status": "IMPAIRED", "lastStatusChange": at, "lastUpdated": at}
        checks.append({**gone, "statusReason": reason})
    impaired = any(check["status"] == "IMPAIRED" for check in checks)
    return json.dumps({"overallStatus": "IMPAIRED" if impaired else "OK", "details": checks}, separators=(",", ":"))


def _status_item(host: Host) -> str:
    running = host.state == "running"
    summary = host.checks if running else "not-applicable"
    passed = {"ok": "passed", "impaired": "failed"}.get(host.checks, host.checks)
    details = (
        f"<details><item><name>reachability</name><status>{passed}</status></item></details>"
        if running
        else "<details/>"
    )
    return (
        f"<item><instanceId>{host.name}</instanceId><availabilityZone>{host.zone}</availabilityZone>"
        f"<instanceState>{_state(host.state)}</instanceState>"
        f"<systemStatus><status>{'ok' if running else summary}</status>{details}</systemStatus>"
        f"<instanceStatus><status>{summary}</status>{details}</instanceStatus>"
        f"<attachedEbsStatus><status>{'ok' if running else summary}</status>{details}</attachedEbsStatus>"
        f"<operator><managed>{'true' if host.managed else 'false'}</managed></operator></item>"
    )


def _reservation(host: Host) -> str:
    serial = host.name[2:]
    group = f"<item><key>aws:autoscaling:groupName</key><value>{host.group}</value></item>" if host.group else ""
    address = f"10.{int(serial[-6:-4], 16)}.{int(serial[-4:-2], 16)}.{int(serial[-2:], 16)}"
    return (
        f"<item><reservationId>r-{serial}</reservationId><ownerId>{host.account}</ownerId><groupSet/><instancesSet>"
        f"<item><instanceId>{host.name}</instanceId><imageId>{host.ami}</imageId>"
        f"<instanceState>{_state(host.state)}</instanceState><privateDnsName>ip.{address}.internal</privateDnsName>"
        f"<dnsName/><reason/><keyName>fleet</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>"
        f"<instanceType>{host.instance_type}</instanceType><launchTime>{host.launched:%Y-%m-%dT%H:%M:%S.000Z}</launchTime>"
        f"<placement><availabilityZone>{host.zone}</availabilityZone><groupName/><tenancy>default</tenancy></placement>"
        "<monitoring><state>disabled</state></monitoring><subnetId>subnet-0f1e2d3c4b5a69788</subnetId>"
        f"<vpcId>vpc-0a1b2c3d4e5f60718</vpcId><privateIpAddress>{address}</privateIpAddress>"
        "<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0a1b2c3d4e5f60718</groupId>"
        "<groupName>ecs</groupName></item></groupSet><architecture>arm64</architecture><rootDeviceType>ebs</rootDeviceType>"
        "<rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>"
        f"<volumeId>vol-{serial}</volumeId><status>attached</status><deleteOnTermination>true</deleteOnTermination></ebs>"
        f"</item></blockDeviceMapping><virtualizationType>hvm</virtualizationType><tagSet>{group}"
        f"<item><key>Name</key><value>ecs</value></item></tagSet><hypervisor>xen</hypervisor><ebsOptimized>true"
        f"</ebsOptimized><operator><managed>{'true' if host.managed else 'false'}</managed></operator>"
        "</item></instancesSet></item>"
    )


def _state(state: str) -> str:
    return f"<code>{_CODES[state]}</code><name>{state}</name>"
