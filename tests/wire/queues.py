"""SQS's queues in memory, and what Lambda's event source mappings do with them. tests.wire.sqs puts them on the wire.

The functions send; who plays Lambda takes batches out (`receive`) and says what came of them (`settle`).

- A standard queue gives out whatever is due.
- A FIFO queue gives out a group's messages in their order, as many together as fit the batch, and nothing more of a
  group while one of its messages is in flight. A message sent again with the same deduplication id within five minutes
  is dropped (per group, as in high-throughput mode).
- What was received too often goes to the queue for dead letters.

`now` gives seconds since 1970; several threads may use a queue.
"""

import hashlib
import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Condition
from typing import Any

from tests.wire.wire import Failure, Json

_PAYLOAD = 6 * 1024 * 1024
_REMEMBERED = 300
_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/"


@dataclass(slots=True)
class Message:
    """One message. It is due at `due`: after its delay, and again when its visibility timeout is over."""

    id: str
    body: str
    due: float
    sent: float
    group: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    receives: int = 0
    trace: str = ""
    token: str = ""

    @property
    def receipt(self) -> str:
        """Another one each time that it is given out."""
        return f"{self.id}#{self.receives}"

    @property
    def in_flight(self) -> bool:
        """Whether somebody has it, or has had it and it waits to come back: either way it holds its group."""
        return self.receives > 0

    def record(self, arn: str) -> Json:
        """As Lambda hands it to a function."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": self.told(),
            "messageAttributes": dict(self.attributes),
            "md5OfBody": md5(self.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": "eu-west-1",
        }

    def told(self) -> dict[str, str]:
        """What SQS says of it."""
        return {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(int(self.sent * 1_000)),
            **({"MessageGroupId": self.group, "MessageDeduplicationId": self.token} if self.group else {}),
            **({"AWSTraceHeader": self.trace} if self.trace else {}),
        }


class Queue:
    """One queue, made as its template says."""

    def __init__(
        self, name: str, properties: Mapping[str, Any], now: Callable[[], float], dead: "Queue | None"
    ) -> None:
        self.name = name
        self.url = f"{_URL}{name}"
        self.arn = f"arn:aws:sqs:eu-west-1:111122223333:{name}"
        self.fifo = bool(properties.get("FifoQueue", False))
        self.delay = float(properties.get("DelaySeconds", 0))
        self.visibility = float(properties.get("VisibilityTimeout", 30))
        self.changed = Condition()  # its lock may be taken again by who holds it
        self._most = int(properties.get("RedrivePolicy", {}).get("maxReceiveCount", 0))
        self._dead = dead
        self._now = now
        self._numbers = count(1)
        self._messages: dict[str, Message] = {}
        self._due: list[tuple[float, int, str]] = []
        self._groups: dict[str, deque[str]] = {}
        self._remembered: dict[tuple[str, str], float] = {}

    def send(
        self,
        body: str,
        *,
        delay: float | None = None,
        at: float | None = None,
        group: str = "",
        token: str = "",
        attributes: Mapping[str, Any] | None = None,
        trace: str = "",
    ) -> str:
        """Put a message in; its id. `at` is when it is due, for who plays the world that sends to the hub."""
        now = self._now()
        with self.changed:
            known = self._remembered.get((group, token))
            if self.fifo and known is not None and now - known < _REMEMBERED:
                return f"{self.name}-again"
            if self.fifo:
                self._remembered[group, token] = now
            number = next(self._numbers)
            wait = self.delay if delay is None or self.fifo else delay
            name, due = f"{self.name}-{number}", at or now + wait
            message = Message(name, body, due, now, group, attributes or {}, trace=trace, token=token)
            self._keep(message)
            self.changed.notify_all()
        return message.id

    def _keep(self, message: Message) -> None:
        self._messages[message.id] = message
        if self.fifo:
            self._groups.setdefault(message.group, deque()).append(message.id)
        else:
            heapq.heappush(self._due, (message.due, next(self._numbers), message.id))

    def receive(self, most: int) -> Json:
        """Give out a batch that is due, in the shape of Lambda's event; no Records when nothing is."""
        with self.changed:
            return {"Records": [message.record(self.arn) for message in self.take(most)]}

    def take(self, most: int, hidden: float | None = None) -> list[Message]:
        """Give out messages that are due, and hide them so many seconds, or as long as the queue has it."""
        with self.changed:
            until = self._now() + (self.visibility if hidden is None else hidden)
            return self._of_groups(most, until) if self.fifo else self._standard(most, until)

    def _standard(self, most: int, until: float) -> list[Message]:
        now, room, taken = self._now(), _PAYLOAD, list[Message]()
        again: list[tuple[float, int, str]] = []
        while self._due and self._due[0][0] <= now and len(taken) < most:
            due, _, name = self._due[0]
            message = self._messages.get(name)
            if message is None or message.due != due:  # gone, or put off meanwhile
                heapq.heappop(self._due)
                continue
            if len(message.body) > room:
                break
            heapq.heappop(self._due)
            if self._given_out(message, until):
                again.append((message.due, next(self._numbers), name))
                taken.append(message)
                room -= len(message.body)
        for each in again:  # and not before: who hides nothing would get the same ones again
            heapq.heappush(self._due, each)
        return taken

    def _of_groups(self, most: int, until: float) -> list[Message]:
        now, taken = self._now(), list[Message]()
        for group in list(self._groups):
            if len(taken) == most:
                break
            waiting = [self._messages[name] for name in self._groups[group]]
            if any(message.in_flight and message.due > now for message in waiting):
                continue
            for message in waiting[: most - len(taken)]:
                if message.due <= now and self._given_out(message, until):
                    taken.append(message)
        return taken

    def _given_out(self, message: Message, until: float) -> bool:
        if self._most and message.receives >= self._most:
            self._drop(message)
            if self._dead is not None:
                self._dead.bury(message)
            return False
        message.receives += 1
        message.due = until
        return True

    def bury(self, message: Message) -> None:
        """Take a dead letter in: it keeps its id, and the time when it was sent."""
        with self.changed:
            self._keep(replace(message, due=self._now(), receives=0))
            self.changed.notify_all()

    def settle(self, batch: Json, failed: Iterable[str]) -> None:
        """Forget the records of a batch that did not fail; those that failed come back when they are due."""
        kept = set(failed)
        with self.changed:
            for record in batch["Records"]:
                name = record["messageId"]
                if name not in kept and name in self._messages:
                    self._drop(self._messages[name])
            self.changed.notify_all()

    def _drop(self, message: Message) -> None:
        del self._messages[message.id]
        if self.fifo:
            self._groups[message.group].remove(message.id)
            if not self._groups[message.group]:
                del self._groups[message.group]

    def put_off(self, receipt: str, seconds: float) -> None:
        """Make a message that is in flight come back so much later."""
        name, _, receives = receipt.rpartition("#")
        with self.changed:
            message = self._messages.get(name)
            if message is None or message.receives != int(receives):
                raise Failure("ReceiptHandleIsInvalid", "The receipt handle has expired")
            if message.due <= self._now():
                raise Failure("MessageNotInflight", "The message is not in flight")
            message.due = self._now() + seconds
            if not self.fifo:
                heapq.heappush(self._due, (message.due, next(self._numbers), name))
            self.changed.notify_all()

    def forget(self, receipt: str) -> None:
        """Delete a message, if that is the receipt of who has it; a queue with groups refuses one that is over."""
        with self.changed:
            message = self._messages.get(receipt.rpartition("#")[0])
            if message is not None and message.receipt == receipt:
                if self.fifo and message.due <= self._now():
                    raise Failure("InvalidParameterValue", "The receipt handle has expired")
                self._drop(message)
                self.changed.notify_all()

    def counted(self) -> tuple[int, int, int]:
        """How many there are to be had, how many somebody has, and how many are delayed."""
        with self.changed:
            now, messages = self._now(), self._messages.values()
            hidden = sum(message.due > now and message.in_flight for message in messages)
            delayed = sum(message.due > now and not message.in_flight for message in messages)
            return len(messages) - hidden - delayed, hidden, delayed

    def next_due(self) -> float | None:
        """When something can be given out at the earliest; in the past if it can be now."""
        with self.changed:
            if not self.fifo:
                return min((message.due for message in self._messages.values()), default=None)
            groups = [[self._messages[name] for name in names] for names in self._groups.values()]
            held = [[message.due for message in group if message.in_flight] for group in groups]
            return min((max(due, default=group[0].due) for group, due in zip(groups, held, strict=True)), default=None)

    def messages(self) -> list[Message]:
        """What lies here: due, delayed and in flight."""
        with self.changed:
            return list(self._messages.values())

    def bodies(self) -> list[str]:
        return [message.body for message in self.messages()]

    def __len__(self) -> int:
        return len(self._messages)


def md5(body: str) -> str:
    """SQS's digest of a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
