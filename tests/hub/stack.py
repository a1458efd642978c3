"""The hub's table and queues, made as stacksets/hub.yaml says."""

from collections.abc import Callable
from typing import Any, TypeVar

from tests.hub.factories import GRACE, Json
from tests.templates.reading import read
from tests.wire.queues import Message, Queue
from tests.wire.sqs import Sqs

_TABLE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_table(dynamodb: Any, name: str = "coastguard") -> None:
    properties = _properties("Table")
    dynamodb.create_table(**{key: properties[key] for key in _TABLE} | {"TableName": name})


Q = TypeVar("Q", bound=Queue)


def queue(kind: type[Q], resource: str, now: Callable[[], float], dead: Q | None = None) -> Q:
    """A queue on the wire that is made like that resource."""
    properties = dict(_properties(resource))
    if properties.get("DelaySeconds") == {"Ref": "GraceSeconds"}:
        properties["DelaySeconds"] = GRACE.total_seconds()
    return kind(properties["QueueName"], properties, now, dead)


class Mail:
    """The hub's queues on the wire, by their URLs, and what lies in them. `refuses` is asked about what is sent."""

    def __init__(self, sqs: Any, now: Callable[[], float]) -> None:
        dead, looks_dead = (queue(Queue, name, now) for name in ("DelayDeadQueue", "LooksDeadQueue"))
        made = dead, looks_dead, queue(Queue, "DelayQueue", now, dead), queue(Queue, "LooksQueue", now, looks_dead)
        self.sqs = sqs
        self.service = Sqs(*made)
        self.dead, self.looks_dead, self.delay, self.looks = (each.url for each in made)
        self._queues = {each.url: each for each in made}

    def receive(self, url: str, most: int = 10) -> Json:
        """A batch as an event source mapping hands it to a function; {"Records": []} when nothing is due."""
        return self._queues[url].receive(most)

    def done(self, url: str, event: Json, answer: Json) -> None:
        """What SQS does with the function's answer: it forgets the records that did not fail."""
        self._queues[url].settle(event, [failure["itemIdentifier"] for failure in answer["batchItemFailures"]])

    def bodies(self, url: str) -> list[str]:
        """Take out all that is due."""
        found: list[str] = []
        while records := self.receive(url)["Records"]:
            found += [record["body"] for record in records]
        return found

    def empty(self, url: str) -> list[str]:
        """Take out all that is due, for good."""
        found: list[str] = []
        while (batch := self.receive(url))["Records"]:
            found += [record["body"] for record in batch["Records"]]
            self._queues[url].settle(batch, failed=[])
        return found

    def lying(self, url: str) -> list[Message]:
        """What lies there: due, delayed and in flight."""
        return self._queues[url].messages()

    def waiting(self, url: str) -> int:
        """How many messages lie there: due, delayed and in flight."""
        return len(self._queues[url])

    def next_due(self, url: str) -> float | None:
        """When something can be given out there at the earliest; in the past if it can be now."""
        return self._queues[url].next_due()


def _properties(resource: str) -> Json:
    properties: Json = read("hub")["Resources"][resource]["Properties"]
    return properties
