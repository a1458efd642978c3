"""The hub's queues, made as stacksets/hub.yaml says, dead letters in them, and an operator to be disturbed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode

from botocore.awsrequest import AWSResponse

from chatops.clicks import requests
from chatops.clicks.requests import Request
from coastguard.deploy import HUB_STACK
from hub.fifo import cluster_group, send_in_order
from hub.incidents.hint_messages import to_message
from hub.incidents.hints import Hint, Why
from hub.queues import Queues
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, Json, bent, drop, event, instance_id, record
from tests.hub.stack import queue
from tests.templates.reading import read
from tests.wire.queues import Queue
from tests.wire.sqs import Sqs


def make_queues(service: Sqs) -> dict[str, str]:
    """The queues, with no grace to wait for; their URLs as the outputs of the hub's stack name them."""
    made: dict[str, Queue] = {}
    for name in ("Delay", "Looks", "Acts"):
        dead = made[f"{name}DeadQueue"] = queue(Queue, f"{name}DeadQueue", time)
        made[f"{name}Queue"] = queue(Queue, f"{name}Queue", time, dead)
    made["DelayQueue"].delay = 0
    for each in made.values():
        service.make(each)
    outputs = read("hub")["Outputs"]
    return {name: made[output["Value"]["Ref"]].url for name, output in outputs.items() if name.endswith("QueueUrl")}


class Stack:
    """CloudFormation, as whoever asks for the hub's stack finds it."""

    def __init__(self, outputs: dict[str, str] | None) -> None:
        self._outputs = outputs

    def __call__(self, params: Json, **_: object) -> tuple[AWSResponse, Json]:
        asked = parse_qs(params["body"] if isinstance(params["body"], str) else urlencode(params["body"]))
        if self._outputs is None or asked["StackName"] != [HUB_STACK]:
            message = f"Stack with id {asked['StackName'][0]} does not exist"
            return AWSResponse("", 400, {}, None), {"Error": {"Code": "ValidationError", "Message": message}}
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self._outputs.items()]
        stack = {"StackName": HUB_STACK, "StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}
        return AWSResponse("", 200, {}, None), {"Stacks": [stack], "ResponseMetadata": {"HTTPStatusCode": 200}}


class Died(BaseException):
    """The operator's machine is no more: nothing tidies up."""


class Office:
    """The queues by their URLs; lays dead letters the way they come there, and reads what lies where."""

    def __init__(self, sqs: Any, service: Sqs, urls: dict[str, str]) -> None:
        self.sqs = sqs
        self.service = service
        self.delay, self.delay_dead = urls["DelayQueueUrl"], urls["DelayDeadQueueUrl"]
        self.looks, self.looks_dead = urls["LooksQueueUrl"], urls["LooksDeadQueueUrl"]
        self.acts, self.acts_dead = urls["ActsQueueUrl"], urls["ActsDeadQueueUrl"]
        self.before: Callable[[str, int], tuple[AWSResponse, Json] | None] = lambda _name, _number: None
        self.after: Callable[[str, int], None] = lambda _name, _number: None
        self._calls: dict[str, int] = {}

    # What goes wrong

    def disturb(self, events: Any) -> None:
        """Let `before` and `after` hear of each call of clients to come: its name, and how many of them there were.

        What `before` returns is the answer, and SQS hears nothing.
        """
        events.register("before-call.sqs.*", self._before)
        events.register("after-call.sqs.*", self._after)

    def _before(self, model: Any, **_: object) -> tuple[AWSResponse, Json] | None:
        self._calls[model.name] = self._calls.get(model.name, 0) + 1
        return self.before(model.name, self._calls[model.name])

    def _after(self, model: Any, **_: object) -> None:
        self.after(model.name, self._calls[model.name])

    # How letters come there

    def park(self, *bodies: str, reason: str = "malformed: not JSON") -> None:
        """As ingest does with what it cannot read."""
        Queues(self.sqs).park(self.delay_dead, [(record(body), reason) for body in bodies])

    def undelivered(self, body: str, code: str = "NO_PERMISSIONS", message: str = "not authorized") -> None:
        """As EventBridge does."""
        told = {"ERROR_CODE": code, "ERROR_MESSAGE": message, "RULE_ARN": "arn:aws:events:…", "TARGET_ARN": "arn:aws:…"}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        self.sqs.send_message(QueueUrl=self.delay_dead, MessageBody=body, MessageAttributes=attributes)

    def fail(self, url: str, *bodies: str) -> None:
        """As SQS does with what a function failed on too often."""
        for start in range(0, len(bodies), 10):
            for body in bodies[start : start + 10]:
                self.sqs.send_message(QueueUrl=url, MessageBody=body)
            self.die(url)

    def fail_in_order(self, url: str, cluster: Cluster, *bodies: str) -> None:
        for body in bodies:
            send_in_order(self.sqs, url, cluster_group(cluster), body, body)
            self.die(url)

    def die(self, url: str) -> None:
        """Receive and give back, until SQS has had enough."""
        for _ in range(9):
            self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        assert self.count(url) == 0

    # What lies where

    def count(self, url: str) -> int:
        """All of them, hidden ones too."""
        return sum(self._counted(url))

    def hidden(self, url: str) -> int:
        return self._counted(url)[1]

    def messages(self, url: str) -> list[Json]:
        """What whoever comes next gets."""
        found: list[Json] = []
        while more := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages"):
            found += more
            if url.endswith(".fifo"):  # a group gives out no more until these are done with
                for message in more:
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def bodies(self, url: str) -> list[str]:
        return [message["Body"] for message in self.messages(url)]

    def deduplication_id(self, url: str, cluster: Cluster | None = None, body: str = "") -> str:
        """That of the one message that lies there, or is laid there now."""
        if cluster:
            send_in_order(self.sqs, url, cluster_group(cluster), body, body)
        (message,) = self.sqs.receive_message(QueueUrl=url, AttributeNames=["All"], VisibilityTimeout=0)["Messages"]
        return str(message["Attributes"]["MessageDeduplicationId"])

    def _counted(self, url: str) -> Sequence[int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counted = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [int(counted[name]) for name in names]


def state_change(number: int = 1) -> str:
    whole = event("state-change")
    arn = f"arn:aws:ecs:eu-west-1:222233334444:container-instance/prod-payments/{instance_id(number)}"
    return bent(whole, {"containerInstanceArn": arn})


def look(number: int = 1, cluster: Cluster = CLUSTER) -> str:
    return to_message(Hint(cluster, Why.STATE_CHANGE, (drop(number),)))


def act(*, ago: timedelta = timedelta(minutes=1), number: int = 1) -> str:
    request = Request(
        id=f"{number:020x}",
        wish="terminate",
        cluster=CLUSTER,
        instance=instance_id(number),
        incident="incident-1",
        user="U0ALICE01",
        team="T0COAST01",
        channel="C0ECSALERTS",
        message="1795175700.000100",
        at=datetime.now(UTC) - ago,
    )
    return requests.to_message(request)
