"""The loss matrix: whatever goes wrong, each truly broken instance ends in one incident and its cluster in one message.

Each case is played in virtual time from the events to the rest after the last redelivery and sweep. The local Slack
takes the messages, so its limits and its strictness are in it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.applications import Starlette

from coastguard.local.slack.faults import Fault as SlackFault
from tests.benchmarks.functions import Functions, Kept, Named, Said
from tests.benchmarks.stage import Stage, now
from tests.benchmarks.timeline import Timeline, virtual_time
from tests.hub.slack_side import SlackSide, Stand, enter, slack_server
from tests.signed_in import HUB_REGION
from tests.wire.faults import Fault, Kind
from tests.wire.members import Place
from tests.wire.payloads import Machine, event

PLACES = ("first", "middle", "last")
_ACCOUNTS = ("222233334444", "333344445555")
_CLUSTERS = ("prod-a", "prod-b")
_TROUBLE = timedelta(minutes=6)
_LONGEST = timedelta(minutes=60)


@dataclass
class Scene:
    """The machines that go quiet, the mail about them, and who is on stage."""

    stage: Stage
    slack: SlackSide
    machines: list[Machine]
    mail: list[str] = field(default_factory=list)

    def index(self, place: str) -> int:
        return {"first": 0, "middle": len(self.machines) // 2, "last": len(self.machines) - 1}[place]

    def at(self, place: str) -> Machine:
        return self.machines[self.index(place)]


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong. `spoil` does it, at a place if it has one; all of it is over after six minutes."""

    name: str
    spoil: Callable[[Scene, str], None]
    placed: bool = True


@dataclass(frozen=True)
class Outcome:
    """What came of a case. All of it is 0 if nothing is lost."""

    missed: int
    false: int
    double: int

    @property
    def clean(self) -> bool:
        return self == Outcome(0, 0, 0)


class Matrix:
    """Plays cases; its functions and its Slack are made once."""

    def __init__(self, stage: Stage, stand: Stand, url: str) -> None:
        self._stage = stage
        self._stand = stand
        self._url = url
        self._functions = Functions(stage, f"{url}/api/")
        self._environments = self._functions.one_of_each()
        self._kept = Kept.read()

    def play(self, case: Case, place: str = "first", *, instances: int = 5) -> Outcome:
        """Play a case with so many instances in each of four clusters."""
        stage = self._stage
        stage.clear()
        self._functions.sign_out()
        with virtual_time() as clock:
            slack = enter(self._stand, self._url, clock.seconds)
            timeline = Timeline(stage, self._environments, clock)
            places = [Place(account, HUB_REGION, name) for account in _ACCOUNTS for name in _CLUSTERS]
            machines = [machine for each in places for machine in stage.members.grow(each, instances)]
            for machine in machines:
                machine.unplug()
            scene = Scene(stage, slack, machines, [event(machine, now()) for machine in machines])
            case.spoil(scene, place)
            for text in scene.mail:
                stage.delay.send(text)
            timeline.play(seconds=_TROUBLE.total_seconds() + stage.delay.delay)
            stage.wire.faults.mend()
            slack.workspace.faults.clear()
            self._rest(timeline, slack)
            return self._outcome(slack, machines, places)

    def _rest(self, timeline: Timeline, slack: SlackSide) -> None:
        """Go on until a few rounds change nothing any more."""
        until, before = now() + _LONGEST, object()
        while now() < until:
            timeline.play(minutes=2)
            after = self._stage.tables.rows("coastguard"), slack.workspace.revision
            if after == before and not len(self._stage.delay) + len(self._stage.looks):
                return
            before = after

    def _outcome(self, slack: SlackSide, machines: list[Machine], places: list[Place]) -> Outcome:
        there = set(self._stage.members.machines())
        truth = {_named(machine) for machine in machines if machine in there and _in_trouble(machine)}
        clusters = {(place.account, place.region, place.cluster) for place in places}
        unresolved, ever = self._kept.unresolved(clusters), self._kept.ever(clusters)
        said = [Said.read(message) for message in slack.messages()]
        live = [each.cluster for each in said if not each.over]
        unsaid = {name[:3] for name in truth} - set(live)
        doubles = [*Counter(each.bulletin for each in said).values(), *Counter(live).values()]
        return Outcome(
            missed=len(truth - unresolved) + len(unsaid),
            false=len((unresolved | ever) - truth) + len(set(live) - {name[:3] for name in truth}),
            double=sum(number - 1 for number in doubles),
        )


@contextmanager
def matrix(stage: Stage) -> Iterator[Matrix]:
    """Open a Slack for the matrix."""
    with slack_server() as (stand, url):
        yield Matrix(stage, stand, url)
        stand.app = Starlette()


def _named(machine: Machine) -> Named:
    return machine.account, machine.region, machine.cluster, machine.id


def _in_trouble(machine: Machine) -> bool:
    return not machine.connected and machine.status == "ACTIVE" and machine.host.state == "running"


# What goes wrong at one place


def _malformed(scene: Scene, place: str) -> None:
    scene.mail.insert(scene.index(place) + (place == "last"), '{"broken')


def _foreign(scene: Scene, place: str) -> None:
    stranger = event(scene.at(place), now(), account="999988887777")
    scene.mail.insert(scene.index(place) + (place == "last"), stranger)


def _duplicate(scene: Scene, place: str) -> None:
    scene.mail.insert(scene.index(place), scene.mail[scene.index(place)])


def _back(scene: Scene, place: str) -> None:
    scene.at(place).plug_in()


def _draining(scene: Scene, place: str) -> None:
    scene.at(place).status = "DRAINING"


def _deregistered(scene: Scene, place: str) -> None:
    scene.stage.members.deregister(scene.at(place))


def _stopped(scene: Scene, place: str) -> None:
    scene.at(place).host.state = "stopped"


def _unknown_host(scene: Scene, place: str) -> None:
    machine = scene.at(place)
    machine.host.state = "terminated"
    scene.stage.members.forget_host(machine)


def _lost_cluster(scene: Scene, place: str) -> None:
    machine = scene.at(place)
    scene.stage.members.lose(Place(machine.account, machine.region, machine.cluster))


def _refused(scene: Scene, place: str) -> None:
    scene.stage.wire.faults.order(Fault("sts:AssumeRole", Kind.REFUSED, scene.at(place).account))


def _silent(scene: Scene, place: str) -> None:
    scene.stage.wire.faults.order(Fault("ecs:*", Kind.SILENT, scene.at(place).account))


# What goes wrong everywhere


def _everywhere(*faults: Fault) -> Callable[[Scene, str], None]:
    return lambda scene, _: scene.stage.wire.faults.order(*faults)


def _twice(scene: Scene, _place: str) -> None:
    scene.mail += scene.mail[::-1]


def _slack_limits(scene: Scene, _place: str) -> None:
    scene.slack.workspace.budgets.on = True


def _slack(kind: str) -> Callable[[Scene, str], None]:
    return lambda scene, _: scene.slack.workspace.faults.order(SlackFault("*", kind, times=100_000))


def _slack_once(kind: str) -> Callable[[Scene, str], None]:
    return lambda scene, _: scene.slack.workspace.faults.order(SlackFault("chat.postMessage", kind))


_LOST = Fault("dynamodb:*", Kind.SILENT, chance=0.3, done=True)

CASES = (
    Case("a record that is no JSON", _malformed),
    Case("an event that names another account", _foreign),
    Case("an event twice", _duplicate),
    Case("an agent that is back", _back),
    Case("an instance that is draining", _draining),
    Case("an instance that is deregistered", _deregistered),
    Case("a host that is stopped", _stopped),
    Case("a host that EC2 does not know", _unknown_host),
    Case("a cluster that is gone", _lost_cluster),
    Case("an account that refuses the role", _refused),
    Case("an account whose ECS does not answer", _silent),
    Case("every event twice", _twice, placed=False),
    Case("EC2 unavailable", _everywhere(Fault("ec2:*", Kind.SILENT)), placed=False),
    Case("EC2 refused", _everywhere(Fault("ec2:*", Kind.REFUSED)), placed=False),
    Case("ECS throttled 30 %", _everywhere(Fault("ecs:*", Kind.THROTTLED, chance=0.3)), placed=False),
    Case("ECS throttled 100 %", _everywhere(Fault("ecs:*", Kind.THROTTLED)), placed=False),
    Case("table errors 30 %", _everywhere(Fault("dynamodb:*", Kind.BROKEN, chance=0.3)), placed=False),
    Case("table's answers lost 30 %", _everywhere(_LOST), placed=False),
    Case("queue errors 30 %", _everywhere(Fault("sqs:*", Kind.BROKEN, chance=0.3)), placed=False),
    Case("Slack takes 1 message a second", _slack_limits, placed=False),
    Case("Slack down", _slack("server_error"), placed=False),
    Case("Slack's first answer lost", _slack_once("lost_answer"), placed=False),
    # By the time it is up again the hints are dead letters: only the visits to the members can make it good.
    Case("table down", _everywhere(Fault("dynamodb:*", Kind.BROKEN)), placed=False),
)  # fmt: skip
