"""Lambda in virtual time: environments side by side, each busy for as long as its calls would take one after another.

What an invocation does it does at once, at the moment when it begins; its records are settled, and what it has said is
heard, when its calls would have been answered. So how long a storm takes is the same in each run, however busy the
machine is. Calls that one function makes in threads are counted one after another too: a little too long.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.benchmarks.functions import Function
from tests.benchmarks.stage import Stage, now
from tests.hub.timing import Clock
from tests.wire.meter import Meter
from tests.wire.queues import Queue

AWS_SECONDS, STS_SECONDS, SLACK_SECONDS = 0.03, 0.06, 0.15
_LONGEST = timedelta(minutes=10)
_ROUND = timedelta(minutes=1)
SWEEP = "sweep"


@dataclass
class Pool:
    """The environments of one function, and the queue that they are fed from."""

    name: str
    queue: Queue
    most: int
    free: list[Function]


@dataclass
class Lanes:
    """So many environments of each function, between the stage's queues; `told` is when Slack had each message.

    `sweep` makes a round each minute, if there is one. `invoked` counts invocations by function, and `busy` the seconds
    that they took with their calls, `computed` those of CPU, and `given` the records by function.
    """

    stage: Stage
    clock: Clock
    pools: list[Pool]
    sweep: Callable[[], None] | None = None
    meter: Meter = field(default_factory=Meter)
    told: dict[tuple[str, str], datetime] = field(default_factory=dict)
    invoked: Counter[str] = field(default_factory=Counter)
    busy: dict[str, float] = field(default_factory=dict)
    computed: dict[str, float] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)
    _ends: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self._next_round = now() + _ROUND

    def play(self, **span: float) -> None:
        """Let time pass, and the functions do what is due meanwhile."""
        until = now() + timedelta(**span)
        self._begin()
        while (moment := min(self._moments(), default=until)) < until:
            self.clock.forward(seconds=max((moment - now()).total_seconds(), 0) + 0.000_001)
            while self._ends and self._ends[0][0] <= now():
                heapq.heappop(self._ends)[2]()
            if self.sweep and self._next_round <= now():
                self._next_round += _ROUND
                self._run(SWEEP, self.sweep, lambda _: None)
            self._begin()
        self.clock.forward(seconds=max((until - now()).total_seconds(), 0))

    def rest(self) -> None:
        """Let time pass until nothing lies in any queue."""
        until = now() + _LONGEST
        while any(len(pool.queue) for pool in self.pools):
            if now() > until:
                raise RuntimeError("the queues do not get empty")
            self.play(seconds=1)

    def _begin(self) -> None:
        """Give whatever is due to whoever is free."""
        while any(self._invoke(pool) for pool in self.pools if pool.free):
            pass

    def _invoke(self, pool: Pool) -> bool:
        batch = pool.queue.receive(pool.most)
        if not batch["Records"]:
            return False
        function = pool.free.pop()
        self.given[pool.name] += len(batch["Records"])

        def finish(failed: list[str]) -> None:
            pool.queue.settle(batch, failed)
            pool.free.append(function)

        self._run(pool.name, lambda: function(batch), finish)
        return True

    def _run(self, name: str, function: Callable[[], Any], finish: Callable[[Any], None]) -> None:
        before, meter = set(self.stage.slack.said), Meter()
        self.stage.wire.meter = meter
        answer = function()
        meter.stop()
        self.meter.calls += meter.calls
        self.meter.clients += meter.clients
        self.meter.cpu += meter.cpu
        seconds = _seconds(meter)
        self.invoked[name] += 1
        self.busy[name] = self.busy.get(name, 0) + seconds
        self.computed[name] = self.computed.get(name, 0) + meter.cpu
        ends = now() + timedelta(seconds=seconds)
        self.told |= dict.fromkeys(set(self.stage.slack.said) - before, ends)
        heapq.heappush(self._ends, (ends, next(self._numbers), lambda: finish(answer)))

    def _moments(self) -> list[datetime]:
        """When something may happen next: somebody is free again, a round is due, or something for who is free."""
        due = [pool.queue.next_due() for pool in self.pools if pool.free]
        rounds = [self._next_round] if self.sweep else []
        return [*rounds, *(end[0] for end in self._ends[:1]), *(_moment(each) for each in due if each is not None)]


def _seconds(meter: Meter) -> float:
    slack, sts = sum(meter.slack.values()), meter.calls["sts:AssumeRole"]
    return slack * SLACK_SECONDS + sts * STS_SECONDS + (meter.aws - sts) * AWS_SECONDS


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
