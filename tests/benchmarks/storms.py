"""The storms: how many agents go quiet where, and the events that tell of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from hub.incidents.hint_messages import to_message
from hub.incidents.hints import StormHint
from hub.queues import group_id
from tests.benchmarks.stage import TABLE, Stage, now
from tests.hub.factories import GRACE
from tests.signed_in import HUB_REGION
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
            Place(f"{200_000_000_000 + account:012}", HUB_REGION, f"prod-{cluster}")
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


def until_said(stage: Stage, go_on: Callable[[], None]) -> None:
    """Let a storm go on until all its clusters are posted.

    A chain of turns is only so long (hub.chain). What is left then the next round of the sweep asks for; here that is
    asked at once, and nothing else of a round.
    """
    left = _unposted(stage)
    while left:
        place = StormHint(left[0]["channel"], HUB_REGION)
        stage.looks.send(to_message(place), group=group_id(place), token=f"{len(left)} left")
        go_on()
        before, left = left, _unposted(stage)
        if len(left) == len(before):
            raise RuntimeError(f"{len(left)} clusters of the storm are never posted")


def _unposted(stage: Stage) -> list[dict[str, str]]:
    rows = [row for row in stage.tables.rows(TABLE) if row["sk"]["S"] == "bulletin" and "open_pk" in row]
    return [kept for kept in (json.loads(row["data"]["S"]) for row in rows) if not kept["ts"]]
