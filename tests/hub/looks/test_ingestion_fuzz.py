"""Ingest under fire: 100,000 hostile records and 10,000 good ones. Each ends in a look, as a drill, or parked."""

import logging
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from hub.incidents.hint_messages import from_message
from hub.incidents.hints import Chore, Hint
from hub.looks.ingestion import Ingestion
from hub.queues import Queues, records
from spoke.places import Cluster
from tests.hub import hostility
from tests.hub.factories import GRACE, TERMS, Json, bent, event, instance_id
from tests.hub.stack import Mail
from tests.hub.timing import Clock
from tests.nightly import by_night

GOOD = Cluster("123456789012", "eu-west-1", "good")
BATCHES = (1, 2, 10, 100, 1_000)
HOSTILE, SEEDS = by_night(25_000, 5_000), 4
LONGEST_LOOK = 65_536


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
def test_hostile_records_hurt_only_themselves(seed: int, mail: Mail, queues: Queues, clock: Clock) -> None:
    thrown, counted = fire(seed), Counter[str]()

    def count(name: str, number: int) -> None:
        counted[name] += number

    def sort(batch: Json) -> list[str]:
        return Ingestion(queues, mail.looks, mail.delay, mail.dead, TERMS, clock, count).sort(records(batch))

    given_back = [record for batch in batches(thrown, seed) for record in sort(batch)]

    lying = mail.lying(mail.dead)
    parked = Counter(message.body for message in lying)
    # None is lost, none is given back to come again, and none is counted twice.
    assert given_back == []
    assert counted["hints"] + counted["drills"] + parked.total() == len(thrown)
    assert counted["malformed"] + counted["foreign"] == parked.total()
    assert min(counted[name] for name in ("hints", "drills", "malformed", "foreign", "early")) > HOSTILE // 500
    # What is parked came in like that, and says why unless there is no room for it.
    assert parked <= Counter(body for body, _ in thrown)
    for message in lying:
        if len(message.body) <= hostility.MIB - 1_050:
            assert message.attributes["reason"]["StringValue"].startswith(("malformed: ", "foreign: "))

    # What was put back until its grace is over comes once more, and then it is over.
    clock.forward(seconds=GRACE.total_seconds() + 1)
    waiting = [(body, True) for body in mail.empty(mail.delay)]
    assert [record for batch in batches(waiting, seed) for record in sort(batch)] == []
    assert mail.waiting(mail.delay) == 0
    assert mail.waiting(mail.dead) == parked.total()

    # Everything that is asked for is short and can be read by whoever looks, and all that is good is among it.
    looks = [message.body for message in mail.lying(mail.looks)]
    assert max(map(len, looks)) <= LONGEST_LOOK
    asked = [from_message(body) for body in looks]
    drops = {(hint.cluster, drop.instance) for hint in asked if isinstance(hint, Hint) for drop in hint.drops}
    assert drops >= {(GOOD, instance_id(number)) for number in range(HOSTILE // 10)}
    # Whatever was taken for a hint has its look.
    taken = {body for body, _ in thrown} - parked.keys()
    assert {place(hint) for body in taken if (hint := from_message(body))} == set(map(place, asked))


def place(hint: Hint | Chore | None) -> Cluster | Chore:
    assert hint is not None
    return hint.cluster if isinstance(hint, Hint) else hint
