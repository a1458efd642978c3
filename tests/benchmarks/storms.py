"""The storms: how many agents go quiet where, and the events that tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.benchmarks.stage import REGION, Stage, now
from tests.hub.factories import GRACE
from tests.wire.members import Place
from tests.wire.payloads import Machine, event

_SEED = 20261120


@dataclass(frozen=True)
class Storm:
    """So many agents in each of so many clusters in each of so many accounts, all at once."""

    name: str
    accounts: int
    clusters: int
    instances: int

    @property
    def events(self) -> int:
        return self.accounts * self.clusters * self.instances

    def places(self) -> list[Place]:
        return [
            Place(f"{200_000_000_000 + account:012}", REGION, f"prod-{cluster}")
            for account in range(self.accounts)
            for cluster in range(self.clusters)
        ]

    def break_out(self, stage: Stage) -> list[Machine]:
        """Make the machines and unplug them, their grace long over."""
        machines = [machine for place in self.places() for machine in stage.members.grow(place, self.instances)]
        for machine in machines:
            machine.unplug()
        return machines


ONE = Storm("one event", 1, 1, 1)
BATCH = Storm("100 in one batch", 1, 1, 100)
CLUSTER = Storm("1,000 in one cluster", 1, 1, 1_000)
CLUSTERS = Storm("10 clusters x 100, shuffled", 1, 10, 100)
ACCOUNTS = Storm("100 accounts x 10, shuffled", 100, 1, 10)
ZONE = Storm("200 accounts x 2 clusters x 25, shuffled", 200, 2, 25)


def send(stage: Stage, machines: Sequence[Machine], *, batch: int = 1_000, spread: float = 0.0) -> None:
    """Put the events into the delay queue, shuffled and their wait over; batch after batch within `spread` seconds."""
    mixed = list(machines)
    Random(_SEED).shuffle(mixed)  # noqa: S311 - the same each time
    gone = now() - GRACE - timedelta(seconds=5)
    told = [event(machine, gone) for machine in mixed]
    batches = [told[start : start + batch] for start in range(0, len(told), batch)]
    begins = now().timestamp()
    for number, each in enumerate(batches):
        for text in each:
            stage.delay.send(text, at=begins + spread * number / max(len(batches) - 1, 1))
