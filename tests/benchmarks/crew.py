"""Who plays storms and alarms in virtual time: environments of each function, and what came of a play.

Counts are exact and the same on every run, and so are the seconds: AWS and Slack take theirs (tests.benchmarks.lanes).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.incidents.storm import MANY
from tests.benchmarks.functions import Environments, Function, Functions
from tests.benchmarks.goals import Run
from tests.benchmarks.lambdas import INGEST_BATCH, INGESTS, LOOK_BATCH, LOOKS
from tests.benchmarks.lanes import Lanes, Pool
from tests.benchmarks.stage import Stage, now
from tests.benchmarks.storms import Storm, send, until_said
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
# So long the sweep goes on after all is said.
_AFTERWARDS = timedelta(minutes=5)
_LONGEST = timedelta(minutes=30)
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
        self.stage.wire.meter = Meter()  # what is set up for the next one is nobody's
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
    sweep: Callable[[], None]
    hours: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def of(
        cls,
        functions: Functions,
        ingests: int = INGESTS,
        looks: int = LOOKS,
        sweep: Callable[[], None] | None = None,
    ) -> "Crew":
        """Make so many of each, and one that sweeps unless it is given."""
        made = [functions.ingest() for _ in range(ingests)], [functions.look() for _ in range(looks)]
        return cls(functions, *made, sweep or functions.sweep(everywhere=False))

    def alarm(self, others: Others = lambda _: ()) -> Alarm:
        """Lose an agent for good while others are told of too, whose events come first; until all is done.

        Every environment has told an alarm of that account half a minute before, in another Region.
        """
        with self.anew() as (stage, clock):
            (lost,) = stage.members.grow(LOST, 1)
            self._warm_up(clock)
            lost.unplug()
            due = now()
            for machine in [*others(stage), lost]:
                stage.delay.send(event(machine, due - _GONE), at=due.timestamp())
            lanes = self.lanes(clock)
            lanes.rest()
            said = [key for key, message in stage.slack.said.items() if LOST.cluster in str(message)]
            assert len(said) == 1
            return Alarm((lanes.told[said[0]] - due).total_seconds(), lanes.meter)

    def storm(
        self, storm: Storm, *, look_batch: int = LOOK_BATCH, batch: int = INGEST_BATCH, spread: float = 0.0
    ) -> Run:
        """Let a storm break out, in which nobody is signed in anywhere, and time pass until all is said."""
        with self.anew() as (stage, clock):
            began = now()
            send(stage, storm.break_out(stage), batch=batch, spread=spread)
            lanes = self.lanes(clock, look_batch=look_batch, ingest_batch=batch)
            lanes.rest()
            until_said(stage, lanes.rest)
            return self._run(storm, lanes, began)

    def swept(self, storm: Storm) -> tuple[Run, float]:
        """Let a storm break out while the sweep goes on, which does so for a while after all is said; the minutes."""
        with self.anew() as (stage, clock):
            began = now()
            send(stage, storm.break_out(stage))
            lanes = self.lanes(clock, sweeping=True)
            clusters = storm.accounts * storm.clusters
            while len(lanes.told) < clusters + (clusters > MANY):
                if now() - began > _LONGEST:
                    raise RuntimeError(f"only {len(lanes.told)} messages are posted")
                lanes.play(seconds=5)
            lanes.play(seconds=_AFTERWARDS.total_seconds())
            return self._run(storm, lanes, began), (now() - began) / timedelta(minutes=1)

    @contextmanager
    def anew(self) -> Iterator[tuple[Stage, Clock]]:
        """A new world an hour later, in which nobody is signed in."""
        self.functions.stage.clear()
        self.functions.sign_out()
        self.functions.counted.clear()
        with virtual_time() as clock:
            self.hours[0] += 1
            clock.forward(hours=self.hours[0])
            yield self.functions.stage, clock

    def lanes(
        self,
        clock: Clock,
        *,
        look_batch: int = LOOK_BATCH,
        ingest_batch: int = INGEST_BATCH,
        sweeping: bool = False,
    ) -> Lanes:
        """Everybody at the queues, and the sweep with its clock if it shall be."""
        stage = self.functions.stage
        pools = [
            Pool("ingest", stage.delay, ingest_batch, list(self.ingests)),
            Pool("look", stage.looks, look_batch, list(self.looks)),
        ]
        return Lanes(stage, clock, pools, self.sweep if sweeping else None)

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

    def _run(self, storm: Storm, lanes: Lanes, began: datetime) -> Run:
        return Run(
            name=storm.name,
            events=storm.events,
            clusters=storm.accounts * storm.clusters,
            aws=lanes.meter.aws,
            slack=lanes.meter.slack,
            cpu=lanes.meter.cpu * 1_000 / storm.events,
            elapsed=(max(lanes.told.values()) - began).total_seconds(),
            clients=sum(lanes.meter.clients.values()),
            looks=self.functions.counted["looks"],
            counted=dict(lanes.meter.calls),
        )


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
