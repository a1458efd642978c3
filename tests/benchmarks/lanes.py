"""Lambda in virtual time: environments side by side, each busy for as long as its calls would take one after another.

What an invocation does it does at once, at the moment when it begins; its records are settled, and what it has said is
heard, when its calls would have been answered. So how long a storm takes is the same in each run, however busy the
machine is. Calls that one function makes in threads are counted one after another too: a little too long.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.benchmarks.functions import Function
from tests.benchmarks.stage import Stage, now
from tests.hub.timing import Clock
from tests.wire.meter import Meter
from tests.wire.queues import Queue

AWS_SECONDS, STS_SECONDS, SLACK_SECONDS = 0.03, 0.06, 0.15
_LONGEST = timedelta(minutes=10)


@dataclass
class Pool:
    """The environments of one function, and the queue that they are fed from."""

    queue: Queue
    most: int
    free: list[Function]


@dataclass
class Lanes:
    """So many environments of each function, between the stage's queues; `told` is when Slack had each message."""

    stage: Stage
    clock: Clock
    pools: list[Pool]
    meter: Meter = field(default_factory=Meter)
    told: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _busy: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def play(self, **span: float) -> None:
        """Let time pass, and the functions do what is due meanwhile."""
        until = now() + timedelta(**span)
        self._begin()
        while (moment := min(self._moments(), default=until)) < until:
            self.clock.forward(seconds=max((moment - now()).total_seconds(), 0) + 0.000_001)
            while self._busy and self._busy[0][0] <= now():
                heapq.heappop(self._busy)[2]()
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
        before, meter = set(self.stage.slack.said), Meter()
        self.stage.wire.meter = meter
        failed = function(batch)
        self.meter.calls += meter.calls
        ends = now() + timedelta(seconds=_seconds(meter))
        self.told |= dict.fromkeys(set(self.stage.slack.said) - before, ends)

        def finish() -> None:
            pool.queue.settle(batch, failed)
            pool.free.append(function)

        heapq.heappush(self._busy, (ends, next(self._numbers), finish))
        return True

    def _moments(self) -> list[datetime]:
        """When something may happen next: somebody is free again, or something is due for who is."""
        due = [pool.queue.next_due() for pool in self.pools if pool.free]
        return [*(ends for ends, _, _ in self._busy[:1]), *(_moment(each) for each in due if each is not None)]


def _seconds(meter: Meter) -> float:
    slack, sts = sum(meter.slack.values()), meter.calls["sts:AssumeRole"]
    return slack * SLACK_SECONDS + sts * STS_SECONDS + (meter.aws - sts) * AWS_SECONDS


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
