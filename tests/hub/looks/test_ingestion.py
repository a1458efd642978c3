"""Sorting mail: what reaches looks.fifo, what is parked, what is given back."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.chain import MOST_HOPS
from hub.incidents.hint_messages import from_message, packed, to_message
from hub.incidents.hints import Drop, Gathered, Hint, MuteHint, Question, StormHint, Why
from hub.incidents.storm import CROWD
from hub.looks.ingestion import CLUSTERS_AT_ONCE, PACE_SECONDS, Ingestion
from hub.queues import Queues
from spoke.places import Cluster
from tests.hub.factories import (
    ALICE,
    CLUSTER,
    ELSEWHERE,
    GRACE,
    NOON,
    TERMS,
    Json,
    bent,
    drop,
    event,
    instance_id,
    record,
)
from tests.hub.stack import Mail
from tests.hub.timing import Clock

STATE_CHANGE = event("state-change")
SECOND = timedelta(seconds=1)


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
def sorter(mail: Mail, queues: Queues, counted: Counter[str], clock: Clock) -> Ingestion:
    clock.forward(seconds=GRACE.total_seconds())  # which the delay queue has held the events for

    def count(name: str, number: int) -> None:
        counted[name] += number

    return Ingestion(queues, mail.looks, mail.delay, mail.dead, TERMS, clock, count)


@pytest.fixture
def long_sorter(sorter: Ingestion) -> Ingestion:
    """One to which every cluster has a grace of ten minutes."""
    return replace(sorter, terms=replace(TERMS, grace=timedelta(minutes=10)))


def asked(mail: Mail) -> list[Hint]:
    return [hint for body in mail.bodies(mail.looks) if isinstance(hint := from_message(body), Hint)]


def parked(mail: Mail) -> dict[str, str]:
    """What is parked, and why."""
    kept = mail.receive(mail.dead)["Records"]
    return {one["body"]: one["messageAttributes"]["reason"]["StringValue"] for one in kept}


def test_a_malformed_record_among_ten_hurts_only_itself(mail: Mail, sorter: Ingestion, counted: Counter[str]) -> None:
    batch = [record(state_change(number), number) for number in range(10)]
    batch[4] = record("{not JSON", 4)

    assert sorter.sort(batch) == []

    (hint,) = asked(mail)
    assert {told.instance for told in hint.drops} == {instance_id(number) for number in range(10) if number != 4}
    assert parked(mail) == {"{not JSON": "malformed: not JSON"}
    assert counted == {"hints": 9, "malformed": 1}


def test_what_names_another_account_is_parked_and_counted_as_foreign(
    mail: Mail, sorter: Ingestion, counted: Counter[str]
) -> None:
    names = ["foreign-account", "foreign-region", "foreign-instance", "malformed-without-cluster", "malformed-kind"]

    assert sorter.sort([record(event(name), number) for number, name in enumerate(names)]) == []

    assert asked(mail) == []
    assert counted == {"foreign": 3, "malformed": 2, "hints": 0}
    reasons = parked(mail)
    assert len(reasons) == 5
    assert sorted(reason.split(":")[0] for reason in reasons.values()) == ["foreign"] * 3 + ["malformed"] * 2


def test_a_cluster_is_asked_for_once_with_all_its_drops(mail: Mail, sorter: Ingestion) -> None:
    batch = [record(state_change(number), number) for number in range(50)]
    batch += [record(state_change(number, cluster="prod-search"), 100 + number) for number in range(50)]
    batch += [record(event("health-change-agent-gone"), 200), record(to_message(Hint(ELSEWHERE, Why.SWEEP)), 201)]

    assert sorter.sort(batch) == []

    drops = {hint.cluster: len(hint.drops) for hint in asked(mail)}
    assert drops == {CLUSTER: 51, replace(CLUSTER, name="prod-search"): 50, ELSEWHERE: 0}


def test_duplicates_and_old_news_are_one_drop(mail: Mail, sorter: Ingestion) -> None:
    versions = [7, 9, 8, 9]

    sorter.sort([record(state_change(1, version), number) for number, version in enumerate(versions)])

    (hint,) = asked(mail)
    assert hint.drops == (Drop(instance_id(1), NOON, 9, host="i-0b7c9d1e2f3a4b5c6"),)


def test_a_hint_that_was_put_back_goes_the_same_way(mail: Mail, sorter: Ingestion) -> None:
    hint = Hint(CLUSTER, Why.AGAIN, (drop(waits=1),))

    sorter.sort([record(to_message(hint))])

    assert asked(mail) == [replace(hint, crowd=1)]


def told_of(number: int, ago: timedelta, cluster: Cluster = CLUSTER) -> Hint:
    """A hint of our own, of an agent that went before the moment in which the sorter sorts."""
    return Hint(cluster, Why.STATE_CHANGE, (Drop(instance_id(number), NOON + GRACE - ago, 7),))


LONG = 600 * SECOND


@pytest.mark.parametrize(
    ("ago", "early"),
    [
        pytest.param(LONG, False, id="its grace is over"),
        pytest.param(LONG - 2 * SECOND, False, id="but for the rounding of EventBridge's times"),
        pytest.param(LONG - 3 * SECOND, True, id="its grace is not quite over"),
        pytest.param(SECOND, True, id="it has only begun"),
        pytest.param(-3_600 * SECOND, True, id="it comes from the future"),
    ],
)
def test_who_has_a_longer_grace_is_put_back_until_it_is_over(
    mail: Mail, long_sorter: Ingestion, counted: Counter[str], ago: timedelta, early: bool
) -> None:
    assert long_sorter.sort([record(to_message(told_of(1, ago)))]) == []

    assert (mail.waiting(mail.looks), mail.waiting(mail.delay)) == ((0, 1) if early else (1, 0))
    assert counted == {"hints": 1} | ({"early": 1} if early else {})


def test_who_waits_comes_back_as_it_was_when_its_grace_is_over(
    mail: Mail, long_sorter: Ingestion, clock: Clock
) -> None:
    hint = told_of(1, 480 * SECOND)
    long_sorter.sort([record(to_message(hint))])

    clock.forward(seconds=119)
    assert mail.bodies(mail.delay) == []
    clock.forward(seconds=3)

    assert [from_message(body) for body in mail.bodies(mail.delay)] == [replace(hint, hops=1)]


def test_the_future_is_now(mail: Mail, long_sorter: Ingestion, clock: Clock) -> None:
    long_sorter.sort([record(to_message(told_of(1, -3_600 * SECOND)))])

    clock.forward(seconds=602)
    (hint,) = [from_message(body) for body in mail.bodies(mail.delay)]
    assert hint == replace(told_of(1, timedelta()), hops=1)


def test_of_a_cluster_only_what_is_early_waits_and_what_waits_about_as_long_waits_together(
    mail: Mail, long_sorter: Ingestion
) -> None:
    batch = [told_of(1, LONG), told_of(2, 300 * SECOND), told_of(3, 302 * SECOND), told_of(4, 100 * SECOND)]

    long_sorter.sort([record(to_message(hint), number) for number, hint in enumerate(batch)])

    (due,) = asked(mail)
    assert [told.instance for told in due.drops] == [instance_id(1)]
    assert mail.waiting(mail.delay) == 2


def test_what_has_no_date_does_not_wait(mail: Mail, long_sorter: Ingestion) -> None:
    hints = [Hint(CLUSTER, Why.HEALTH_CHANGE, (Drop(instance_id(), None),)), Hint(ELSEWHERE, Why.AGAIN)]

    long_sorter.sort([record(to_message(hint), number) for number, hint in enumerate(hints)])

    assert {hint.cluster for hint in asked(mail)} == {CLUSTER, ELSEWHERE}
    assert mail.waiting(mail.delay) == 0


def test_a_batch_that_cannot_be_put_back_is_given_back_whole(mail: Mail, long_sorter: Ingestion) -> None:
    mail.service.refuses = lambda entry: "DelaySeconds" in entry

    with pytest.raises(RuntimeError, match="the delay queue refused 1 of 1 hints"):
        long_sorter.sort([record(to_message(told_of(1, SECOND)))])

    assert mail.waiting(mail.looks) == 0


# Crowds


def test_each_hint_of_a_loss_is_told_how_many_clusters_of_its_region_there_are_in_the_batch(
    mail: Mail, sorter: Ingestion
) -> None:
    here = [told_of(1, GRACE, replace(CLUSTER, name=f"c-{number}")) for number in range(12)]
    there = [told_of(1, GRACE, ELSEWHERE), told_of(2, GRACE, ELSEWHERE)]
    others = [Hint(replace(CLUSTER, name="well"), Why.AGAIN)]
    others += [Hint(replace(CLUSTER, name="sick"), Why.HEALTH_CHANGE, (Drop(instance_id(), None),))]

    sorter.sort([record(to_message(hint), number) for number, hint in enumerate([*here, *there, *others])])

    crowds = {hint.cluster.name: hint.crowd for hint in asked(mail)}
    assert crowds == {f"c-{number}": 12 for number in range(12)} | {ELSEWHERE.name: 1, "well": 0, "sick": 0}


def test_of_a_place_with_too_many_clusters_the_others_come_later_and_nobody_else_waits_for_them(
    mail: Mail, sorter: Ingestion, counted: Counter[str], clock: Clock
) -> None:
    flood = [told_of(1, GRACE, replace(CLUSTER, name=f"c-{number}")) for number in range(2 * CLUSTERS_AT_ONCE + 1)]

    sorter.sort(
        [record(to_message(hint), number) for number, hint in enumerate([*flood, told_of(1, GRACE, ELSEWHERE)])]
    )

    now = asked(mail)
    assert {hint.cluster for hint in now} == {ELSEWHERE, *(hint.cluster for hint in flood[:CLUSTERS_AT_ONCE])}
    assert counted["paced"] == CLUSTERS_AT_ONCE + 1
    for step, number in ((1, CLUSTERS_AT_ONCE), (2, 1)):
        clock.forward(seconds=PACE_SECONDS + (1 if step == 1 else 0))
        some = [from_message(body) for body in mail.empty(mail.delay)]
        assert [hint.hops for hint in some if hint] == [1] * number


def test_who_cannot_be_put_off_any_more_goes_on(mail: Mail, sorter: Ingestion) -> None:
    last = replace(told_of(1, GRACE), hops=MOST_HOPS - 1)
    flood = [replace(last, cluster=replace(CLUSTER, name=f"c-{number}")) for number in range(CLUSTERS_AT_ONCE + 5)]

    sorter.sort([record(to_message(hint), number) for number, hint in enumerate(flood)])

    assert mail.waiting(mail.looks) == CLUSTERS_AT_ONCE + 5
    assert mail.waiting(mail.delay) == 0


@pytest.mark.parametrize(
    ("records", "letters", "clusters", "gathers"),
    [
        pytest.param(1_000, 0, CROWD, True, id="as many as Lambda hands over"),
        pytest.param(999, 0, CROWD, False, id="one less"),
        pytest.param(CROWD, 1_000_000, CROWD, True, id="as much as Lambda hands over"),
        pytest.param(CROWD, 900_000, CROWD, False, id="less"),
        pytest.param(1_000, 0, CROWD - 1, False, id="of few clusters"),
    ],
)
def test_what_a_full_batch_tells_of_many_clusters_is_one_message_that_waits_for_the_rest(
    mail: Mail, sorter: Ingestion, records: int, letters: int, clusters: int, *, gathers: bool
) -> None:
    here = [replace(CLUSTER, name=f"c-{number}") for number in range(clusters)]
    batch = [record(to_message(told_of(n, GRACE, here[n % clusters])) + " " * letters, n) for n in range(records)]

    assert sorter.sort(batch) == []

    found = [from_message(body) for body in mail.bodies(mail.looks)]
    assert [type(each) for each in found] == ([Gathered] if gathers else [Hint] * clusters)
    hints = [hint for each in found for hint in (each.hints if isinstance(each, Gathered) else [each])]
    assert {hint.cluster: hint.crowd for hint in hints if isinstance(hint, Hint)} == dict.fromkeys(here, clusters)
    assert sum(len(hint.drops) for hint in hints if isinstance(hint, Hint)) == records


def test_each_region_gathers_by_itself_and_who_is_alone_in_one_waits_for_nobody(mail: Mail, sorter: Ingestion) -> None:
    regions = {"eu-west-1": CROWD, "us-east-1": CROWD, "eu-central-1": 1}
    here = [Cluster(CLUSTER.account, region, f"c-{n}") for region, count in regions.items() for n in range(count)]

    sorter.sort([record(to_message(told_of(n, GRACE, here[n % len(here)])), n) for n in range(1_000)])

    found = [from_message(body) for body in mail.bodies(mail.looks)]
    assert sorted(each.key for each in found if isinstance(each, Gathered)) == ["eu-west-1", "us-east-1"]
    assert [each.cluster for each in found if isinstance(each, Hint)] == here[-1:]


def test_what_somebody_waits_for_is_not_gathered(mail: Mail, sorter: Ingestion) -> None:
    here = [replace(CLUSTER, name=f"c-{number}") for number in range(CROWD)]
    asks = replace(told_of(1, GRACE, here[0]), questions=(Question(instance_id(1), ALICE),))
    batch = [record(to_message(told_of(n, GRACE, here[n % CROWD])), n) for n in range(1_000)]

    sorter.sort([*batch, record(to_message(asks), 1_000)])

    assert [hint.cluster for hint in asked(mail)] == here[:1]


def test_what_has_no_hop_left_for_it_is_not_gathered(mail: Mail, sorter: Ingestion) -> None:
    here = [replace(CLUSTER, name=f"c-{number}") for number in range(CROWD)]
    last = [replace(told_of(n, GRACE, here[n % CROWD]), hops=MOST_HOPS - 1) for n in range(1_000)]

    sorter.sort([record(to_message(hint), n) for n, hint in enumerate(last)])

    assert {hint.cluster for hint in asked(mail)} == set(here)


def test_records_of_what_was_gathered_are_given_back_if_sqs_refuses_it(mail: Mail, sorter: Ingestion) -> None:
    mail.service.refuses = lambda entry: "gathered" in entry["MessageBody"]
    here = [replace(CLUSTER, name=f"c-{number}") for number in range(CROWD)]
    batch = [record(to_message(told_of(n, GRACE, here[n % CROWD])), n) for n in range(1_000)]

    assert sorter.sort(batch) == [one.id for one in batch]


def test_what_was_gathered_and_comes_back_through_the_delay_queue_is_asked_for(mail: Mail, sorter: Ingestion) -> None:
    here = [replace(CLUSTER, name=f"c-{number}") for number in range(CROWD)]
    (gathered,) = packed([told_of(n, GRACE, cluster) for n, cluster in enumerate(here)])

    assert sorter.sort([record(to_message(gathered))]) == []

    assert {hint.cluster for hint in asked(mail)} == set(here)


@pytest.mark.parametrize("chore", [StormHint("C0ECSALERTS", "eu-west-1"), MuteHint("account:222233334444")])
def test_a_chore_is_asked_for_once(
    mail: Mail, sorter: Ingestion, counted: Counter[str], chore: StormHint | MuteHint
) -> None:
    assert sorter.sort([record(to_message(chore), number) for number in range(3)]) == []

    assert [from_message(body) for body in mail.bodies(mail.looks)] == [chore]
    assert counted == {"hints": 3}


def test_a_storm_that_sqs_refuses_is_given_back(mail: Mail, sorter: Ingestion) -> None:
    mail.service.refuses = lambda entry: "storm" in entry["MessageBody"]
    batch = [record(to_message(StormHint("C0ECSALERTS", "eu-west-1")), 1), record(state_change(1), 2)]

    assert sorter.sort(batch) == ["record-1"]
    assert len(asked(mail)) == 1


def test_a_drill_is_counted_and_nobody_looks(mail: Mail, sorter: Ingestion, counted: Counter[str]) -> None:
    assert sorter.sort([record(event("drill"))]) == []

    assert (mail.waiting(mail.looks), mail.waiting(mail.dead)) == (0, 0)
    assert counted == {"drills": 1, "hints": 0}


def test_an_empty_batch_is_nothing(mail: Mail, sorter: Ingestion) -> None:
    assert sorter.sort([]) == []
    assert mail.waiting(mail.looks) == 0


def test_records_of_a_cluster_that_sqs_refuses_are_given_back(mail: Mail, sorter: Ingestion) -> None:
    batch = [record(state_change(number, cluster=f"c-{number % 3}"), number) for number in range(9)]
    mail.service.refuses = lambda entry: json.loads(entry["MessageBody"])["cluster"].endswith("/c-1")

    assert sorter.sort(batch) == ["record-1", "record-4", "record-7"]

    assert {hint.cluster.name for hint in asked(mail)} == {"c-0", "c-2"}


def test_a_bad_record_that_sqs_does_not_keep_is_given_back(mail: Mail, sorter: Ingestion) -> None:
    mail.service.refuses = lambda entry: entry["MessageBody"] == "bad"

    assert sorter.sort([record("bad", 1), record("worse", 2), record(state_change(3), 3)]) == ["record-1"]

    assert set(parked(mail)) == {"worse"}
    assert len(asked(mail)) == 1


def test_a_batch_sorted_again_after_a_crash_asks_only_once(mail: Mail, sorter: Ingestion) -> None:
    batch = [record(state_change(number), number) for number in range(3)]

    sorter.sort(batch)
    sorter.sort(list(reversed(batch)))

    assert mail.waiting(mail.looks) == 1


def test_another_batch_about_the_same_cluster_asks_again(mail: Mail, sorter: Ingestion) -> None:
    sorter.sort([record(state_change(1), 1)])
    sorter.sort([record(state_change(1), 2)])

    assert mail.waiting(mail.looks) == 2


def test_a_record_that_hurts_in_every_way_does_not_stop_a_thousand_others(mail: Mail, sorter: Ingestion) -> None:
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
