"""SQS on the wire, in memory, and what Lambda's event source mappings do with it.

The functions send (`hang`); who plays Lambda takes batches out (`receive`) and says what came of them (`settle`).

- A standard queue gives out whatever is due.
- A FIFO queue gives out a group's messages in their order, as many together as fit the batch, and nothing more of a
  group while one of its messages is in flight. A message sent again with the same deduplication id within five minutes
  is dropped (per group, as in high-throughput mode).
- What was received too often goes to the queue for dead letters.

`now` gives seconds since 1970; several threads may use a queue.
"""

import hashlib
import heapq
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from typing import Any

from spoke.discovery import UNDELIVERED_QUEUE
from tests.wire.wire import HUB, Call, Failure, Json, Stray, Wire

_BATCH = 10
_LONGEST = 1_048_576
_PAYLOAD = 6 * 1024 * 1024
_LONGEST_DELAY = 900
_LONGEST_ID = 128
_REMEMBERED = 300
_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/"
_ENTRY = {"Id", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageGroupId", "MessageDeduplicationId"}


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

    @property
    def in_flight(self) -> bool:
        """Whether somebody has it, or has had it and it waits to come back: either way it holds its group."""
        return self.receives > 0

    def record(self, arn: str) -> Json:
        """As Lambda hands it to a function."""
        attributes = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(int(self.sent * 1_000)),
            **({"MessageGroupId": self.group} if self.group else {}),
            **({"AWSTraceHeader": self.trace} if self.trace else {}),
        }
        return {
            "messageId": self.id,
            "receiptHandle": f"{self.id}#{self.receives}",
            "body": self.body,
            "attributes": attributes,
            "messageAttributes": dict(self.attributes),
            "md5OfBody": _md5(self.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": "eu-west-1",
        }


class Queue:
    """One queue, made as its template says."""

    def __init__(
        self, name: str, properties: Mapping[str, Any], now: Callable[[], float], dead: "Queue | None"
    ) -> None:
        self.name = name
        self.url = f"{_URL}{name}"
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
            message = Message(name, body, due, now, group, attributes or {}, trace=trace)
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
            taken = self._of_groups(most) if self.fifo else self._standard(most)
            arn = f"arn:aws:sqs:eu-west-1:111122223333:{self.name}"
            return {"Records": [message.record(arn) for message in taken]}

    def _standard(self, most: int) -> list[Message]:
        now, room, taken = self._now(), _PAYLOAD, list[Message]()
        while self._due and self._due[0][0] <= now and len(taken) < most:
            due, _, name = self._due[0]
            message = self._messages.get(name)
            if message is None or message.due != due:  # gone, or put off meanwhile
                heapq.heappop(self._due)
                continue
            if len(message.body) > room:
                break
            heapq.heappop(self._due)
            if self._given_out(message, now):
                heapq.heappush(self._due, (message.due, next(self._numbers), name))
                taken.append(message)
                room -= len(message.body)
        return taken

    def _of_groups(self, most: int) -> list[Message]:
        now, taken = self._now(), list[Message]()
        for group in list(self._groups):
            if len(taken) == most:
                break
            waiting = [self._messages[name] for name in self._groups[group]]
            if any(message.in_flight and message.due > now for message in waiting):
                continue
            for message in waiting[: most - len(taken)]:
                if message.due <= now and self._given_out(message, now):
                    taken.append(message)
        return taken

    def _given_out(self, message: Message, now: float) -> bool:
        if self._most and message.receives >= self._most:
            self._drop(message)
            if self._dead is not None:
                self._dead.send(message.body, group=message.group, token=message.id, attributes=message.attributes)
            return False
        message.receives += 1
        message.due = now + self.visibility
        return True

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
            message.due = self._now() + seconds
            if not self.fifo:
                heapq.heappush(self._due, (message.due, next(self._numbers), name))
            self.changed.notify_all()

    def next_due(self) -> float | None:
        """When something can be given out at the earliest; in the past if it can be now."""
        with self.changed:
            if not self.fifo:
                return min((message.due for message in self._messages.values()), default=None)
            groups = [[self._messages[name] for name in names] for names in self._groups.values()]
            held = [[message.due for message in group if message.in_flight] for group in groups]
            return min((max(due, default=group[0].due) for group, due in zip(groups, held, strict=True)), default=None)

    def bodies(self) -> list[str]:
        """What lies here: due, delayed and in flight."""
        with self.changed:
            return [message.body for message in self._messages.values()]

    def __len__(self) -> int:
        return len(self._messages)


class Sqs:
    """The hub's queues by name, as SQS answers for them."""

    def __init__(self, *queues: Queue) -> None:
        self._queues = {queue.url: queue for queue in queues}

    def hang(self, wire: Wire) -> None:
        """Answer for SQS."""
        wire.services["sqs"] = self

    def __call__(self, call: Call) -> bytes:
        if call.account != HUB:
            return _in_a_member(call)
        operation = self._OPERATIONS.get(call.operation)
        if operation is None:
            raise Stray(f"sqs:{call.operation} by {call.account}")
        queue = self._queues.get(call.fields["QueueUrl"])
        if queue is None:
            raise Failure("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        return json.dumps(operation(self, call, queue), separators=(",", ":")).encode()

    def _send(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", *(_ENTRY - {"Id"}))
        return _sent(queue, call.fields, call.trace)

    def _send_batch(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "Entries")
        entries = call.fields["Entries"]
        if not 1 <= len(entries) <= _BATCH:
            raise Failure("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries")
        if len({entry["Id"] for entry in entries}) < len(entries):
            raise Failure("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id is not unique")
        if sum(len(entry["MessageBody"].encode()) for entry in entries) > _LONGEST:
            raise Failure("AWS.SimpleQueueService.BatchRequestTooLong", "longer than 1048576 bytes")
        with queue.changed:  # nobody gets half a batch
            return {"Successful": [{"Id": entry["Id"], **_sent(queue, entry, call.trace)} for entry in entries]}

    def _change_visibility(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "Entries")
        entries = call.fields["Entries"]
        if not 1 <= len(entries) <= _BATCH:
            raise Failure("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries")
        failed = []
        for entry in entries:
            try:
                queue.put_off(entry["ReceiptHandle"], entry["VisibilityTimeout"])
            except Failure as failure:
                failed.append({"Id": entry["Id"], "Code": failure.code, "SenderFault": True})
        names = {entry["Id"] for entry in failed}
        return {"Successful": [{"Id": entry["Id"]} for entry in entries if entry["Id"] not in names], "Failed": failed}

    _OPERATIONS: dict[str, Callable[["Sqs", Call, Queue], Json]] = {  # noqa: RUF012 - never changed
        "SendMessage": _send,
        "SendMessageBatch": _send_batch,
        "ChangeMessageVisibilityBatch": _change_visibility,
    }


def _in_a_member(call: Call) -> bytes:
    """A member has one queue, for what could not be delivered to the hub, and here everything could."""
    call.only("QueueUrl", "AttributeNames")
    theirs = f"https://sqs.{call.region}.amazonaws.com/{call.account}/{UNDELIVERED_QUEUE}"
    if call.operation != "GetQueueAttributes" or call.fields["QueueUrl"] != theirs:
        raise Stray(f"sqs:{call.operation} on {call.fields['QueueUrl']} by {call.account}")
    return json.dumps({"Attributes": dict.fromkeys(call.fields["AttributeNames"], "0")}).encode()


def _sent(queue: Queue, entry: Mapping[str, Any], trace: str) -> Json:
    strange = entry.keys() - _ENTRY - {"QueueUrl"}
    if strange:
        raise Stray(f"a message with {', '.join(sorted(strange))}")
    body, group, token = entry["MessageBody"], entry.get("MessageGroupId", ""), entry.get("MessageDeduplicationId", "")
    delay = entry.get("DelaySeconds")
    if not body or len(body.encode()) > _LONGEST:
        raise Failure("InvalidParameterValue", "a message has 1 to 1048576 bytes")
    if queue.fifo and (delay is not None or not 1 <= len(group) <= _LONGEST_ID or not 1 <= len(token) <= _LONGEST_ID):
        raise Failure(
            "InvalidParameterValue", "a FIFO queue wants a group and a token, and no delay of a message's own"
        )
    if not queue.fifo and (token or (delay is not None and not 0 <= delay <= _LONGEST_DELAY)):
        raise Failure("InvalidParameterValue", "a standard queue delays for 0 to 900 seconds and knows no token")
    attributes = entry.get("MessageAttributes")
    name = queue.send(body, delay=delay, group=group, token=token, attributes=attributes, trace=trace)
    return {"MessageId": name, "MD5OfMessageBody": _md5(body)}


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
