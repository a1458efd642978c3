"""The fleet of a simulation: member accounts that can also be repaired, and the truth about every machine.

Adds to tests.wire.members what acting calls, the organization's list of accounts, replacements from Auto Scaling
groups, and since when each agent has truly been gone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from spoke.discovery import MONITORING_TAG
from tests.hub.timing import Clock
from tests.wire.members import Members, Place
from tests.wire.organization import organization
from tests.wire.payloads import Machine
from tests.wire.wire import Call, Failure, Service, Wire

REGION = "eu-west-1"
ACCOUNTS = {"A": "222233334444", "B": "333344445555"}
# An Auto Scaling group has its replacement registered after so long; EC2 has ended a host after so long.
_REPLACED, _ENDED = timedelta(seconds=90), timedelta(seconds=30)
_LAUNCHED = re.compile(r"(<instanceId>(i-[0-9a-f]+)</instanceId><imageId>.*?<launchTime>)[^<]*")


@dataclass(frozen=True)
class Termination:
    """A host that was ended, and who was signed in: the incident and the person as the role's session tells them."""

    host: str
    session: str
    person: str


@dataclass
class Truth:
    """What is true of a machine, whoever knows it."""

    machine: Machine
    gone_since: datetime | None = None
    drops: list[datetime] = field(default_factory=list)


class Fleet(Members):
    """Member accounts A and B, with clusters of the same names."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, forget=True)
        self.clock = clock
        self.truths: dict[str, Truth] = {}
        self.terminations: list[Termination] = []
        self.tagged: dict[Place, list[tuple[datetime, str | None]]] = {}
        self._launched: dict[str, str] = {}
        self._coming: list[tuple[datetime, Machine, str]] = []
        self._signed_in: dict[str, tuple[str, str]] = {}
        self._serial = count(1)

    # What there is

    def build(self, clusters: list[str], machines: int, groups: tuple[str, ...]) -> None:
        """Clusters of these names in each account, every machine well; those of `groups` are in Auto Scaling groups."""
        for account in ACCOUNTS.values():
            for name in clusters:
                place = Place(account, REGION, name)
                for machine in self.grow(place, machines, group=f"asg-{name}" if name in groups else ""):
                    self.truths[machine.id] = Truth(machine)
                self.tag_cluster(place, "yes")

    def place(self, label: str) -> Place:
        """The cluster that is written "A/web"."""
        account, name = label.split("/")[:2]
        return Place(ACCOUNTS[account], REGION, name)

    def machine(self, label: str) -> Machine:
        """The machine that is written "A/web/1": the first one that the cluster ever had, whatever became of it."""
        place, number = self.place(label), int(label.rsplit("/", 1)[1])
        of_cluster = [t.machine for t in self.truths.values() if (t.machine.account, t.machine.cluster) == place[::2]]
        return of_cluster[number - 1]

    def exists(self, place: Place) -> bool:
        return place.cluster in self._regions[place.account, place.region].clusters

    def registered(self, machine: Machine) -> bool:
        clusters = self._regions[machine.account, machine.region].clusters
        return machine.id in clusters.get(machine.cluster, {})

    def broken(self) -> Iterator[Machine]:
        """Every machine that a person should hear of now: gone for whatever time, and nothing excuses it."""
        for truth in self.truths.values():
            if self.out(truth.machine) and truth.machine.status == "ACTIVE":
                yield truth.machine

    def out(self, machine: Machine) -> bool:
        """Whether its agent is gone, in a cluster that is watched, on a host that should work."""
        watched = self.tagged[Place(machine.account, machine.region, machine.cluster)][-1][1] is not None
        ready = (
            self.registered(machine) and machine.host_state == "running" and machine.status in {"ACTIVE", "DRAINING"}
        )
        return watched and ready and not machine.connected

    def watched_lately(self, place: Place, span: timedelta) -> bool:
        """Whether the cluster was opted in at any time since then."""
        since = self.clock() - span
        recent = [tag for at, tag in self.tagged[place] if at >= since]
        before = [tag for at, tag in self.tagged[place] if at < since][-1:]
        return any(tag is not None for tag in recent + before)

    # What happens

    def unplug(self, machine: Machine) -> None:
        if machine.connected and self.registered(machine):
            now = self.clock()
            machine.unplug()
            self.truths[machine.id].gone_since = now
            self.truths[machine.id].drops.append(now)

    def plug_in(self, machine: Machine) -> None:
        if not machine.connected and machine.host_state == "running":
            machine.plug_in()
            self.truths[machine.id].gone_since = None

    def host(self, machine: Machine, state: str) -> None:
        """The host stops, starts or ends; its agent goes with it."""
        if machine.host_state in {"terminated", "shutting-down"} or machine.host_state == state:
            return
        if state != "running":
            self.unplug(machine)
        machine.host_state = state

    def status(self, machine: Machine, status: str) -> None:
        if machine.status != status:
            machine.status = status
            machine.version += 1

    def tag_cluster(self, place: Place, value: str | None) -> None:
        if self.exists(place):
            tags = self._regions[place.account, place.region].tags[place.cluster]
            tags.pop(MONITORING_TAG, None)
            if value is not None:
                tags[MONITORING_TAG] = value
            self.tagged.setdefault(place, []).append((self.clock(), value))

    def go_on(self) -> None:
        """What AWS does by itself in time: hosts that end have ended, replacements register, ECS notices silence."""
        now = self.clock()
        for due, machine, what in list(self._coming):
            if due <= now:
                self._coming.remove((due, machine, what))
                if what == "ended":
                    machine.host_state = "terminated"
                elif self.exists(place := Place(machine.account, machine.region, machine.cluster)):
                    (new,) = self.grow(place, 1, group=machine.group)
                    self.truths[new.id] = Truth(new)
                    self._launched[new.host] = f"{due - timedelta(seconds=60):%Y-%m-%dT%H:%M:%S.000Z}"

    def ecs_notices(self, machine: Machine) -> None:
        """ECS's own check of the agent fails, which tells since when."""
        truth = self.truths[machine.id]
        if truth.gone_since:
            machine.since = truth.gone_since

    # The wire

    def hang(self, wire: Wire) -> None:
        super().hang(wire)
        more: dict[str, dict[str, Service]] = {
            "ecs": {"DeregisterContainerInstance": self._deregister},
            "ec2": {
                "DescribeInstances": self._dated(wire.services["ec2"]),
                "DescribeInstanceAttribute": self._attribute,
                "TerminateInstances": self._terminate,
            },
            "auto-scaling": {"TerminateInstanceInAutoScalingGroup": self._terminate_in_group},
            "sts": {"AssumeRole": self._remembered(wire.services["sts"])},
        }
        for service, operations in more.items():
            wire.services[service] = _either(operations, wire.services[service])
        wire.services["organizations"] = self._organization

    def _organization(self, call: Call) -> bytes:
        return organization(call, {account: name for name, account in ACCOUNTS.items()})

    def _remembered(self, sts: Service) -> Service:
        def assume(call: Call) -> bytes:
            answer = sts(call)
            if "SourceIdentity" in call.fields:
                session = call.fields["RoleSessionName"], call.fields["SourceIdentity"]
                self._signed_in[call.fields["RoleArn"].split(":")[4]] = session
            return answer

        return assume

    def _dated(self, ec2: Service) -> Service:
        def describe(call: Call) -> bytes:
            def launched(found: re.Match[str]) -> str:
                return found[1] + self._launched.get(found[2], "2026-11-02T07:41:12.000Z")

            return _LAUNCHED.sub(launched, ec2(call).decode()).encode()

        return describe

    def _attribute(self, call: Call) -> bytes:
        call.only("InstanceId", "Attribute")
        return (
            '<DescribeInstanceAttributeResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<instanceId>{call.fields['InstanceId']}</instanceId>"
            "<disableApiTermination><value>false</value></disableApiTermination></DescribeInstanceAttributeResponse>"
        ).encode()

    def _terminate(self, call: Call) -> bytes:
        call.only("InstanceId")
        (host,) = call.listed("InstanceId")
        self._end(call, host)
        return (
            '<TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instancesSet><item>'
            f"<instanceId>{host}</instanceId></item></instancesSet></TerminateInstancesResponse>"
        ).encode()

    def _terminate_in_group(self, call: Call) -> bytes:
        call.only("InstanceId", "ShouldDecrementDesiredCapacity")
        machine = self._end(call, call.fields["InstanceId"])
        if machine:
            self._coming.append((self.clock() + _REPLACED, machine, "replaced"))
        return (
            b'<TerminateInstanceInAutoScalingGroupResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">'
            b"<TerminateInstanceInAutoScalingGroupResult><Activity><StatusCode>InProgress</StatusCode></Activity>"
            b"</TerminateInstanceInAutoScalingGroupResult></TerminateInstanceInAutoScalingGroupResponse>"
        )

    def _end(self, call: Call, host: str) -> Machine | None:
        machine = self._regions[call.account, call.region].hosts.get(host)
        if machine is None:
            raise Failure("InvalidInstanceID.NotFound", f"The instance ID '{host}' does not exist")
        self.terminations.append(Termination(host, *self._signed_in.get(call.account, ("", ""))))
        if machine.host_state in {"terminated", "shutting-down"}:
            return None
        self.host(machine, "shutting-down")
        self._coming.append((self.clock() + _ENDED, machine, "ended"))
        return machine

    def _deregister(self, call: Call) -> bytes:
        call.only("cluster", "containerInstance", "force")
        region = self._regions[call.account, call.region]
        cluster, name = call.fields["cluster"].rsplit("/", 1)[-1], call.fields["containerInstance"].rsplit("/", 1)[-1]
        if cluster not in region.clusters:
            raise Failure("ClusterNotFoundException", "Cluster not found.")
        if name not in region.clusters[cluster]:
            raise Failure("InvalidParameterException", "The referenced container instance was not found.")
        self.deregister(region.clusters[cluster][name])
        return b'{"containerInstance":{"status":"INACTIVE"}}'


def _either(operations: dict[str, Service], otherwise: Service) -> Service:
    return lambda call: operations.get(call.operation, otherwise)(call)
