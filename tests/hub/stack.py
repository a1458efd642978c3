"""The hub's table and queues in moto, made as stacksets/hub.yaml says."""

import json
from dataclasses import dataclass
from typing import Any

from tests.hub.factories import GRACE, Json
from tests.templates.reading import read

_QUEUES = ("DelayDeadQueue", "DelayQueue", "LooksDeadQueue", "LooksQueue")
_ATTRIBUTES = (
    "DelaySeconds",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
)
_TABLE = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_table(dynamodb: Any) -> str:
    """The table's name."""
    properties = _properties("Table")
    dynamodb.create_table(**{name: properties[name] for name in _TABLE})
    return str(properties["TableName"])


@dataclass(frozen=True)
class Mail:
    """The hub's queues by their URLs, and what lies in them."""

    sqs: Any
    delay: str
    dead: str
    looks: str
    looks_dead: str

    @classmethod
    def create(cls, sqs: Any) -> "Mail":
        urls = {name: create_queue(sqs, name) for name in _QUEUES}
        return cls(sqs, urls["DelayQueue"], urls["DelayDeadQueue"], urls["LooksQueue"], urls["LooksDeadQueue"])

    def receive(self, url: str, most: int = 10) -> Json:
        """A batch as an event source mapping hands it to a function; {"Records": []} when nothing is due."""
        found: list[Json] = []
        while len(found) < most:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
            )
            messages = answer.get("Messages", [])
            found += [_record(message) for message in messages]
            if len(messages) < 10:
                break
        return {"Records": found}

    def done(self, url: str, event: Json, answer: Json) -> None:
        """What SQS does with the function's answer: it forgets the records that did not fail."""
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for record in event["Records"]:
            if record["messageId"] not in failed:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])

    def bodies(self, url: str) -> list[str]:
        """Take out all that is due."""
        found: list[str] = []
        while records := self.receive(url)["Records"]:
            found += [record["body"] for record in records]
        return found

    def waiting(self, url: str) -> int:
        """How many messages lie there: due, delayed and in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        names.append("ApproximateNumberOfMessagesNotVisible")
        counted = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(counted[name]) for name in names)


def _record(message: Json) -> Json:
    """A received message in the shape of Lambda's SQS events."""
    attributes = {name: value for name, value in message["Attributes"].items() if isinstance(value, str)}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:queue",
        "awsRegion": "eu-west-1",
    }


def create_queue(sqs: Any, name: str) -> str:
    """The URL of a queue that is made like that resource."""
    properties = _properties(name)
    attributes = {key: _text(properties[key]) for key in _ATTRIBUTES if key in properties}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = _redrive(sqs, properties["RedrivePolicy"])
    return str(sqs.create_queue(QueueName=properties["QueueName"], Attributes=attributes)["QueueUrl"])


def _redrive(sqs: Any, policy: Json) -> str:
    dead = _properties(policy["deadLetterTargetArn"]["Fn::GetAtt"][0])["QueueName"]
    url = sqs.get_queue_url(QueueName=dead)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": policy["maxReceiveCount"]})


def _properties(resource: str) -> Json:
    properties: Json = read("hub")["Resources"][resource]["Properties"]
    return properties


def _text(value: object) -> str:
    if value == {"Ref": "GraceSeconds"}:
        return str(int(GRACE.total_seconds()))
    return str(value).lower() if isinstance(value, bool) else str(value)
