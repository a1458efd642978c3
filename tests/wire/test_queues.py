"""The queues on the wire: what Lambda's event source mappings rely on."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.wire.queues import Queue
from tests.wire.sqs import Sqs
from tests.wire.wire import Stray, Wire

REDRIVE = {"RedrivePolicy": {"maxReceiveCount": 2}}


class Now:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def standard(now: Now) -> Queue:
    dead = Queue("dead", {}, now, None)
    return Queue("delay", {"DelaySeconds": 120, "VisibilityTimeout": 60, **REDRIVE}, now, dead)


@pytest.fixture
def fifo(now: Now) -> Queue:
    return Queue("looks.fifo", {"FifoQueue": True, "VisibilityTimeout": 60}, now, None)


@pytest.fixture(scope="session")
def shared_sqs(wired: tuple[Wire, Any]) -> Any:
    return wired[1].client("sqs")


@pytest.fixture
def sqs(wire: Wire, shared_sqs: Any, standard: Queue, fifo: Queue) -> Any:
    Sqs(standard, fifo).hang(wire)
    return shared_sqs


def bodies(batch: dict[str, Any]) -> list[str]:
    return [record["body"] for record in batch["Records"]]


def test_a_message_is_delayed_as_the_queue_says_or_as_it_says_itself(now: Now, standard: Queue, sqs: Any) -> None:
    sqs.send_message(QueueUrl=standard.url, MessageBody="grace")
    sqs.send_message(QueueUrl=standard.url, MessageBody="soon", DelaySeconds=5)
    now.seconds += 5
    soon = standard.receive(10)
    assert bodies(soon) == ["soon"]
    standard.settle(soon, [])
    now.seconds += 115
    assert bodies(standard.receive(10)) == ["grace"]


def test_what_failed_comes_back_when_its_visibility_is_over_and_then_is_dead(now: Now, standard: Queue) -> None:
    standard.send("bad", delay=0)
    for tries in (1, 2):
        batch = standard.receive(10)
        assert batch["Records"][0]["attributes"]["ApproximateReceiveCount"] == str(tries)
        standard.settle(batch, [batch["Records"][0]["messageId"]])
        assert bodies(standard.receive(10)) == []
        now.seconds += 60
    assert bodies(standard.receive(10)) == []
    assert len(standard) == 0
    assert standard._dead is not None
    assert standard._dead.bodies() == ["bad"]


def test_a_batch_ends_at_six_megabytes(standard: Queue) -> None:
    for _ in range(8):
        standard.send("x" * 1_000_000, delay=0)
    assert len(standard.receive(1_000)["Records"]) == 6


def test_a_group_in_flight_holds_its_later_messages(fifo: Queue) -> None:
    fifo.send("a1", group="a", token="1")
    first = fifo.receive(10)
    fifo.send("a2", group="a", token="2")
    fifo.send("b1", group="b", token="1")
    assert bodies(fifo.receive(10)) == ["b1"]
    fifo.settle(first, [])
    assert bodies(fifo.receive(10)) == ["a2"]


def test_a_groups_messages_come_together_and_fill_the_batch_with_the_next_group(fifo: Queue) -> None:
    for number in range(8):
        fifo.send(f"a{number}", group="a", token=f"{number}")
    for number in range(4):
        fifo.send(f"b{number}", group="b", token=f"{number}")
    assert bodies(fifo.receive(10)) == [*(f"a{number}" for number in range(8)), "b0", "b1"]


def test_a_group_put_off_comes_back_whole_and_in_its_order(now: Now, fifo: Queue, sqs: Any) -> None:
    for number in range(2):
        fifo.send(f"a{number}", group="a", token=f"{number}")
    batch = fifo.receive(10)
    receipts = [record["receiptHandle"] for record in batch["Records"]]
    entries = [{"Id": f"{n}", "ReceiptHandle": receipt, "VisibilityTimeout": 5} for n, receipt in enumerate(receipts)]
    sqs.change_message_visibility_batch(QueueUrl=fifo.url, Entries=entries)
    fifo.settle(batch, [record["messageId"] for record in batch["Records"]])
    assert bodies(fifo.receive(10)) == []
    assert fifo.next_due() == now.seconds + 5
    now.seconds += 5
    assert bodies(fifo.receive(10)) == ["a0", "a1"]


def test_the_same_token_goes_in_once_in_five_minutes(now: Now, fifo: Queue, sqs: Any) -> None:
    message = {"QueueUrl": fifo.url, "MessageBody": "a", "MessageGroupId": "a", "MessageDeduplicationId": "1"}
    sqs.send_message(**message)
    sqs.send_message(**message)
    assert len(fifo) == 1
    now.seconds += 301
    sqs.send_message(**message)
    assert len(fifo) == 2


@pytest.mark.parametrize(
    "entries",
    [
        [{"Id": str(number), "MessageBody": "a"} for number in range(11)],
        [{"Id": "1", "MessageBody": "x" * 600_000}, {"Id": "2", "MessageBody": "x" * 600_000}],
        [{"Id": "1", "MessageBody": "a"}, {"Id": "1", "MessageBody": "b"}],
        [{"Id": "1", "MessageBody": "a", "DelaySeconds": 901}],
    ],
    ids=["eleven", "too long", "the same id twice", "too long a delay"],
)
def test_a_batch_that_sqs_would_not_take_is_refused(standard: Queue, sqs: Any, entries: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientError):
        sqs.send_message_batch(QueueUrl=standard.url, Entries=entries)
    assert len(standard) == 0


def test_what_they_do_not_know_is_loud(standard: Queue, sqs: Any) -> None:
    with pytest.raises(Stray):
        sqs.purge_queue(QueueUrl=standard.url)
