"""SQS at its worst: it refuses part of a batch, gives a group out twice when its time is over, knows stale receipts."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.wire.queues import Message, Queue
from tests.wire.sqs import Sqs
from tests.wire.wire import Json

# Seconds after which at the latest a queue gives out again what a function has failed over.
_LONGEST_BACKOFF = 60


class Post(Queue):
    """A queue that knows of every dead letter how often a function has truly failed over it."""

    def __init__(self, name: str, properties: Mapping[str, Any], now: Callable[[], float], dead: "Post | None") -> None:
        super().__init__(name, properties, now, dead)
        self.dead: list[Message] = []
        self._failed: Counter[str] = Counter()

    def count_tries(self, batch: Json) -> None:
        """A function has run over the batch: what is still here has failed."""
        self._failed.update(record["messageId"] for record in batch["Records"] if record["messageId"] in self._messages)

    def lost(self) -> list[str]:
        """The bodies of dead letters over which no function has failed so often."""
        return [message.body for message in self.dead if self._failed[message.id] < self._most]

    def _given_out(self, message: Message, now: float) -> bool:
        given = super()._given_out(message, now)
        if not given:
            self.dead.append(message)
        return given

    def settle(self, batch: Json, failed: Iterable[str]) -> None:
        """Only who still has a message may delete it: a receipt is old once its message was given out again."""
        current = [
            record
            for record in batch["Records"]
            if (message := self._messages.get(record["messageId"]))
            and record["receiptHandle"] == f"{message.id}#{message.receives}"
        ]
        super().settle({"Records": current}, failed)

    def held(self) -> set[str]:
        """The groups that nobody gets, because a function has died over them; what has failed comes back in less."""
        until = self._now() + _LONGEST_BACKOFF
        return {message.group for message in self._messages.values() if message.in_flight and message.due > until}

    def time_over(self) -> None:
        """Visibility is over for everything that somebody has: it is given out again, whoever still works on it."""
        with self.changed:
            for message in self._messages.values():
                if message.in_flight and message.due > self._now():
                    self._failed[message.id] += 1
                    message.due = self._now()
                    if not self.fifo:
                        heapq.heappush(self._due, (message.due, next(self._numbers), message.id))


class Office(Sqs):
    """All queues. Of the entries of a batch, those at the `places` are refused."""

    places: frozenset[int] = frozenset()
    struck: Callable[[], None] = lambda: None

    def refused(self, entry: Json, place: int) -> bool:
        if place in self.places:
            self.struck()
        return place in self.places or super().refused(entry, place)
