"""Redrive: looks into the hub's dead-letter queues, and sends back what lies there.

    look:       take ─▶ examine ─▶ lay back
    send back:  take ─▶ examine ─▶ send ─▶ delete      what is not sent is laid back

Who takes a message from SQS hides it from everybody else, in a FIFO queue together with the rest of its group. So it is
hidden for a minute, and made visible again as soon as it can be. A message is deleted only after SQS has taken its
copy: whatever happens between, it is there at least once, and Coastguard does not mind twice.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from coastguard.dead_letters import Finding, Kind, Letter, examine

# Looking is bounded: what 1,000 do not tell, 10,000 do not tell either.
MOST_LOOKED_AT = 1_000
# Longer than a batch takes to be sent and deleted; who dies leaves a queue unreadable for no longer than this.
HIDDEN_SECONDS = 60
# Asks all of SQS's servers: a short poll asks some, and says "nothing" of a queue that is not empty.
_WAIT_SECONDS = 1
_BATCH = 10
_LONGEST_BATCH = 1_048_576

# Hears how many more messages are dealt with.
Tick = Callable[[int], None]


class RedriveError(Exception):
    """The dead letters cannot be reached; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A dead-letter queue, and the queue that its messages were meant for."""

    kind: Kind
    url: str
    home: str

    @property
    def name(self) -> str:
        """The dead-letter queue's name."""
        return self.url.rpartition("/")[2]

    @property
    def fifo(self) -> bool:
        """Whether its messages have groups."""
        return self.url.endswith(".fifo")


@dataclass(frozen=True, slots=True)
class Overview:
    """What lies in a dead-letter queue: how many, how many of them somebody else is reading, and what was found."""

    queue: Queue
    total: int
    taken: int
    findings: Sequence[Finding]


@dataclass(slots=True)
class Tally:
    """What has become of a queue's messages so far. `refused`: SQS's codes; `undeleted` ones will come twice."""

    sent: int = 0
    parked: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    undeleted: int = 0


# Outputs of the hub's stack.
_OUTPUTS = {
    Kind.DELAY: ("DelayDeadQueueUrl", "DelayQueueUrl"),
    Kind.LOOKS: ("LooksDeadQueueUrl", "LooksQueueUrl"),
    Kind.ACTS: ("ActsDeadQueueUrl", "ActsQueueUrl"),
}


def queues(outputs: Mapping[str, str], kinds: Iterable[Kind]) -> list[Queue]:
    """Find the queues among the outputs of the hub's stack. Raises RedriveError."""
    missing = [name for kind in kinds for name in _OUTPUTS[kind] if name not in outputs]
    if missing:
        raise RedriveError(f"The hub's stack does not name {', '.join(missing)}: deploy it again.")
    return [Queue(kind, *(outputs[name] for name in _OUTPUTS[kind])) for kind in kinds]


def count(sqs: Any, queue: Queue) -> tuple[int, int]:  # noqa: ANN401  # boto3's clients have no types
    """Tell about how many messages lie there, and how many more somebody is reading just now."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counted = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)["Attributes"]
    return int(counted[names[0]]), int(counted[names[1]])


def look(sqs: Any, queue: Queue, now: datetime, most: int, tick: Tick) -> Overview:  # noqa: ANN401  # the same
    """Examine about `most` messages and lay them back. Of a FIFO group SQS shows at most ten at a time."""
    total, taken = count(sqs, queue)
    found: dict[str, Finding] = {}
    with _Hand(sqs, queue.url) as hand:
        for letters in _unseen(hand, min(total, most)):
            # Bodies may be a megabyte each, so they are not kept.
            found |= {letter.id: examine(queue.kind, letter, now) for letter in letters}
            tick(len(letters))
    return Overview(queue, max(total, len(found)), taken, tuple(found.values()))


def send_back(  # noqa: PLR0913  # and whom to tell
    sqs: Any,  # noqa: ANN401  # the same
    queue: Queue,
    chosen: Callable[[Letter], bool],
    most: int,
    tally: Tally,
    tick: Tick,
) -> None:
    """Send the chosen ones of about `most` messages back, and delete them here; `tally` is true at every moment.

    No more than lay there in the beginning: what fails again comes back meanwhile, and this would never end.
    """
    with _Hand(sqs, queue.url) as hand:
        for letters in _unseen(hand, most):
            going = [letter for letter in letters if chosen(letter)]
            tally.parked += len(letters) - len(going)
            for batch in _that_fit(going):
                answer = sqs.send_message_batch(
                    QueueUrl=queue.home, Entries=[_entry(queue, str(n), letter) for n, letter in enumerate(batch)]
                )
                failed = {int(failure["Id"]): str(failure["Code"]) for failure in answer.get("Failed", ())}
                hand.sent(letter for number, letter in enumerate(batch) if number not in failed)
                tally.sent += len(batch) - len(failed)
                tally.refused.update(failed.values())
                tally.undeleted += hand.delete_sent()
            tick(len(letters))


class _Hand:
    """Takes letters out of a dead-letter queue, and in the end deletes what was sent and lays back all others."""

    def __init__(self, sqs: Any, url: str) -> None:  # noqa: ANN401  # the same
        self._sqs = sqs
        self._url = url
        self._held: dict[str, str] = {}
        self._sent: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, raised: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.delete_sent()
            self._lay_back()
        except (BotoCoreError, ClientError):
            # What is still hidden comes back by itself in a minute; what went wrong first is what is to be told.
            if raised is None:
                raise

    def take(self) -> list[Letter]:
        """Take up to ten; none when nothing is left that SQS gives out."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            AttributeNames=["SentTimestamp", "MessageGroupId"],
            MessageAttributeNames=["All"],
        )
        letters = [_letter(message) for message in answer.get("Messages", ())]
        self._held |= {letter.id: letter.receipt for letter in letters}
        return letters

    def sent(self, letters: Iterable[Letter]) -> None:
        """Note that SQS has taken the copies of these."""
        self._sent += [self._held.pop(letter.id) for letter in letters]

    def delete_sent(self) -> int:
        """Delete what was sent; tells how many could not be deleted."""
        undeleted = 0
        while batch := self._sent[:_BATCH]:
            entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(batch)]
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            undeleted += len(answer.get("Failed", ()))
            del self._sent[:_BATCH]
        return undeleted

    def _lay_back(self) -> None:
        receipts = list(self._held.values())
        for start in range(0, len(receipts), _BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(receipts[start : start + _BATCH])
            ]
            # An entry fails when its minute is over: then it is visible already.
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _unseen(hand: _Hand, most: int) -> Iterator[list[Letter]]:
    """Take until about `most` were seen, or nothing new comes: after a minute those that were seen come round again."""
    seen: set[str] = set()
    while len(seen) < most:
        letters = [letter for letter in hand.take() if letter.id not in seen]
        if not letters:
            return
        seen |= {letter.id for letter in letters}
        yield letters


def _letter(message: Mapping[str, Any]) -> Letter:
    told = message.get("MessageAttributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        group=message["Attributes"].get("MessageGroupId", ""),
        sent=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        attributes={name: value["StringValue"] for name, value in told.items() if "StringValue" in value},
    )


def _entry(queue: Queue, number: str, letter: Letter) -> dict[str, str]:
    """Write the copy: the body alone, for a reason or error of last time would be a lie if it died once more."""
    entry = {"Id": number, "MessageBody": letter.body}
    if queue.fifo:
        # With its old deduplication id SQS would take it, drop it as a double if it was first sent less than five
        # minutes ago, and we would delete the only one. This id is the same if we die before deleting and try again.
        fresh = hashlib.sha256(f"redrive {letter.id}".encode()).hexdigest()
        entry |= {"MessageGroupId": letter.group, "MessageDeduplicationId": fresh}
    return entry


def _that_fit(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Cut into batches that SQS takes in one call."""
    batch: list[Letter] = []
    room = _LONGEST_BATCH
    for letter in letters:
        size = len(letter.body.encode())
        if batch and size > room:
            yield batch
            batch, room = [], _LONGEST_BATCH
        batch.append(letter)
        room -= size
    if batch:
        yield batch
