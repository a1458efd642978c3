"""The hub in virtual time: one function at a time, and the clock leaps to whatever comes next.

Minutes of waiting, backing off and sweeping take no time at all. What runs side by side on Lambda runs one after
another here, so this is for what comes of it in the end, not for how long it takes.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import botocore.endpoint
import time_machine

from tests.benchmarks.functions import Environments
from tests.benchmarks.lambdas import INGEST_BATCH, LOOK_BATCH
from tests.benchmarks.stage import Stage, now
from tests.hub.timing import Clock
from tests.wire.queues import Queue

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_ROUND = timedelta(minutes=1)


@contextmanager
def virtual_time() -> Iterator[Clock]:
    """A clock that stands still unless it is moved; who waits before trying again moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = Clock(traveller)
        sleeper = SimpleNamespace(sleep=lambda seconds: clock.forward(seconds=seconds))
        with patch.object(botocore.endpoint, "time", sleeper):
            yield clock


@dataclass
class Timeline:
    """One environment of each function, between the stage's queues."""

    stage: Stage
    environments: Environments
    clock: Clock
    failed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._next_round = now() + _ROUND

    def play(self, **span: float) -> None:
        """Let time pass, and the hub do what is due meanwhile."""
        until = now() + timedelta(**span)
        self.deliver()
        while (moment := min(self._due(), default=until)) < until:
            self.clock.forward(seconds=max((moment - now()).total_seconds(), 0) + 0.001)
            if now() >= self._next_round:
                self._next_round += _ROUND
                self.sweep()
            self.deliver()
        self.clock.forward(seconds=max((until - now()).total_seconds(), 0))

    def deliver(self) -> None:
        """Hand over everything that is due, as long as there is anything."""
        while self._hand_over(self.stage.delay, INGEST_BATCH, self.environments.ingest) + self._hand_over(
            self.stage.looks, LOOK_BATCH, self.environments.look
        ):
            pass

    def sweep(self) -> None:
        """Make a round. One that fails is made up for by the next."""
        try:
            self.environments.sweep()
        except Exception:  # noqa: BLE001 - as Lambda: the invocation has failed, and that is all
            self.failed["rounds"] += 1

    def _hand_over(self, queue: Queue, most: int, function: Callable[[dict[str, object]], list[str]]) -> int:
        batch = queue.receive(most)
        if batch["Records"]:
            try:
                failed = function(batch)
            except Exception:  # noqa: BLE001 - as Lambda: the whole batch comes back when its visibility ends
                self.failed["batches"] += 1
            else:
                queue.settle(batch, failed)
        return len(batch["Records"])

    def _due(self) -> list[datetime]:
        moments = [self.stage.delay.next_due(), self.stage.looks.next_due()]
        return [self._next_round, *(datetime.fromtimestamp(moment, UTC) for moment in moments if moment is not None)]
