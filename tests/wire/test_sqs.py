"""The queues on the wire answer as moto's do: the same calls, one after another, and the same comes back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.hub.factories import NOON
from tests.nightly import examples
from tests.signed_in import HUB_REGION
from tests.wire.queues import Queue
from tests.wire.sqs import Sqs
from tests.wire.wire import Wire

VISIBILITY, DELAY, MOST = 60, 20, 2
STANDARD, FIFO = "delay", "looks.fifo"

Step = tuple[str, dict[str, Any]]

numbers = st.integers(0, 9).map(str)


@st.composite
def sends(draw: st.DrawFn) -> Step:
    if draw(st.booleans()):
        delayed = draw(st.sampled_from([{}, {"DelaySeconds": 0}, {"DelaySeconds": 5}]))
        return "send", {"queue": STANDARD, "MessageBody": draw(numbers), **delayed}
    ids = {"MessageGroupId": "a", "MessageDeduplicationId": f"a-{draw(numbers)}"}
    return "send", {"queue": FIFO, "MessageBody": draw(numbers), **ids}


@st.composite
def receives(draw: st.DrawFn) -> Step:
    # SQS promises no order but within a group, and neither which group comes first, so that a story has one:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
    queue, most = draw(st.sampled_from([(STANDARD, 10), (FIFO, 1)]))
    hidden = draw(st.sampled_from([{}, {"VisibilityTimeout": 30}, *([{"VisibilityTimeout": 0}] if most == 1 else [])]))
    return "receive", {"queue": queue, "MaxNumberOfMessages": most, **hidden}


deletes = st.integers(0, 5).map(lambda nth: ("delete", {"nth": nth}))
put_offs = st.tuples(st.integers(0, 5), st.sampled_from([0, 10, 100])).map(
    lambda drawn: ("put off", {"nth": drawn[0], "VisibilityTimeout": drawn[1]})
)
passes = st.sampled_from([1, 6, 21, 31, 61, 301]).map(lambda seconds: ("pass", {"seconds": seconds}))
steps = st.one_of(sends(), sends(), receives(), receives(), deletes, put_offs, passes)


@dataclass
class Held:
    """A message that was received, and until when it is nobody else's."""

    queue: str
    receipt: str
    token: str
    until: float


@dataclass
class Played:
    """A story told to one SQS. `held` are receipts; of what is `gone` moto forgets that it was ever there."""

    sqs: Any
    urls: dict[str, str]
    forward: Callable[[float], object]
    held: list[Held] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    seconds: float = 0.0

    def play(self, name: str, fields: dict[str, Any]) -> object:
        match name:
            case "pass":
                self.seconds += fields["seconds"]
                return self.forward(fields["seconds"])
            case "send" if fields.get("MessageDeduplicationId") in self.gone:
                return None
            case "send":
                asked = {key: value for key, value in fields.items() if key != "queue"}
                return self.sqs.send_message(QueueUrl=self.urls[fields["queue"]], **asked)["MD5OfMessageBody"]
            case "receive":
                return self._receive(fields)
        return self._with_one_that_is_held(name, fields) if fields["nth"] < len(self.held) else None

    def _with_one_that_is_held(self, name: str, fields: dict[str, Any]) -> object:
        one = self.held.pop(fields["nth"])
        if one.until <= self.seconds:
            return None  # SQS leaves open what becomes of an old receipt
        entry = {"Id": "1", "ReceiptHandle": one.receipt}
        if name == "delete":
            self.gone.add(one.token)
            return _ids(self.sqs.delete_message_batch(QueueUrl=self.urls[one.queue], Entries=[entry]))
        one.until = self.seconds + fields["VisibilityTimeout"]
        self.held.append(one)
        entry |= {"VisibilityTimeout": fields["VisibilityTimeout"]}
        return _ids(self.sqs.change_message_visibility_batch(QueueUrl=self.urls[one.queue], Entries=[entry]))

    def _receive(self, fields: dict[str, Any]) -> object:
        asked = {key: value for key, value in fields.items() if key != "queue"}
        names = ["ApproximateReceiveCount", "MessageGroupId", "MessageDeduplicationId", "SentTimestamp"]
        answer = self.sqs.receive_message(QueueUrl=self.urls[fields["queue"]], AttributeNames=names, **asked)
        messages = sorted(answer.get("Messages", []), key=lambda message: message["Attributes"]["SentTimestamp"])
        until = self.seconds + fields.get("VisibilityTimeout", VISIBILITY)
        self.held += [
            Held(fields["queue"], m["ReceiptHandle"], m["Attributes"].get("MessageDeduplicationId", ""), until)
            for m in messages
        ]
        return [(message["Body"], message["Attributes"]) for message in messages]

    def left(self) -> dict[str, Any]:
        kinds = ("", "NotVisible", "Delayed")
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        return {
            name: self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            for name, url in self.urls.items()
        }


def _ids(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {how: [entry["Id"] for entry in answer.get(how, ())] for how in ("Successful", "Failed")}


def tell(story: list[Step], played: Played) -> list[object]:
    told: list[object] = []
    for name, fields in story:
        try:
            told.append(played.play(name, fields))
        except ClientError as error:
            told.append(error.response["Error"]["Code"])
        played.forward(0.001)  # what is due now is due for moto a moment later
    return [*told, played.left()]


def on_moto(story: list[Step], sqs: Any) -> list[object]:
    with time_machine.travel(NOON, tick=False) as traveller, mock_aws():
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {MOST}}}'
        made = {"VisibilityTimeout": f"{VISIBILITY}", "DelaySeconds": f"{DELAY}", "RedrivePolicy": redrive}
        ordered = {"VisibilityTimeout": f"{VISIBILITY}", "FifoQueue": "true", "DeduplicationScope": "messageGroup"}
        ordered["FifoThroughputLimit"] = "perMessageGroupId"
        urls = {
            STANDARD: sqs.create_queue(QueueName=STANDARD, Attributes=made)["QueueUrl"],
            FIFO: sqs.create_queue(QueueName=FIFO, Attributes=ordered)["QueueUrl"],
            "dead": dead,
        }
        return tell(story, Played(sqs, urls, traveller.shift))


def on_the_wire(story: list[Step], wire: Wire, sqs: Any) -> list[object]:
    with time_machine.travel(NOON, tick=False) as traveller:
        dead = Queue("dead", {}, _now, None)
        made = {"DelaySeconds": DELAY, "VisibilityTimeout": VISIBILITY, "RedrivePolicy": {"maxReceiveCount": MOST}}
        standard = Queue(STANDARD, made, _now, dead)
        fifo = Queue(FIFO, {"FifoQueue": True, "VisibilityTimeout": VISIBILITY}, _now, None)
        Sqs(standard, fifo, dead).hang(wire)
        urls = {STANDARD: standard.url, FIFO: fifo.url, "dead": dead.url}
        return tell(story, Played(sqs, urls, traveller.shift))


def _now() -> float:
    return time.time()  # looked up anew: it is moved


@pytest.fixture(scope="session")
def shared_sqs(wired: tuple[Wire, Any]) -> Any:
    return wired[1].client("sqs")


@pytest.fixture(scope="session")
def moto_sqs(environment: None) -> Any:  # noqa: ARG001 - it reads the environment
    """A client that moto answers under mock_aws, and nobody elsewhere."""
    return boto3.Session(region_name=HUB_REGION).client("sqs")


@given(story=st.lists(steps, min_size=8, max_size=30))
@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_they_answer_every_story_as_moto_does(wire: Wire, shared_sqs: Any, moto_sqs: Any, story: list[Step]) -> None:
    assert on_the_wire(story, wire, shared_sqs) == on_moto(story, moto_sqs)


def test_a_group_whose_message_somebody_has_holds_up_no_other(wire: Wire, shared_sqs: Any, moto_sqs: Any) -> None:
    def sent(group: str, number: int) -> Step:
        ids = {"MessageGroupId": group, "MessageDeduplicationId": f"{group}-{number}"}
        return "send", {"queue": FIFO, "MessageBody": f"{group}{number}", **ids}

    receive: Step = ("receive", {"queue": FIFO, "MaxNumberOfMessages": 1})
    story = [sent("a", 1), sent("a", 2), sent("b", 1), receive, receive, receive]
    there = on_the_wire(story, wire, shared_sqs)
    assert [[body for body, _ in got] for got in there[3:6]] == [["a1"], ["b1"], []]  # type: ignore[attr-defined]
    assert there == on_moto(story, moto_sqs)
