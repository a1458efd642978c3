"""The fleet of a simulation: member accounts that can also be repaired, and the truth about every machine.

Adds to tests.wire.members what acting calls, the organization's list of accounts, replacements from Auto Scaling
groups, and since when each agent has truly been gone; hosts that are registered twice, hosts whose end a lifecycle hook
holds up, roles that vanish and accounts that leave.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from spoke.discovery import MONITORING_TAG
from tests.hub.timing import Clock
from tests.simulation.credentials import Credentials
from tests.simulation.systems_manager import SystemsManager
from tests.wire.members import Members, Place
from tests.wire.organization import organization
from tests.wire.payloads import Machine
from tests.wire.wire import Call, Failure, Service, Wire

REGION = "eu-west-1"
ACCOUNTS = {"A": "222233334444", "B": "333344445555"}
# An Auto Scaling group has its replacement registered after so long. What EC2 and ECS begin takes them so long.
_REPLACED = timedelta(seconds=90)
_BECOMES = {
    "shutting-down": ("terminated", timedelta(seconds=30)),
    "stopping": ("stopped", timedelta(seconds=40)),
    "pending": ("running", timedelta(seconds=20)),
    "REGISTERING": ("ACTIVE", timedelta(seconds=20)),
    "DEREGISTERING": ("INACTIVE", timedelta(seconds=60)),
}
HOST_STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated", "gone")
STATUSES = ("ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "INACTIVE", "MISSING")
_ENDING = {"shutting-down", "terminated", "gone"}
# Auto Scaling's words, by what they mean for an agent that is gone: its host goes on as if nothing were, it will be
# back or is on its way out, or it depends on who looks.
IN_SERVICE = ("InService", "Terminating:Retained")
ASIDE = (
    "Pending",
    "Pending:Wait",
    "EnteringStandby",
    "Standby",
    "Terminating",
    "Terminating:Wait",
    "Terminating:Proceed",
    "Detaching",
    "Warmed:Stopped",
    "Warmed:Running",
    "ReplacingRootVolume",
    "ReplacingRootVolume:Wait",
)
# Of these words, a host is out of service whatever becomes of it: nobody is to hear of its agent.
QUIET = ("Standby", "Detaching", "Warmed:Stopped", "Warmed:Running")
# What Auto Scaling terminates for somebody who asks; of anything else it says ValidationError.
_TERMINABLE = {"InService", "Standby", "Pending", "Pending:Wait", "Terminating:Retained"}
_RESTARTED = "restarted"
# What AWS says of credentials whose role is no more, by service.
_UNKNOWN_KEY = {"ec2": "AuthFailure", "auto-scaling": "InvalidClientTokenId", "sts": "AccessDenied"}
_LAUNCHED = re.compile(r"(<instanceId>(i-[0-9a-f]+)</instanceId><imageId>.*?<launchTime>)[^<]*")


@dataclass(frozen=True)
class Termination:
    """A host that was ended, and who was signed in: the incident and the person as the role's session tells them.

    `well` says that one of its registrations was connected, and so in use.
    """

    host: str
    session: str
    person: str
    well: bool = False


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
        # Groups whose lifecycle hook holds up the end of a host for so long; accounts without their roles, and those
        # that are closed or have left; the last sign-in that is worth nothing any more, by account.
        self.hooks: dict[str, timedelta] = {}
        self.without_role: set[str] = set()
        self.states: dict[str, str] = {}
        self.left: set[str] = set()
        self._worthless: dict[str, int] = {}
        self._issued = 0
        # What is wrong with a machine's host, by the machine; without a word its agent has only stopped.
        self.ill: dict[str, str] = {}
        self.credentials = Credentials()
        self.systems_manager = SystemsManager(
            clock,
            lambda call, host: self._regions[call.account, call.region].hosts.get(host),
            lambda machine: self.ill.get(machine.id, "stopped"),
            lambda account: self._signed_in.get(account, ("", "")),
            lambda machine, after: self._coming.append((clock() + after, machine, _RESTARTED)),
        )
        self.struck: Callable[[str], None] = lambda _: None

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
            machine = truth.machine
            if self.out(machine) and machine.status == "ACTIVE" and self.in_service(machine):
                yield machine

    def out(self, machine: Machine, lately: timedelta | None = None) -> bool:
        """Whether its agent is gone, in a cluster that is watched, or was `lately`, on a host that should work."""
        place = Place(machine.account, machine.region, machine.cluster)
        watched = self.watched_lately(place, lately) if lately else self.tagged[place][-1][1] is not None
        ready = (
            self.registered(machine) and machine.host_state == "running" and machine.status in {"ACTIVE", "DRAINING"}
        )
        return watched and ready and not machine.connected

    @staticmethod
    def in_service(machine: Machine) -> bool:
        """Whether Auto Scaling lets it be."""
        return not machine.group or machine.lifecycle in IN_SERVICE

    def on_the_same(self, host: str) -> list[Machine]:
        """Every registration of a host."""
        return [truth.machine for truth in self.truths.values() if truth.machine.host == host]

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
        """The agent is back. One that has registered anew does not come back under its old name."""
        known = self.on_the_same(machine.host)
        if not machine.connected and machine.host_state == "running" and known[-1] is machine:
            machine.plug_in()
            self.truths[machine.id].gone_since = None

    def host(self, machine: Machine, state: str) -> None:
        """The host stops, starts or ends; its agent goes with it."""
        before = machine.host_state
        if before in {state, "gone"} or (before in _ENDING and state not in {"terminated", "gone"}):
            return
        if state in {"running", "pending"} and before not in {"stopped", "pending"}:
            return
        for each in self.on_the_same(machine.host):
            if state != "running":
                self.unplug(each)
            each.host_state = state
        if state == "gone":
            self.forget_host(machine)
        self._begins(machine, state)

    def status(self, machine: Machine, status: str) -> None:
        """ECS sees the registration otherwise; one that is out of its cluster stays so."""
        if not self.registered(machine) or machine.status in {status, "INACTIVE"}:
            return
        if status == "MISSING":
            self.deregister(machine)
            return
        if status in {"DEREGISTERING", "INACTIVE"}:
            self.unplug(machine)
        machine.status = status
        machine.version += 1
        self._begins(machine, status)

    def _begins(self, machine: Machine, what: str) -> None:
        if what in _BECOMES:
            becomes, after = _BECOMES[what]
            self._coming.append((self.clock() + after, machine, becomes))

    def lifecycle(self, machine: Machine, state: str) -> None:
        """Auto Scaling sees the host otherwise."""
        if machine.group and machine.host_state not in _ENDING:
            for each in self.on_the_same(machine.host):
                each.lifecycle = state

    def can_register_anew(self, machine: Machine) -> bool:
        return self.registered(machine) and machine.host_state == "running" and machine.status == "ACTIVE"

    def register_anew(self, machine: Machine) -> Machine:
        """Its old registration stays, without an agent for ever."""
        new = super().register_anew(machine)
        truth = self.truths[machine.id]
        truth.gone_since = truth.gone_since or self.clock()
        self.truths[new.id] = Truth(new)
        return new

    def lose_role(self, account: str) -> None:
        """The account's roles are gone, and with them what their sessions are worth, for ever."""
        self.without_role.add(account)
        self._worthless[account] = self._issued

    def leave(self, account: str, state: str) -> None:
        """The account leaves the organization ("left"), or is closed: then the organization still lists it."""
        self.lose_role(account)
        if state == "left":
            self.left.add(account)
        else:
            self.states[account] = state

    def back(self, account: str) -> None:
        """The account is there again, with its roles."""
        self.without_role.discard(account)
        self.left.discard(account)
        self.states.pop(account, None)

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
            if due <= now and (due, machine, what) in self._coming:
                self._coming.remove((due, machine, what))
                if what == _RESTARTED:
                    if self.ill.get(machine.id, "stopped") == "stopped":
                        self.plug_in(machine)
                elif what in HOST_STATES:
                    self._goes_on(machine, what)
                elif what in STATUSES:
                    before = next(begun for begun, (after, _) in _BECOMES.items() if after == what)
                    if machine.status == before:
                        self.status(machine, what)
                elif self.exists(place := Place(machine.account, machine.region, machine.cluster)):
                    (new,) = self.grow(place, 1, group=machine.group)
                    self.truths[new.id] = Truth(new)
                    self._launched[new.host] = f"{due - timedelta(seconds=60):%Y-%m-%dT%H:%M:%S.000Z}"

    def _goes_on(self, machine: Machine, state: str) -> None:
        """The host comes to where it was on its way to, unless somebody has sent it elsewhere meanwhile."""
        before = next((begun for begun, (after, _) in _BECOMES.items() if after == state), "")
        if state == "shutting-down" or machine.host_state == before:
            self.host(machine, state)

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
            "ssm": {
                "SendCommand": self.systems_manager.send,
                "ListCommands": self.systems_manager.list,
                "GetCommandInvocation": self.systems_manager.tell,
            },
            "sts": {"AssumeRole": self._remembered(wire.services["sts"])},
        }
        for service, operations in more.items():
            wire.services[service] = _either(operations, wire.services[service])
        for service in ("ecs", "ec2", "auto-scaling", "ssm"):
            wire.services[service] = self._signing(wire.services[service])
        wire.services["organizations"] = self._organization

    def _organization(self, call: Call) -> bytes:
        there = {account: name for name, account in ACCOUNTS.items() if account not in self.left}
        return organization(call, there, self.states)

    def _signing(self, service: Service) -> Service:
        """The same service for who is signed in with something that is worth anything."""

        def answer(call: Call) -> bytes:
            if call.account in self.without_role:
                self.struck(call.account)
            # A session's key ends with its number.
            if call.account in ACCOUNTS.values() and int(call.key[-4:]) <= self._worthless.get(call.account, 0):
                code = _UNKNOWN_KEY.get(call.service, "UnrecognizedClientException")
                raise Failure(code, "The security token included in the request is invalid.", 403)
            host = str(call.fields.get("InstanceId") or "")
            self.credentials.check(call, self._regions[call.account, call.region].hosts.get(host))
            return service(call)

        return answer

    def _remembered(self, sts: Service) -> Service:
        def assume(call: Call) -> bytes:
            if call.concerned in self.without_role:
                self.struck(call.concerned)
                raise Failure("AccessDenied", "is not authorized to perform: sts:AssumeRole", 403)
            answer = sts(call)
            self._issued += 1
            self.credentials.issued(call, answer)
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
        host = call.fields["InstanceId"]
        machine = self._regions[call.account, call.region].hosts.get(host)
        if machine and machine.lifecycle not in _TERMINABLE and not machine.lifecycle.startswith("Terminating"):
            raise Failure("ValidationError", f"The instance {host} is not in InService or Standby.")
        machine = self._end(call, host)
        if machine:
            held = (
                self.hooks.get(machine.group, timedelta()) if machine.lifecycle == "Terminating:Wait" else timedelta()
            )
            self._coming.append((self.clock() + held + _REPLACED, machine, "replaced"))
        return (
            b'<TerminateInstanceInAutoScalingGroupResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">'
            b"<TerminateInstanceInAutoScalingGroupResult><Activity><StatusCode>InProgress</StatusCode></Activity>"
            b"</TerminateInstanceInAutoScalingGroupResult></TerminateInstanceInAutoScalingGroupResponse>"
        )

    def _end(self, call: Call, host: str) -> Machine | None:
        """End a host; None if it is ending already. Where a lifecycle hook holds it up, it runs on for hours."""
        machine = self._regions[call.account, call.region].hosts.get(host)
        if machine is None:
            raise Failure("InvalidInstanceID.NotFound", f"The instance ID '{host}' does not exist")
        well = any(each.connected and self.registered(each) for each in self.on_the_same(host))
        self.terminations.append(Termination(host, *self._signed_in.get(call.account, ("", "")), well))
        if machine.host_state in _ENDING or machine.lifecycle == "Terminating:Wait":
            return None
        if machine.group in self.hooks and call.service == "auto-scaling":
            self.lifecycle(machine, "Terminating:Wait")
            self._coming.append((self.clock() + self.hooks[machine.group], machine, "shutting-down"))
        else:
            self.host(machine, "shutting-down")
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
