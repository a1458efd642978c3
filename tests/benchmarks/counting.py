"""What a storm costs and how long an alarm takes, as counts: in virtual time, so the same on every run.

`python -m tests.benchmarks.counting` prints them beside their goals: all, or of `one`, `cluster`, `alarms`, `storms`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from tests.benchmarks.functions import Environments, Function, Functions, json_logs_to_nowhere
from tests.benchmarks.goals import (
    CALLS_AMONG_RECONNECTED,
    CALLS_AN_EVENT,
    CALLS_IN_ONE_CLUSTER,
    CALLS_OF_ONE_EVENT,
    LATER,
    Goal,
)
from tests.benchmarks.lambdas import INGEST_BATCH, INGESTS, LOOK_BATCH, LOOKS
from tests.benchmarks.lanes import Lanes, Pool
from tests.benchmarks.progress import say
from tests.benchmarks.stage import Stage, now, staged
from tests.benchmarks.storms import ACCOUNTS, CLUSTER, CLUSTERS, ONE, ZONE, Storm, send, until_said
from tests.benchmarks.timeline import Timeline, virtual_time
from tests.hub.factories import GRACE
from tests.hub.timing import Clock
from tests.signed_in import HUB_REGION
from tests.wire.members import Place
from tests.wire.meter import Meter
from tests.wire.payloads import Machine, event

# A storm waits for its last cluster before it lists them all; the sweep comes once a minute.
_ALL_IS_SAID, _AND_WHAT_WAS_LEFT = 50, 9
# So long ago a drop is told of, its grace over.
_GONE = GRACE + timedelta(seconds=5)
LOST = Place("222233334444", HUB_REGION, "prod-lost")
FLOODED = Place("333344445555", HUB_REGION, "prod")


@dataclass(frozen=True)
class Hub:
    """One environment of each function, warm, and the stage around them."""

    stage: Stage
    functions: Functions
    environments: Environments
    minutes: list[float] = field(default_factory=lambda: [0.0])

    def weather(self, storm: Storm, *, signed_in: bool = False, after: float = 4) -> Meter:
        """Let a storm break out, and time pass until all is said, but no round of the sweep be made.

        Signed in, it breaks out so many minutes `after` the one before.
        """
        self.stage.clear()
        if not signed_in:
            self.functions.sign_out()
        with virtual_time() as clock:
            # What the functions remember of storms must be past, but not what they keep for minutes.
            self.minutes.append(self.minutes[-1] + (after if signed_in else 10))
            clock.forward(minutes=self.minutes[-1])
            send(self.stage, storm.break_out(self.stage))
            timeline = Timeline(self.stage, self.environments, clock)
            with self.stage.measured() as meter:
                timeline.play(seconds=_ALL_IS_SAID)
                until_said(self.stage, lambda: timeline.play(seconds=_AND_WHAT_WAS_LEFT))
        assert (len(self.stage.delay), len(self.stage.looks), timeline.failed) == (0, 0, {})
        return meter


@dataclass(frozen=True)
class Alarm:
    """When a lone loss was told, in seconds after its event was due, and what everything together took."""

    after: float
    meter: Meter


Others = Callable[[Stage], Iterable[Machine]]
"""Puts machines on the stage that are told of in the same moment as a lone loss, whatever is true of them."""


@dataclass(frozen=True)
class Crew:
    """As many environments of each function as Lambda has at the same time, kept warm from one play to the next."""

    functions: Functions
    ingests: Sequence[Function]
    looks: Sequence[Function]
    hours: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def of(cls, functions: Functions, ingests: int = INGESTS, looks: int = LOOKS) -> "Crew":
        return cls(functions, [functions.ingest() for _ in range(ingests)], [functions.look() for _ in range(looks)])

    def alarm(self, others: Others = lambda _: ()) -> Alarm:
        """Lose an agent for good while others are told of too, whose events come first; until all is done.

        Every environment has told an alarm of that account half a minute before, in another Region.
        """
        with self._anew() as (stage, clock):
            (lost,) = stage.members.grow(LOST, 1)
            self._warm_up(clock)
            lost.unplug()
            due = now()
            for machine in [*others(stage), lost]:
                stage.delay.send(event(machine, due - _GONE), at=due.timestamp())
            lanes = self._lanes(clock, LOOK_BATCH)
            lanes.rest()
            said = [key for key, message in stage.slack.said.items() if LOST.cluster in str(message)]
            assert len(said) == 1
            return Alarm((lanes.told[said[0]] - due).total_seconds(), lanes.meter)

    def storm(self, storm: Storm, *, look_batch: int = LOOK_BATCH) -> Meter:
        """Let a storm break out, in which nobody is signed in anywhere, and time pass until all is said."""
        with self._anew() as (stage, clock):
            send(stage, storm.break_out(stage))
            lanes = self._lanes(clock, look_batch)
            lanes.rest()
            until_said(stage, lanes.rest)
            return lanes.meter

    @contextmanager
    def _anew(self) -> Iterator[tuple[Stage, Clock]]:
        self.functions.stage.clear()
        self.functions.sign_out()
        with virtual_time() as clock:
            self.hours[0] += 1
            clock.forward(hours=self.hours[0])
            yield self.functions.stage, clock

    def _warm_up(self, clock: Clock) -> None:
        stage = self.functions.stage
        for number, look in enumerate(self.looks):
            (machine,) = stage.members.grow(Place(LOST.account, "us-east-1", f"warm-{number}"), 1)
            machine.unplug()
            stage.delay.send(event(machine, now() - _GONE), at=now().timestamp())
            for function, queue in ((self.ingests[0], stage.delay), (look, stage.looks)):
                batch = queue.receive(LOOK_BATCH)
                queue.settle(batch, function(batch))
        clock.forward(seconds=30)

    def _lanes(self, clock: Clock, look_batch: int) -> Lanes:
        stage = self.functions.stage
        ingests = Pool(stage.delay, INGEST_BATCH, list(self.ingests))
        return Lanes(stage, clock, [ingests, Pool(stage.looks, look_batch, list(self.looks))])


def reconnected(number: int) -> Others:
    """So many clusters of the account that loses an agent, each with one that was gone and is back."""
    return lambda stage: [stage.members.grow(LOST._replace(cluster=f"prod-{each}"), 1)[0] for each in range(number)]


def flood(number: int) -> Others:
    """So many well-formed events of another account, each of a cluster that nobody has."""

    def pour(stage: Stage) -> Iterator[Machine]:
        for each in range(number):
            place = FLOODED._replace(cluster=f"invented-{each}")
            yield stage.members.grow(place, 1)[0]
            stage.members.lose(place)

    return pour


def hottest(stage: Stage) -> tuple[str, int]:
    """Which partition key of the table took the most write units, and how many."""
    return stage.tables.units.most_common(1)[0]


class Counting:
    """Plays what is asked for, and says what came of it beside its goal."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._functions = Functions(stage)
        self._hub = Hub(stage, self._functions, self._functions.one_of_each())
        self._crew = Crew.of(self._functions)

    def one(self) -> Iterator[Goal]:
        for _ in range(2):
            self._hub.weather(ONE)
        meter = self._hub.weather(ONE, signed_in=True, after=0.5)
        yield _told(
            Goal(3, "one event, another cluster's 30 s before, AWS calls", meter.aws, CALLS_OF_ONE_EVENT), meter
        )

    def cluster(self) -> Iterator[Goal]:
        for how, most in (("", LOOK_BATCH), (", handed out singly", 1)):
            meter = self._crew.storm(CLUSTER, look_batch=most)
            yield _told(Goal(1, f"{CLUSTER.name}{how}, AWS calls", meter.aws, CALLS_IN_ONE_CLUSTER), meter)
            self._say_hottest()

    def storms(self) -> Iterator[Goal]:
        for storm in (CLUSTERS, ACCOUNTS, ZONE):
            meter = self._crew.storm(storm)
            calls = meter.aws / storm.events
            yield _told(Goal(2, f"{storm.name}, AWS calls an event", calls, CALLS_AN_EVENT[storm]), meter)
            self._say_hottest()

    def alarms(self) -> Iterator[Goal]:
        alone = self._crew.alarm()
        say(f"     an alarm alone: after {alone.after:.2f} s, {alone.meter.aws} calls {dict(alone.meter.calls)}")
        for what, others in (("among 19 reconnected", reconnected(19)), ("while another account floods", flood(1_500))):
            found = self._crew.alarm(others)
            later = found.after - alone.after
            yield _told(Goal(10, f"a true loss {what}, later than alone", later, LATER, unit=" s"), found.meter)
            if what.startswith("among"):
                yield _told(
                    Goal(10, f"a true loss {what}, AWS calls", found.meter.aws, CALLS_AMONG_RECONNECTED), found.meter
                )

    def _say_hottest(self) -> None:
        key, units = hottest(self._stage)
        say(f"     {units:,} write units on {key}")


def main(asked: Sequence[str]) -> int:
    """Print what is asked for, or everything, beside its goal; 1 if one is missed."""
    with json_logs_to_nowhere(), staged() as stage:
        counting = Counting(stage)
        plays = [counting.one, counting.cluster, counting.alarms, counting.storms]
        found = [goal for play in plays if not asked or play.__name__ in asked for goal in play()]
    return 0 if all(goal.held for goal in found) else 1


def _told(goal: Goal, meter: Meter) -> Goal:
    say(str(goal))
    say(f"     {dict(meter.calls.most_common())}")
    return goal


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
