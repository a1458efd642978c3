"""Sorting mail: what reaches looks.fifo, what is parked, what is given back."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from hub.hints import Drop, Hint, from_message, to_message
from hub.queues import Queues
from hub.sorting import Sorter
from tests.hub.factories import CLUSTER, ELSEWHERE, GRACE, NOON, TERMS, Json, bent, drop, event, instance_id, record
from tests.hub.reluctance import Reluctance
from tests.hub.stack import Mail
from tests.hub.timing import Clock

STATE_CHANGE = event("state-change")


def state_change(number: int, version: int = 1, cluster: str = "prod-payments") -> str:
    place = "arn:aws:ecs:eu-west-1:222233334444"
    arns = {
        "clusterArn": f"{place}:cluster/{cluster}",
        "containerInstanceArn": f"{place}:container-instance/{cluster}/{instance_id(number)}",
    }
    return bent(STATE_CHANGE, {**arns, "version": version})


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


@pytest.fixture
def sorter(mail: Mail, reluctant_sqs: tuple[Any, Reluctance], counted: Counter[str], clock: Clock) -> Sorter:
    clock.forward(seconds=GRACE.total_seconds())  # which the delay queue has held the events for

    def count(name: str, number: int) -> None:
        counted[name] += number

    return Sorter(Queues(reluctant_sqs[0]), mail.looks, mail.delay, mail.dead, TERMS, clock, count)


@pytest.fixture
def reluctance(reluctant_sqs: tuple[Any, Reluctance]) -> Reluctance:
    return reluctant_sqs[1]


def asked(mail: Mail) -> list[Hint]:
    return [hint for body in mail.bodies(mail.looks) if (hint := from_message(body))]


def parked(mail: Mail) -> dict[str, str]:
    """What is parked, and why."""
    kept = mail.receive(mail.dead)["Records"]
    return {one["body"]: one["messageAttributes"]["reason"]["StringValue"] for one in kept}


def test_a_malformed_record_among_ten_hurts_only_itself(mail: Mail, sorter: Sorter, counted: Counter[str]) -> None:
    batch = [record(state_change(number), number) for number in range(10)]
    batch[4] = record("{not JSON", 4)

    assert sorter.sort(batch) == []

    (hint,) = asked(mail)
    assert {told.instance for told in hint.drops} == {instance_id(number) for number in range(10) if number != 4}
    assert parked(mail) == {"{not JSON": "malformed: not JSON"}
    assert counted == {"hints": 9, "malformed": 1}


def test_what_names_another_account_is_parked_and_counted_as_foreign(
    mail: Mail, sorter: Sorter, counted: Counter[str]
) -> None:
    names = ["foreign-account", "foreign-region", "foreign-instance", "malformed-without-cluster", "malformed-kind"]

    assert sorter.sort([record(event(name), number) for number, name in enumerate(names)]) == []

    assert asked(mail) == []
    assert counted == {"foreign": 3, "malformed": 2, "hints": 0}
    reasons = parked(mail)
    assert len(reasons) == 5
    assert sorted(reason.split(":")[0] for reason in reasons.values()) == ["foreign"] * 3 + ["malformed"] * 2


def test_a_cluster_is_asked_for_once_with_all_its_drops(mail: Mail, sorter: Sorter) -> None:
    batch = [record(state_change(number), number) for number in range(50)]
    batch += [record(state_change(number, cluster="prod-search"), 100 + number) for number in range(50)]
    batch += [record(event("health-change-agent-gone"), 200), record(to_message(Hint(ELSEWHERE, "sweep")), 201)]

    assert sorter.sort(batch) == []

    drops = {hint.cluster: len(hint.drops) for hint in asked(mail)}
    assert drops == {CLUSTER: 51, replace(CLUSTER, name="prod-search"): 50, ELSEWHERE: 0}


def test_duplicates_and_old_news_are_one_drop(mail: Mail, sorter: Sorter) -> None:
    versions = [7, 9, 8, 9]

    sorter.sort([record(state_change(1, version), number) for number, version in enumerate(versions)])

    (hint,) = asked(mail)
    assert hint.drops == (Drop(instance_id(1), NOON, 9, host="i-0b7c9d1e2f3a4b5c6"),)


def test_a_hint_that_was_put_back_goes_the_same_way(mail: Mail, sorter: Sorter) -> None:
    hint = Hint(CLUSTER, "look again", (drop(waits=1),))

    sorter.sort([record(to_message(hint))])

    assert asked(mail) == [replace(hint, crowd=1)]


def test_a_drill_is_counted_and_nobody_looks(mail: Mail, sorter: Sorter, counted: Counter[str]) -> None:
    assert sorter.sort([record(event("drill"))]) == []

    assert (mail.waiting(mail.looks), mail.waiting(mail.dead)) == (0, 0)
    assert counted == {"drills": 1, "hints": 0}


def test_an_empty_batch_is_nothing(mail: Mail, sorter: Sorter) -> None:
    assert sorter.sort([]) == []
    assert mail.waiting(mail.looks) == 0


def test_records_of_a_cluster_that_sqs_refuses_are_given_back(
    mail: Mail, sorter: Sorter, reluctance: Reluctance
) -> None:
    batch = [record(state_change(number, cluster=f"c-{number % 3}"), number) for number in range(9)]
    reluctance.refuses = lambda entry: json.loads(entry["MessageBody"])["cluster"].endswith("/c-1")

    assert sorter.sort(batch) == ["record-1", "record-4", "record-7"]

    assert {hint.cluster.name for hint in asked(mail)} == {"c-0", "c-2"}


def test_a_bad_record_that_sqs_does_not_keep_is_given_back(mail: Mail, sorter: Sorter, reluctance: Reluctance) -> None:
    reluctance.refuses = lambda entry: entry["MessageBody"] == "bad"

    assert sorter.sort([record("bad", 1), record("worse", 2), record(state_change(3), 3)]) == ["record-1"]

    assert set(parked(mail)) == {"worse"}
    assert len(asked(mail)) == 1


def test_a_batch_sorted_again_after_a_crash_asks_only_once(mail: Mail, sorter: Sorter) -> None:
    batch = [record(state_change(number), number) for number in range(3)]

    sorter.sort(batch)
    sorter.sort(list(reversed(batch)))

    assert mail.waiting(mail.looks) == 1


def test_another_batch_about_the_same_cluster_asks_again(mail: Mail, sorter: Sorter) -> None:
    sorter.sort([record(state_change(1), 1)])
    sorter.sort([record(state_change(1), 2)])

    assert mail.waiting(mail.looks) == 2


def test_a_record_that_hurts_in_every_way_does_not_stop_a_thousand_others(mail: Mail, sorter: Sorter) -> None:
    nasty: list[str | Json] = [
        "[" * 50_000,
        "\u2028",
        {"cluster": 5},
        {"cluster": CLUSTER.key, "why": "x", "drops": [[instance_id(), 0, "7", "0"]]},
        bent(STATE_CHANGE, time=["noon"]),
        bent(STATE_CHANGE, source={"deep": [[[]]]}),
        "x" * 200_000,
    ]
    batch = [record(state_change(number), number) for number in range(1_000)]
    for number, body in enumerate(nasty):
        batch.insert(number * 100, record(body, 10_000 + number))

    assert sorter.sort(batch) == []

    assert sum(len(hint.drops) for hint in asked(mail)) == 1_000
    assert mail.waiting(mail.dead) == len(nasty)
