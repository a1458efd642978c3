"""Lambda in real time: event source mappings with so many concurrent environments each, as threads of this process.

Each poller takes a batch as the queues give it out (tests.wire.queues), has an environment work it off, and tells the
queue what failed. Environments are kept warm and the one used last is used first, as on Lambda. All threads share one
interpreter, so where much is to be computed at once it takes longer here than on machines of their own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread

from tests.benchmarks.functions import Function, Functions
from tests.benchmarks.progress import say
from tests.benchmarks.storms import ONE, send
from tests.wire.queues import Queue

INGESTS = 5
LOOKS = 10
INGEST_BATCH = 1_000
LOOK_BATCH = 10
_PATIENCE = 240
_GLANCE = 0.05


class Stuck(Exception):
    """The queues do not get empty."""


@dataclass
class _Pool:
    """A function's environments; one is made when all others are busy."""

    make: Callable[[], Function]
    _free: list[Function] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def warm(self, number: int) -> list[Function]:
        """Make environments until there are so many."""
        self._free += [self.make() for _ in range(number - len(self._free))]
        return list(self._free)

    @contextmanager
    def environment(self) -> Iterator[Function]:
        with self._lock:
            function = self._free.pop() if self._free else self.make()
        try:
            yield function
        finally:
            with self._lock:
                self._free.append(function)


class Lambdas:
    """Ingest and look, with their mappings."""

    def __init__(self, functions: Functions) -> None:
        self._stage = functions.stage
        self._functions = functions
        self._ingests = _Pool(functions.ingest)
        self._looks = _Pool(functions.look)
        self._stopping = False
        self._died: list[BaseException] = []

    def warm(self, *, ingests: int = INGESTS, looks: int = LOOKS) -> None:
        """Have so many environments, each of which has worked once and so made all its clients."""
        for ingest in self._ingests.warm(ingests):
            self._work_once(ingest)
        for look in self._looks.warm(looks):
            self._work_once(self._ingests.warm(1)[0], look)
        self._stage.clear()

    def _work_once(self, ingest: Function, look: Function | None = None) -> None:
        self._stage.clear()
        send(self._stage, ONE.break_out(self._stage))
        if failed := ingest(self._stage.delay.receive(1)):
            raise Stuck(f"not even one event gets through: {failed}")
        if look and (failed := look(self._stage.looks.receive(1))):
            raise Stuck(f"not even one look succeeds: {failed}")

    def run(self, *, ingest_batch: int = INGEST_BATCH, ingests: int = INGESTS, looks: int = LOOKS) -> None:
        """Work until both queues are empty."""
        self._stopping = False
        pollers = [
            *self._pollers(ingests, self._stage.delay, ingest_batch, self._ingests),
            *self._pollers(looks, self._stage.looks, LOOK_BATCH, self._looks),
        ]
        for poller in pollers:
            poller.start()
        try:
            self._await_rest()
        finally:
            self._stopping = True
            for poller in pollers:
                poller.join()
        if self._died:
            raise self._died[0]

    def _await_rest(self) -> None:
        began, said = time.perf_counter(), time.perf_counter()
        delay, looks = self._stage.delay, self._stage.looks
        # In this order: what leaves the first queue is in the second one before.
        while not self._died and (len(delay) or len(looks)):
            time.sleep(_GLANCE / 10)
            if time.perf_counter() - said > 2:
                said = time.perf_counter()
                say(f"    {said - began:4.0f} s: {len(delay):,} events and {len(looks):,} hints wait")
            if time.perf_counter() - began > _PATIENCE:
                raise Stuck(f"after {_PATIENCE} s {len(delay)} events and {len(looks)} hints still wait")

    def _pollers(self, number: int, queue: Queue, most: int, pool: _Pool) -> list[Thread]:
        return [Thread(target=self._poll, args=(queue, most, pool), daemon=True) for _ in range(number)]

    def _poll(self, queue: Queue, most: int, pool: _Pool) -> None:
        meter = self._stage.wire.meter
        try:
            while not self._stopping:
                with meter.not_ours():
                    batch = queue.receive(most)
                    if not batch["Records"]:
                        with queue.changed:
                            queue.changed.wait(_GLANCE)
                        continue
                with pool.environment() as function:
                    failed = function(batch)
                with meter.not_ours():
                    queue.settle(batch, failed)
        except BaseException as error:  # noqa: BLE001 - kept for who waits, and raised there
            self._died.append(error)
