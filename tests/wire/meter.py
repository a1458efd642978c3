"""The meter: what was called and made, and whose processor time it was."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

_NOT_AWS = "slack:"


@dataclass
class Meter:
    """Counts from when it is made. `cpu` and `elapsed` are in seconds and still until `stop`."""

    calls: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0
    elapsed: float = 0.0
    theirs: float = 0.0

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._began = time.perf_counter(), time.process_time()

    def called(self, operation: str, cpu: float) -> None:
        """Count a call ("ecs:DescribeClusters", "slack:chat.update") and what answering it took."""
        with self._lock:
            self.calls[operation] += 1
            self.theirs += cpu

    def made(self, service: str) -> None:
        """Count a client."""
        with self._lock:
            self.clients[service] += 1

    @contextmanager
    def not_ours(self) -> Iterator[None]:
        """Take out what this thread does meanwhile: it stands in for AWS."""
        began = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self.theirs += time.thread_time() - began

    def stop(self) -> None:
        """Read the clocks: the CPU is that of the whole process, all threads, without that of the stand-ins."""
        wall, cpu = self._began
        self.elapsed = time.perf_counter() - wall
        self.cpu = time.process_time() - cpu - self.theirs

    @property
    def aws(self) -> int:
        """How many calls AWS got."""
        return sum(number for name, number in self.calls.items() if not name.startswith(_NOT_AWS))

    @property
    def slack(self) -> dict[str, int]:
        """How many calls Slack got, by method."""
        return {name.removeprefix(_NOT_AWS): n for name, n in self.calls.items() if name.startswith(_NOT_AWS)}
