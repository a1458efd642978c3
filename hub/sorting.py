"""Sorting mail: a batch of the delay queue becomes one message per cluster for looks.fifo. Calls neither ECS nor Slack.

A record that can never be read is counted, parked in the dead-letter queue with its reason, and forgotten here: it is
not retried and does not hold up its neighbours.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.hints import BadHint, Foreign, Hint, from_message, gather
from hub.queues import Queues, Record
from spoke.places import Cluster

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sorter:
    """Everything that sorting works with."""

    queues: Queues
    looks_url: str
    dead_url: str
    count: Callable[[str, int], None]

    def sort(self, batch: Sequence[Record]) -> list[str]:
        """Send a batch on; returns the ids of the records to give back."""
        good: list[tuple[Record, Hint]] = []
        bad: list[tuple[Record, str]] = []
        for record in batch:
            try:
                hint = from_message(record.body)
            except BadHint as error:
                kind = "foreign" if isinstance(error, Foreign) else "malformed"
                bad.append((record, f"{kind}: {error}"))
                self.count(kind, 1)
                log.warning("record.parked", extra={"record": record.id, "reason": f"{kind}: {error}"})
            else:
                if hint:
                    good.append((record, hint))
                else:
                    self.count("drills", 1)
        refused = self.queues.ask_looks(self.looks_url, gather(hint for _, hint in good), _token(good))
        self.count("hints", len(good))
        return [*self._unsent(good, refused), *sorted(self.queues.park(self.dead_url, bad))]

    def _unsent(self, good: Sequence[tuple[Record, Hint]], refused: set[Cluster]) -> list[str]:
        return [record.id for record, hint in good if hint.cluster in refused]


def _token(good: Sequence[tuple[Record, Hint]]) -> str:
    """Name this batch: SQS forgets what the same batch asks again after a crash."""
    return hashlib.sha256(" ".join(sorted(record.id for record, _ in good)).encode()).hexdigest()
