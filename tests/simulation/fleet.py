"""The fleet of a simulation: member accounts that can also be repaired, and the truth about every machine.

Adds to tests.wire.acting the organization's list of accounts, replacements from Auto Scaling
groups, and since when each agent has truly been gone; hosts that are registered twice, hosts whose end a lifecycle hook
holds up, roles that vanish and accounts that leave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from spoke.discovery import MONITORING_TAG
from tests.hub.timing import Clock
from tests.simulation.credentials import Credentials
from tests.simulation.systems_manager import SystemsManager
from tests.wire.acting import Acting
from tests.wire.members import Place
from tests.wire.organization import nested
from tests.wire.payloads import Host, Machine
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
_RESTARTED = "restarted"
# What AWS says of credentials whose role is no more, by service.
_UNKNOWN_KEY = {"ec2": "AuthFailure", "auto-scaling": "InvalidClientTokenId", "sts": "AccessDenied"}


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


class Fleet(Acting):
    """Member accounts A and B, with clusters of the same names."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, forget=True)
        self.clock = clock
        self.truths: dict[str, Truth] = {}
        self.terminations: list[Termination] = []
        self.tagged: dict[Place, list[tuple[datetime, str | None]]] = {}
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
            lambda host: next(iter(self.on_the_same(host)), None),
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
            self.registered(machine) and machine.host.state == "running" and machine.status in {"ACTIVE", "DRAINING"}
        )
        return watched and ready and not machine.connected

    @staticmethod
    def in_service(machine: Machine) -> bool:
        """Whether Auto Scaling lets it be."""
        return not machine.host.group or machine.host.lifecycle in IN_SERVICE

    def on_the_same(self, host: str) -> list[Machine]:
        """Every registration of a host."""
        return [truth.machine for truth in self.truths.values() if truth.machine.host.name == host]

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
        known = self.on_the_same(machine.host.name)
        if not machine.connected and machine.host.state == "running" and known[-1] is machine:
            machine.plug_in()
            self.truths[machine.id].gone_since = None

    def host(self, machine: Machine, state: str) -> None:
        """The host stops, starts or ends; its agent goes with it."""
        before = machine.host.state
        if before in {state, "gone"} or (before in _ENDING and state not in {"terminated", "gone"}):
            return
        if state in {"running", "pending"} and before not in {"stopped", "pending"}:
            return
        for each in self.on_the_same(machine.host.name):
            if state != "running":
                self.unplug(each)
            each.host.state = state
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
        if machine.host.group and machine.host.state not in _ENDING:
            for each in self.on_the_same(machine.host.name):
                each.host.lifecycle = state

    def can_register_anew(self, machine: Machine) -> bool:
        return self.registered(machine) and machine.host.state == "running" and machine.status == "ACTIVE"

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
                    (new,) = self.grow(place, 1, group=machine.host.group)
                    self.truths[new.id] = Truth(new)
                    new.host.launched = due - timedelta(seconds=60)

    def _goes_on(self, machine: Machine, state: str) -> None:
        """The host comes to where it was on its way to, unless somebody has sent it elsewhere meanwhile."""
        before = next((begun for begun, (after, _) in _BECOMES.items() if after == state), "")
        if state == "shutting-down" or machine.host.state == before:
            self.host(machine, state)

    def ecs_notices(self, machine: Machine) -> None:
        """ECS's own check of the agent fails, which tells since when."""
        truth = self.truths[machine.id]
        if truth.gone_since:
            machine.since = truth.gone_since

    # The wire

    def hang(self, wire: Wire) -> None:
        super().hang(wire)
        commands: dict[str, Service] = {
            "SendCommand": self.systems_manager.send,
            "ListCommands": self.systems_manager.list,
            "GetCommandInvocation": self.systems_manager.tell,
        }
        told = wire.services["ssm"]
        wire.services["ssm"] = lambda call: commands.get(call.operation, told)(call)
        wire.services["sts"] = self._remembered(wire.services["sts"])
        for service in ("ecs", "ec2", "auto-scaling", "ssm"):
            wire.services[service] = self._signing(wire.services[service])
        wire.services["organizations"] = self._organization

    def _organization(self, call: Call) -> bytes:
        there = {account: name for name, account in ACCOUNTS.items() if account not in self.left}
        return nested(there, self.states)(call)

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

    def end(self, call: Call, host: Host) -> None:
        """End a host unless it is ending already. Where a lifecycle hook holds it up, it runs on for hours."""
        known = self.on_the_same(host.name)
        well = any(each.connected and self.registered(each) for each in known)
        self.terminations.append(Termination(host.name, *self._signed_in.get(call.account, ("", "")), well))
        machine = known[0]
        held = timedelta()
        if host.state in _ENDING or host.lifecycle == "Terminating:Wait":
            return
        if host.group in self.hooks and call.service == "auto-scaling":
            held = self.hooks[host.group]
            self.lifecycle(machine, "Terminating:Wait")
            self._coming.append((self.clock() + held, machine, "shutting-down"))
        else:
            self.host(machine, "shutting-down")
        if call.service == "auto-scaling":
            self._coming.append((self.clock() + held + _REPLACED, machine, "replaced"))
