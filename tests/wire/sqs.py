"""SQS on the wire: the hub's queues (tests.wire.queues) as its API has them, strict about what SQS would refuse.

Not modelled: long polls, which bring nothing but waiting where all is in memory, and how long messages are kept.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from spoke.discovery import UNDELIVERED_QUEUE
from tests.wire.queues import Message, Queue, md5
from tests.wire.wire import HUB, Call, Failure, Json, Stray, Wire

BATCH = 10
_LONGEST = 1_048_576
_LONGEST_DELAY = 900
_LONGEST_WAIT = 20
_ENTRY = {"Id", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageGroupId", "MessageDeduplicationId"}
_ASKED = {"AttributeNames", "MessageSystemAttributeNames"}
# What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_UNCARRIED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")


class Sqs:
    """The hub's queues by name. `refuses` is asked about each entry of a batch; `batches` counts these calls.

    `undelivered` says what lies in the members' own queues, by account; those of `without_queue` have none.
    """

    def __init__(self, *queues: Queue) -> None:
        self._queues = {queue.url: queue for queue in queues}
        self.refuses: Callable[[Json], bool] = lambda _: False
        self.batches = 0
        self.undelivered = Counter[str]()
        self.without_queue: set[str] = set()

    def hang(self, wire: Wire) -> None:
        """Answer for SQS."""
        wire.services["sqs"] = self

    def make(self, queue: Queue) -> None:
        """Let there be another queue."""
        self._queues[queue.url] = queue

    def delete(self, url: str) -> None:
        """Let a queue be gone."""
        del self._queues[url]

    def __call__(self, call: Call) -> bytes:
        if call.account != HUB:
            return self._in_a_member(call)
        operation = self._OPERATIONS.get(call.operation)
        if operation is None:
            raise Stray(f"sqs:{call.operation} by {call.account}")
        queue = self._queues.get(call.fields["QueueUrl"])
        if queue is None:
            raise Failure("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        return json.dumps(operation(self, call, queue), separators=(",", ":")).encode()

    def _in_a_member(self, call: Call) -> bytes:
        """A member has one queue, for what could not be delivered to the hub."""
        call.only("QueueUrl", "AttributeNames")
        theirs = f"https://sqs.{call.region}.amazonaws.com/{call.account}/{UNDELIVERED_QUEUE}"
        if call.operation != "GetQueueAttributes" or call.fields["QueueUrl"] != theirs:
            raise Stray(f"sqs:{call.operation} on {call.fields['QueueUrl']} by {call.account}")
        if call.account in self.without_queue:
            raise Failure("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        waiting = str(self.undelivered[call.account])
        return json.dumps({"Attributes": dict.fromkeys(call.fields["AttributeNames"], waiting)}).encode()

    # Sending

    def _send(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", *(_ENTRY - {"Id"}))
        _check(queue, call.fields)
        return _sent(queue, call.fields, call.trace)

    def _send_batch(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "Entries")
        entries = _entries(call)
        self.batches += 1
        if sum(map(_size, entries)) > _LONGEST:
            raise Failure("AWS.SimpleQueueService.BatchRequestTooLong", "longer than 1048576 bytes")
        for entry in entries:
            _check(queue, entry)
        with queue.changed:  # nobody gets half a batch
            taken = [entry for entry in entries if not self.refused(entry, entries.index(entry))]
            successful = [{"Id": entry["Id"], **_sent(queue, entry, call.trace)} for entry in taken]
        refused = [entry["Id"] for entry in entries if entry not in taken]
        failed = [{"Id": name, "Code": "InternalError", "SenderFault": False} for name in refused]
        return {"Successful": successful, "Failed": failed} if failed else {"Successful": successful}

    def refused(self, entry: Json, place: int) -> bool:  # noqa: ARG002 - who comes after it may go by the place
        """Whether SQS has no room for an entry of a batch just now."""
        return self.refuses(entry)

    # Receiving

    def _receive(self, call: Call, queue: Queue) -> Json:
        call.only(
            "QueueUrl", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds", "MessageAttributeNames", *_ASKED
        )
        most, fields = call.fields.get("MaxNumberOfMessages", 1), call.fields
        if not 1 <= most <= BATCH or not 0 <= fields.get("WaitTimeSeconds", 0) <= _LONGEST_WAIT:
            raise Failure("InvalidParameterValue", "1 to 10 messages, and a wait of up to 20 seconds")
        taken = queue.take(most, fields.get("VisibilityTimeout"))
        return {"Messages": [_shown(message, fields) for message in taken]} if taken else {}

    def _delete(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "ReceiptHandle")
        queue.forget(call.fields["ReceiptHandle"])
        return {}

    def _delete_batch(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "Entries")
        return _one_by_one(call, lambda entry: queue.forget(entry["ReceiptHandle"]))

    def _change_visibility(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "Entries")
        return _one_by_one(call, lambda entry: queue.put_off(entry["ReceiptHandle"], entry["VisibilityTimeout"]))

    def _attributes(self, call: Call, queue: Queue) -> Json:
        call.only("QueueUrl", "AttributeNames")
        there, hidden, delayed = queue.counted()
        known = {
            "ApproximateNumberOfMessages": str(there),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "QueueArn": queue.arn,
        }
        return {"Attributes": {name: known[name] for name in call.fields["AttributeNames"]}}

    _OPERATIONS: dict[str, Callable[["Sqs", Call, Queue], Json]] = {  # noqa: RUF012 - never changed
        "SendMessage": _send,
        "SendMessageBatch": _send_batch,
        "ReceiveMessage": _receive,
        "DeleteMessage": _delete,
        "DeleteMessageBatch": _delete_batch,
        "ChangeMessageVisibilityBatch": _change_visibility,
        "GetQueueAttributes": _attributes,
    }


def _entries(call: Call) -> list[Json]:
    entries: list[Json] = call.fields["Entries"]
    if not 1 <= len(entries) <= BATCH:
        raise Failure("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise Failure("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id is not unique")
    return entries


def _one_by_one(call: Call, do: Callable[[Json], None]) -> Json:
    """Do it with each entry of a batch, whatever becomes of the others."""
    done, failed = [], []
    for entry in _entries(call):
        try:
            do(entry)
            done.append({"Id": entry["Id"]})
        except Failure as failure:
            failed.append({"Id": entry["Id"], "Code": failure.code, "SenderFault": True})
    return {"Successful": done, "Failed": failed}


def _check(queue: Queue, entry: Mapping[str, Any]) -> None:
    """Refuse what SQS would not take."""
    strange = entry.keys() - _ENTRY - {"QueueUrl"}
    if strange:
        raise Stray(f"a message with {', '.join(sorted(strange))}")
    group, token = entry.get("MessageGroupId", ""), entry.get("MessageDeduplicationId", "")
    delay = entry.get("DelaySeconds")
    if any(not text or _strange(text) for text in _texts(entry)):
        raise Failure("InvalidMessageContents", "empty, or a character that SQS does not carry")
    if _size(entry) > _LONGEST:
        raise Failure("InvalidParameterValue", "a message has up to 1048576 bytes")
    if queue.fifo and (delay is not None or not _ID.fullmatch(group) or not _ID.fullmatch(token)):
        raise Failure(
            "InvalidParameterValue", "a FIFO queue wants a group and a token, and no delay of a message's own"
        )
    if not queue.fifo and (token or (delay is not None and not 0 <= delay <= _LONGEST_DELAY)):
        raise Failure("InvalidParameterValue", "a standard queue delays for 0 to 900 seconds and knows no token")


def _sent(queue: Queue, entry: Mapping[str, Any], trace: str) -> Json:
    body, group, token = entry["MessageBody"], entry.get("MessageGroupId", ""), entry.get("MessageDeduplicationId", "")
    attributes = entry.get("MessageAttributes")
    delay = entry.get("DelaySeconds")
    name = queue.send(body, delay=delay, group=group, token=token, attributes=attributes, trace=trace)
    return {"MessageId": name, "MD5OfMessageBody": md5(body)}


def _texts(entry: Mapping[str, Any]) -> list[str]:
    """Everything that is written in a message."""
    texts = [entry["MessageBody"]]
    for name, value in entry.get("MessageAttributes", {}).items():
        texts += [name, value["DataType"], value["StringValue"]]
    return texts


def _strange(text: str) -> bool:
    return not text.isprintable() and bool(_UNCARRIED.search(text))


def _size(entry: Mapping[str, Any]) -> int:
    return sum(len(text.encode(errors="surrogatepass")) for text in _texts(entry))


def _shown(message: Message, fields: Mapping[str, Any]) -> Json:
    asked = {name for key in _ASKED for name in fields.get(key, ())}
    told = {name: value for name, value in message.told().items() if name in asked or "All" in asked}
    shown: Json = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": md5(message.body),
        "Attributes": told,
    }
    if message.attributes and "All" in fields.get("MessageAttributeNames", ()):
        shown["MessageAttributes"] = dict(message.attributes)
    return shown
