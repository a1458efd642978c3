"""The goals: ratios and counts of one run, each held or missed. Absolute times are no goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.cold import Start
from tests.benchmarks.storms import ACCOUNTS, CLUSTERS, ZONE

# The most AWS calls that a storm, or one event, may take.
CALLS_IN_ONE_CLUSTER = 30
CALLS_AN_EVENT = {CLUSTERS: 0.12, ACCOUNTS: 0.45, ZONE: 0.16}
CALLS_OF_ONE_EVENT = 7
# A lone alarm, while many others are told of that have come back, or that never were: the calls, and seconds later.
CALLS_AMONG_RECONNECTED = 26
LATER = 3
# What a storm shall take by and by, however SQS hands it out; with the sweep at work, an event and minute.
AIM_IN_ONE_CLUSTER = 20
AIMS_AN_EVENT = {ACCOUNTS: 0.45, ZONE: 0.16}
CALLS_SWEPT = 0.5
# How many seconds' worth of write units a storm may put on one partition of the table.
HOTTEST = 5
CALLS_OF_A_CLICK = {"sqs:SendMessage": 1}
# Who holds a goal should do so with so much room: machines and releases of libraries differ.
ROOM = 0.05
# The most CPU that a cold start may take, as a part of what the usual way takes.
COLD = {"ingest": 0.95, "look": 0.95, "sweep": 1.0, "front": 0.75, "act": 1.0}


@dataclass(frozen=True)
class Goal:
    """One number that must be at most, or at least, so much. An `exact` one is held or not: there is no room."""

    number: int
    what: str
    measured: float
    limit: float
    at_least: bool = False
    unit: str = ""
    exact: bool = False

    @property
    def held(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    @property
    def room(self) -> float | None:
        """How much worse it might be and still be held, as a part of the limit; negative if it is missed."""
        if self.exact:
            return None
        left = self.measured - self.limit if self.at_least else self.limit - self.measured
        return left / self.limit

    @property
    def room_shown(self) -> str:
        """The room in percent, "" for an exact goal."""
        return "" if self.room is None else f"room {self.room:.0%}"

    @property
    def tight(self) -> bool:
        """Whether it is held, but with less room than is wanted."""
        return self.held and self.room is not None and self.room < ROOM

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {_shown(self.limit)}{self.unit}"

    @property
    def found(self) -> str:
        return f"{_shown(self.measured)}{self.unit}"

    @property
    def verdict(self) -> str:
        return "held" if self.held else "MISSED"

    def __str__(self) -> str:
        told = ", ".join(filter(None, (self.wanted, self.room_shown)))
        return f"  {self.number}  {self.verdict:<6}  {self.what}: {self.found} ({told})"


@dataclass(frozen=True)
class Run:
    """What one storm took. `cpu` in ms an event, without the stand-ins'; `elapsed` in s, with the injected latency."""

    name: str
    events: int
    clusters: int
    aws: int
    slack: dict[str, int]
    cpu: float
    elapsed: float
    clients: int
    looks: int
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> float:
        """AWS calls an event."""
        return self.aws / self.events

    @property
    def posts(self) -> int:
        return self.slack.get("chat.postMessage", 0)


@dataclass(frozen=True)
class Measured:
    """All figures of a run of the benchmark."""

    baseline_calls: float
    baseline_cpu: float
    baseline_elapsed: float
    first: Run
    one: Run
    batch: Run
    cluster: Run
    clusters: Run
    accounts: Run
    zone: Run
    spreads: Sequence[tuple[float, Run]]
    click_calls: float
    click_cpu: float
    memory: float
    memory_peak: float
    clients_per_account: int
    missed: int
    false: int
    double: int
    cold: Mapping[str, Start]
    counted: Sequence[Goal] = ()

    def goals(self) -> list[Goal]:
        warm = (self.one, self.batch, self.cluster, self.clusters, self.accounts, self.zone)
        faster_cpu, faster = self.baseline_cpu / self.batch.cpu, self.baseline_elapsed / self.cluster.elapsed
        return [
            Goal(1, "1,000 in one cluster, AWS calls", self.cluster.aws, CALLS_IN_ONE_CLUSTER),
            Goal(1, "1,000 in one cluster, Slack posts", self.cluster.posts, 1, exact=True),
            Goal(2, "10 clusters x 100, AWS calls an event", self.clusters.calls, CALLS_AN_EVENT[CLUSTERS]),
            Goal(2, "100 accounts x 10, AWS calls an event", self.accounts.calls, CALLS_AN_EVENT[ACCOUNTS]),
            Goal(2, "200 accounts x 2 clusters x 25, AWS calls an event", self.zone.calls, CALLS_AN_EVENT[ZONE]),
            Goal(3, "one event, AWS calls", self.one.aws, CALLS_OF_ONE_EVENT, exact=True),
            Goal(3, "one event, Slack calls", sum(self.one.slack.values()), 1, exact=True),
            Goal(4, "CPU an event against one at a time", faster_cpu, 100, at_least=True, unit="x"),
            Goal(5, "elapsed against one at a time", faster, 150, at_least=True, unit="x"),
            Goal(6, "clients made warm", sum(run.clients for run in warm), 0, exact=True),
            Goal(6, "clients made for 99 more accounts", self.clients_per_account, 0, exact=True),
            Goal(6, "memory for 99 more accounts", self.memory, 5, unit=" MiB"),
            Goal(7, "missed, over all losses", self.missed, 0, exact=True),
            Goal(7, "false, over all losses", self.false, 0, exact=True),
            Goal(7, "double, over all losses", self.double, 0, exact=True),
            Goal(8, "click to acknowledgement, calls over the network", self.click_calls, 1, exact=True),
            Goal(8, "click to acknowledgement, CPU", self.click_cpu, 1, unit=" ms"),
            *[Goal(9, f"cold start of {name}, CPU against the usual way", self.cold[name].cpu_share, most)
              for name, most in COLD.items()],
            Goal(9, "cold start of look, memory against the usual way", self.cold["look"].memory_share, 0.75),
            *self.counted,
        ]  # fmt: skip


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) or number >= 100 else f"{number:.3g}"
