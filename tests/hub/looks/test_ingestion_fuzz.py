"""Ingest under fire: 100,000 hostile records and 10,000 good ones. Each ends in a look, as a drill, or parked."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub.incidents.hint_messages import from_message
from hub.incidents.hints import Chore, Hint
from hub.looks.ingestion import Ingestion
from hub.queues import Queues, records
from spoke.places import Cluster
from tests.hub import hostility
from tests.hub.factories import GRACE, NOON, TERMS, Json, bent, event, instance_id

LOOKS, DELAY, DEAD = "https://sqs/looks.fifo", "https://sqs/delay", "https://sqs/delay-dead"
GOOD = Cluster("123456789012", "eu-west-1", "good")
BATCHES = (1, 2, 10, 100, 1_000)
HOSTILE, SEEDS = 25_000, 4
LONGEST_LOOK = 65_536

# What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_UNCARRIED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ID = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")


class Sqs:
    """SQS's SendMessageBatch with its limits, in memory: moto would take minutes."""

    def __init__(self) -> None:
        self.lying: dict[str, list[Json]] = {LOOKS: [], DELAY: [], DEAD: []}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Json]) -> Json:  # noqa: N803 - boto3's names
        sizes = [self._size(entry, fifo=QueueUrl.endswith(".fifo")) for entry in Entries]
        if not 1 <= len(Entries) <= 10 or len({entry["Id"] for entry in Entries}) < len(Entries):
            raise self._refusal("a batch has 1 to 10 entries of different ids")
        if sum(sizes) > hostility.MIB:
            raise self._refusal(f"BatchRequestTooLong: {sum(sizes)}")
        self.lying[QueueUrl] += Entries
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def _size(self, entry: Json, *, fifo: bool) -> int:
        told = [entry["MessageBody"]]
        for name, value in entry.get("MessageAttributes", {}).items():
            told += [name, value["DataType"], value["StringValue"]]
        if not all(told) or any(not text.isprintable() and _UNCARRIED.search(text) for text in told):
            raise self._refusal("empty, or a character that SQS does not carry")
        ids = (entry["MessageGroupId"], entry["MessageDeduplicationId"]) if fifo else ()
        if not all(_ID.fullmatch(given) for given in ids):
            raise self._refusal(f"ids {ids}")
        return sum(len(text.encode()) for text in told)

    def _refusal(self, text: str) -> ClientError:
        return ClientError({"Error": {"Code": "InvalidParameterValue", "Message": text}}, "SendMessageBatch")


def good(number: int) -> str:
    place = f"arn:aws:ecs:{GOOD.region}:{GOOD.account}"
    arn = f"{place}:container-instance/{GOOD.name}/{instance_id(number)}"
    return bent(event("state-change"), {"clusterArn": GOOD.arn, "containerInstanceArn": arn}, account=GOOD.account)


def fire(seed: int) -> list[tuple[str, bool]]:
    """What is thrown, and whether it is good."""
    thrown = [(body, False) for body in hostility.records(seed, HOSTILE)]
    thrown += [(good(number), True) for number in range(HOSTILE // 10)]
    Random(seed).shuffle(thrown)  # noqa: S311 - the same every time
    return thrown


def batches(thrown: list[tuple[str, bool]], seed: int) -> Iterator[Json]:
    """As Lambda hands them over, with attributes that no SQS would give."""
    chance = Random(seed)  # noqa: S311 - the same every time
    strange: list[Json] = [{}, {"ApproximateReceiveCount": "0"}, {"ApproximateReceiveCount": "-7"}]
    strange += [{"ApproximateReceiveCount": count} for count in ("", "x", "9" * 5_000, "1e3", "\u0663")]
    strange += [{"MessageGroupId": "\ud800", "SentTimestamp": "never"}]
    start = 0
    while start < len(thrown):
        batch = thrown[start : start + chance.choice(BATCHES)]
        yield {"Records": [_record(start + n, body, chance.choice(strange)) for n, (body, _) in enumerate(batch)]}
        start += len(batch)


def _record(number: int, body: str, attributes: Json) -> Json:
    told: Any = {"reason": {"dataType": "Number", "stringValue": "\ud800"}}
    return {"messageId": f"m-{number}", "receiptHandle": "", "body": body, "attributes": attributes} | (
        {"messageAttributes": told} if number % 7 == 0 else {}
    )


@pytest.fixture
def calm_logs() -> Iterator[None]:
    """Nobody reads a hundred thousand lines."""
    log = logging.getLogger("hub.looks.ingestion")
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(logging.NOTSET)


@pytest.mark.usefixtures("calm_logs")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_hostile_records_hurt_only_themselves(seed: int) -> None:
    thrown, sqs, counted = fire(seed), Sqs(), Counter[str]()

    def count(name: str, number: int) -> None:
        counted[name] += number

    def sort(batch: Json, now: datetime) -> list[str]:
        return Ingestion(Queues(sqs), LOOKS, DELAY, DEAD, TERMS, lambda: now, count).sort(records(batch))

    given_back = [record for batch in batches(thrown, seed) for record in sort(batch, NOON)]

    parked = Counter(entry["MessageBody"] for entry in sqs.lying[DEAD])
    # None is lost, none is given back to come again, and none is counted twice.
    assert given_back == []
    assert counted["hints"] + counted["drills"] + parked.total() == len(thrown)
    assert counted["malformed"] + counted["foreign"] == parked.total()
    assert min(counted[name] for name in ("hints", "drills", "malformed", "foreign", "early")) > HOSTILE // 500
    # What is parked came in like that, and says why unless there is no room for it.
    assert parked <= Counter(body for body, _ in thrown)
    for entry in sqs.lying[DEAD]:
        if len(entry["MessageBody"]) <= hostility.MIB - 1_050:
            assert entry["MessageAttributes"]["reason"]["StringValue"].startswith(("malformed: ", "foreign: "))

    # What was put back until its grace is over comes once more, and then it is over.
    waiting = [(entry["MessageBody"], True) for entry in sqs.lying[DELAY]]
    sqs.lying[DELAY] = []
    assert [record for batch in batches(waiting, seed) for record in sort(batch, NOON + GRACE)] == []
    assert sqs.lying[DELAY] == []
    assert len(sqs.lying[DEAD]) == parked.total()

    # Everything that is asked for is short and can be read by whoever looks, and all that is good is among it.
    assert max(len(entry["MessageBody"]) for entry in sqs.lying[LOOKS]) <= LONGEST_LOOK
    asked = [from_message(entry["MessageBody"]) for entry in sqs.lying[LOOKS]]
    drops = {(hint.cluster, drop.instance) for hint in asked if isinstance(hint, Hint) for drop in hint.drops}
    assert drops >= {(GOOD, instance_id(number)) for number in range(HOSTILE // 10)}
    # Whatever was taken for a hint has its look.
    taken = {body for body, _ in thrown} - parked.keys()
    assert {place(hint) for body in taken if (hint := from_message(body))} == set(map(place, asked))


def place(hint: Hint | Chore | None) -> Cluster | Chore:
    assert hint is not None
    return hint.cluster if isinstance(hint, Hint) else hint
