"""What goes into the queues and comes out, on moto's SQS and made as the template says."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from hub.fifo import cluster_group, send_in_order
from hub.incidents.hint_messages import DROPS_PER_MESSAGE, from_message
from hub.incidents.hints import Chore, Drop, Hint, MuteHint, StormHint, Why
from hub.queues import (
    GROUP_NEEDS,
    LONGEST_DELAY,
    STORM_NEEDS,
    NotYet,
    Queues,
    Record,
    another_time,
    answer,
    backoff,
    by_group,
    group_id,
    records,
)
from spoke.deadline import within
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, ELSEWHERE, LONGEST, NOON, drop, instance_id, record
from tests.hub.stack import Mail
from tests.hub.timing import Clock


def clusters(count: int) -> list[Cluster]:
    return [replace(CLUSTER, name=f"cluster-{number:03}") for number in range(count)]


def asked(mail: Mail) -> list[Hint]:
    """The looks at clusters that are asked for, as look reads them."""
    return [hint for body in mail.bodies(mail.looks) if isinstance(hint := from_message(body), Hint)]


# What a function is given, and answers


def test_a_batch_is_read_as_lambda_hands_it_over() -> None:
    whole = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": "{}",
        "attributes": {"MessageGroupId": "group", "ApproximateReceiveCount": "3", "SentTimestamp": "1"},
    }
    bare = {"messageId": "m-2", "receiptHandle": "r-2", "body": "", "attributes": {}}

    assert records({"Records": [whole, bare]}) == [
        Record("m-1", "{}", "group", "r-1", 3),
        Record("m-2", "", "", "r-2", 1),
    ]


def test_failed_records_are_named_in_the_answer() -> None:
    assert answer(["a", "b"]) == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
    assert answer([]) == {"batchItemFailures": []}


def test_a_batch_is_sorted_by_group_and_keeps_its_order() -> None:
    batch = [record("", number, group=group) for number, group in enumerate("abacb")]

    assert {group: [one.id for one in some] for group, some in by_group(batch).items()} == {
        "a": ["record-0", "record-2"],
        "b": ["record-1", "record-4"],
        "c": ["record-3"],
    }


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (100, 60)])
def test_who_fails_again_waits_longer(tries: int, seconds: int) -> None:
    assert backoff(tries) == seconds


@pytest.mark.parametrize("length", [1, 90, 101, 102, 103, 255])
def test_a_group_has_an_id_that_sqs_takes_and_a_cluster_of_its_own(length: int) -> None:
    one, other = (Cluster("222233334444", "eu-west-1", "c" * (length - 1) + last) for last in "ab")

    assert len(cluster_group(one)) <= 128
    assert cluster_group(one) != cluster_group(other)
    assert cluster_group(one) == cluster_group(replace(one)) == group_id(one)


def test_each_chore_is_a_group_of_its_own() -> None:
    chores: list[Chore] = [
        StormHint("C0ECSALERTS", "eu-west-1"),
        StormHint("C0ECSALERTS", "us-east-1"),
        MuteHint("organization"),
    ]
    chores += [MuteHint(f"cluster:{CLUSTER.key}"), MuteHint(f"instance:{LONGEST.key}/{'0' * 32}")]

    groups = {group_id(chore) for chore in chores} | {group_id(CLUSTER)}

    assert len(groups) == len(chores) + 1
    assert max(map(len, groups)) <= 128


@pytest.mark.parametrize("scope", ["organization", f"instance:{LONGEST.key}/{'0' * 32}"])
def test_a_mute_is_asked_for_and_put_off_as_it_is(mail: Mail, queues: Queues, clock: Clock, scope: str) -> None:
    assert queues.ask_looks(mail.looks, [MuteHint(scope)], "token") == set()
    queues.later(mail.delay, [(MuteHint(scope), 5)])
    clock.forward(seconds=10)

    for url in (mail.looks, mail.delay):
        assert [from_message(body) for body in mail.bodies(url)] == [MuteHint(scope)]


# Asking for looks


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25])
def test_every_cluster_is_asked_for_in_batches_of_ten(mail: Mail, queues: Queues, count: int) -> None:
    hints = [Hint(cluster, Why.STATE_CHANGE, (drop(),)) for cluster in clusters(count)]

    assert queues.ask_looks(mail.looks, hints, "token") == set()

    assert sorted(asked(mail), key=lambda hint: hint.cluster) == hints
    assert mail.service.batches == -(-count // 10)


def test_each_cluster_is_its_own_group(mail: Mail, queues: Queues) -> None:
    queues.ask_looks(
        mail.looks,
        [Hint(CLUSTER, Why.STATE_CHANGE), Hint(LONGEST, Why.STATE_CHANGE), Hint(ELSEWHERE, Why.STATE_CHANGE)],
        "token",
    )

    groups = {one.group for one in records(mail.receive(mail.looks))}
    assert groups == {group_id(CLUSTER), group_id(LONGEST), group_id(ELSEWHERE)}


def test_a_cluster_with_very_many_drops_is_asked_for_in_several_messages(mail: Mail, queues: Queues) -> None:
    drops = tuple(Drop(instance_id(number), NOON, number) for number in range(2 * DROPS_PER_MESSAGE + 1))

    queues.ask_looks(mail.looks, [Hint(CLUSTER, Why.STATE_CHANGE, drops)], "token")

    waiting = records(mail.receive(mail.looks))
    hints = [from_message(one.body) for one in waiting]
    assert len(hints) == 3
    assert {told for hint in hints if isinstance(hint, Hint) for told in hint.drops} == set(drops)
    assert {one.group for one in waiting} == {group_id(CLUSTER)}


def test_however_long_the_drops_of_many_clusters_are_sqs_takes_them(mail: Mail, queues: Queues) -> None:
    at = NOON.replace(microsecond=123_457)
    longest = [
        Drop(f"{number:08x}-{'f' * 4}-{'f' * 4}-{'f' * 4}-{'f' * 12}", at, 10**12, 2, f"mi-{'f' * 17}")
        for number in range(DROPS_PER_MESSAGE)
    ]
    hints = [Hint(cluster, Why.STATE_CHANGE, tuple(longest)) for cluster in clusters(12)]

    assert queues.ask_looks(mail.looks, hints, "token") == set()

    bodies = mail.bodies(mail.looks)
    assert len(bodies) == len(hints)
    assert max(map(len, bodies)) < 1_048_576 // 4


def test_the_same_batch_asks_only_once(mail: Mail, queues: Queues) -> None:
    for _ in range(2):
        queues.ask_looks(mail.looks, [Hint(CLUSTER, Why.STATE_CHANGE, (drop(),))], "batch-1")

    assert mail.waiting(mail.looks) == 1


@pytest.mark.parametrize(
    ("hint", "token"),
    [
        pytest.param(Hint(CLUSTER, Why.STATE_CHANGE, (drop(),)), "batch-2", id="another batch"),
        pytest.param(Hint(CLUSTER, Why.STATE_CHANGE, (drop(version=8),)), "batch-1", id="another drop"),
        pytest.param(Hint(ELSEWHERE, Why.STATE_CHANGE, (drop(),)), "batch-1", id="another cluster"),
    ],
)
def test_another_question_is_asked_as_well(mail: Mail, queues: Queues, hint: Hint, token: str) -> None:
    queues.ask_looks(mail.looks, [Hint(CLUSTER, Why.STATE_CHANGE, (drop(),))], "batch-1")
    queues.ask_looks(mail.looks, [hint], token)

    assert mail.waiting(mail.looks) == 2


def test_clusters_that_sqs_refuses_are_told_and_the_others_are_asked_for(mail: Mail, queues: Queues) -> None:
    many = clusters(25)
    bad = {many[0], many[13], many[24]}
    mail.service.refuses = lambda entry: json.loads(entry["MessageBody"])["cluster"] in {one.key for one in bad}

    assert queues.ask_looks(mail.looks, [Hint(cluster, Why.SWEEP) for cluster in many], "token") == set(
        map(group_id, bad)
    )
    assert {hint.cluster for hint in asked(mail)} == set(many) - bad


def test_a_cluster_is_refused_if_one_of_its_messages_is(mail: Mail, queues: Queues) -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(DROPS_PER_MESSAGE + 1))
    mail.service.refuses = lambda entry: len(json.loads(entry["MessageBody"])["drops"]) == 1

    assert queues.ask_looks(mail.looks, [Hint(CLUSTER, Why.STATE_CHANGE, drops)], "token") == {group_id(CLUSTER)}


# Looking again later


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        pytest.param(0, 1, id="at once: a second"),
        pytest.param(-5, 1, id="already over: a second"),
        pytest.param(9.2, 10, id="part of a second more"),
        pytest.param(60, 61, id="never too early"),
        pytest.param(100_000, LONGEST_DELAY, id="longer than SQS can: in parts"),
    ],
)
def test_a_hint_comes_back_when_its_time_has_come(
    mail: Mail, queues: Queues, clock: Clock, wait: float, seconds: int
) -> None:
    hint = Hint(CLUSTER, Why.AGAIN, (drop(waits=1),))

    queues.later(mail.delay, [(hint, timedelta(seconds=wait).total_seconds())])

    clock.forward(seconds=seconds - 0.5)
    assert mail.bodies(mail.delay) == []
    clock.forward(seconds=0.6)
    assert [from_message(body) for body in mail.bodies(mail.delay)] == [hint]


def test_a_long_hint_comes_back_whole(mail: Mail, queues: Queues, clock: Clock) -> None:
    drops = tuple(Drop(instance_id(number), NOON) for number in range(1_000))

    queues.later(mail.delay, [(Hint(CLUSTER, Why.AGAIN, drops), 10)])

    clock.forward(seconds=12)
    hints = [from_message(body) for body in mail.bodies(mail.delay)]
    assert {told for hint in hints if isinstance(hint, Hint) for told in hint.drops} == set(drops)


# Parking what can never be read


def test_bad_records_are_kept_with_their_reason(mail: Mail, queues: Queues) -> None:
    bad = [(record(f"body {number}", number), f"malformed: {number}") for number in range(12)]

    assert queues.park(mail.dead, bad) == set()

    kept = [*mail.receive(mail.dead)["Records"], *mail.receive(mail.dead)["Records"]]
    assert {(one["body"], one["messageAttributes"]["reason"]["StringValue"]) for one in kept} == {
        (one.body, reason) for one, reason in bad
    }


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        pytest.param("", "unknown", id="none"),
        pytest.param("x" * 5_000, "x" * 250, id="a long one"),
    ],
)
def test_every_reason_can_be_kept(mail: Mail, queues: Queues, reason: str, kept: str) -> None:
    queues.park(mail.dead, [(record("body"), reason)])

    (one,) = mail.receive(mail.dead)["Records"]
    assert one["messageAttributes"]["reason"]["StringValue"] == kept


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(200_000, id="ten together too long for one call"),
        pytest.param(1_048_576, id="each as long as SQS allows: no room for a reason"),
    ],
)
def test_long_records_are_kept_too(mail: Mail, queues: Queues, size: int) -> None:
    bad = [(record(str(number) * size, number), "malformed: not JSON") for number in range(10)]

    assert queues.park(mail.dead, bad) == set()

    assert {body[0] for body in mail.bodies(mail.dead)} == set("0123456789")


def test_bad_records_that_sqs_refuses_are_told(mail: Mail, queues: Queues) -> None:
    bad = [(record(f"body {number}", number), "malformed") for number in range(12)]
    mail.service.refuses = lambda entry: entry["MessageBody"] in ("body 3", "body 11")

    assert queues.park(mail.dead, bad) == {"record-3", "record-11"}
    assert mail.waiting(mail.dead) == 10


# One message in order


def test_the_same_token_goes_in_once_and_another_one_too(mail: Mail, queues: Queues) -> None:
    for token in ("click-1", "click-1", "click-2"):
        send_in_order(queues._sqs, mail.looks, group_id(LONGEST), "body", token)

    assert mail.waiting(mail.looks) == 2


# Working off


def laid(mail: Mail, queues: Queues, *names: str) -> list[Record]:
    """Messages of those clusters, received."""
    hints = [Hint(replace(CLUSTER, name=name), Why.SWEEP) for name in names]
    for number, hint in enumerate(hints):
        queues.ask_looks(mail.looks, [hint], f"token {number}")
    return records(mail.receive(mail.looks))


def failing(name: str) -> Callable[[list[Record]], None]:
    def work(waiting: list[Record]) -> None:
        if waiting[0].group.endswith(f"/{name}"):
            raise RuntimeError("no")

    return work


def test_a_group_that_fails_hurts_only_itself(mail: Mail, queues: Queues) -> None:
    batch = laid(mail, queues, "a", "b", "a", "c")
    worked: list[tuple[str, int]] = []

    def work(waiting: list[Record]) -> None:
        worked.append((waiting[0].group[-1], len(waiting)))
        failing("a")(waiting)

    failed = queues.work_off(mail.looks, batch, work)

    assert worked == [("a", 2), ("b", 1), ("c", 1)]
    assert failed == [one.id for one in batch if one.group.endswith("/a")]


def test_what_there_is_no_time_for_is_given_back_and_comes_at_once(mail: Mail, queues: Queues, clock: Clock) -> None:
    batch = laid(mail, queues, "a", "b", "c")
    left, worked = [GROUP_NEEDS + 25.0], list[str]()

    def work(waiting: list[Record]) -> None:
        worked.append(waiting[0].group[-1])
        left[0] -= 20

    with within(lambda: left[0]):
        failed = queues.work_off(mail.looks, batch, work)

    assert worked == ["a", "b"]
    assert failed == [batch[2].id]
    clock.forward(milliseconds=1)
    again = records(mail.receive(mail.looks))
    assert [(one.id, one.tries) for one in again] == [(batch[2].id, 2)]


def test_a_storm_is_not_begun_when_there_is_too_little_time_for_its_turn(mail: Mail, queues: Queues) -> None:
    hints: list[Hint | Chore] = [StormHint("C0ECSALERTS", "eu-west-1"), Hint(CLUSTER, Why.SWEEP)]
    queues.ask_looks(mail.looks, hints, "token")
    batch, worked = records(mail.receive(mail.looks)), list[str]()

    with within(lambda: STORM_NEEDS - 1.0):
        failed = queues.work_off(mail.looks, batch, lambda waiting: worked.append(waiting[0].group))

    assert worked == [group_id(CLUSTER)]
    assert failed == [one.id for one in batch if one.group.startswith("storm/")]


def test_each_record_is_told_the_most_hops_of_its_batch(mail: Mail, queues: Queues) -> None:
    hints: list[Hint | Chore] = [
        Hint(CLUSTER, Why.SWEEP, hops=2),
        Hint(ELSEWHERE, Why.AGAIN, hops=7),
        StormHint("C0ECSALERTS", "eu-west-1"),
    ]
    queues.ask_looks(mail.looks, hints, "token")
    told: list[int] = []

    queues.work_off(mail.looks, records(mail.receive(mail.looks)), lambda waiting: told.append(waiting[0].hops))

    assert told == [7, 7, 7]


@pytest.mark.parametrize("tries", [1, 3])
def test_a_group_that_fails_comes_back_soon(mail: Mail, queues: Queues, clock: Clock, tries: int) -> None:
    laid(mail, queues, "a")
    for attempt in range(1, tries + 1):
        clock.forward(seconds=400)
        batch = records(mail.receive(mail.looks))
        assert [one.tries for one in batch] == [attempt + 1]
    wait = backoff(tries + 1)

    queues.work_off(mail.looks, batch, failing("a"))

    clock.forward(seconds=wait - 1)
    assert records(mail.receive(mail.looks)) == []
    clock.forward(seconds=2)
    assert [one.id for one in records(mail.receive(mail.looks))] == [one.id for one in batch]


def test_a_group_that_cannot_be_made_to_come_back_soon_fails_all_the_same(mail: Mail, queues: Queues) -> None:
    batch = laid(mail, queues, "a", "b", "c")
    stale = [replace(one, receipt="no receipt of SQS") if one.group.endswith("/a") else one for one in batch]

    failed = queues.work_off(mail.looks, stale, failing("a"))

    assert failed == [one.id for one in batch if one.group.endswith("/a")]


def test_what_nobody_could_do_lies_in_the_dead_letter_queue_after_eight_tries(
    mail: Mail, queues: Queues, clock: Clock
) -> None:
    laid(mail, queues, "a")
    clock.forward(seconds=400)
    tries = 1
    while batch := mail.receive(mail.looks):
        if not batch["Records"]:
            break
        tries += 1
        mail.done(mail.looks, batch, answer(queues.work_off(mail.looks, records(batch), failing("a"))))
        clock.forward(seconds=61)

    assert tries == 8
    assert mail.waiting(mail.looks) == 0
    assert mail.waiting(mail.looks_dead) == 1


def test_a_queue_that_is_not_there_is_an_error(aws: None, queues: Queues) -> None:  # noqa: ARG001 - moto, with no queue
    with pytest.raises(ClientError):
        queues.ask_looks(
            "https://sqs.eu-west-1.amazonaws.com/123456789012/nowhere.fifo", [Hint(CLUSTER, Why.STATE_CHANGE)], "t"
        )


# What is better taken another time


def of_groups(*groups: tuple[str, int], tries: int = 1) -> dict[str, list[Record]]:
    return {
        name: [record("x", number, group=name, tries=tries) for number in range(messages)] for name, messages in groups
    }


@pytest.mark.parametrize(
    ("groups", "later"),
    [
        pytest.param(of_groups(("a", 7), ("b", 3)), ["b"], id="a group that the end may have cut off"),
        pytest.param(of_groups(("a", 7), ("b", 3), tries=3), ["b"], id="that was cut off in each of its tries"),
        pytest.param(of_groups(("a", 7), ("b", 3), tries=4), [], id="that was put back often enough"),
        pytest.param(of_groups(("a", 6), ("b", 3)), [], id="a batch with room left"),
        pytest.param(of_groups(("a", 10)), [], id="one group alone"),
        pytest.param(of_groups(*((f"{n}", 1) for n in range(10))), [], id="a sweep: a message for each"),
        pytest.param(
            of_groups(("storm/a", 1), ("b", 1), ("storm/c", 2), ("storm/d", 1)), ["storm/c", "storm/d"], id="storms"
        ),
        pytest.param(of_groups(("storm/a", 1), ("storm/b", 1), tries=4), [], id="storms that have waited often"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_what_is_better_taken_another_time(groups: dict[str, list[Record]], later: list[str]) -> None:
    assert another_time(groups) == later


def test_a_group_that_was_cut_off_waits_as_long_as_those_that_are_not_yet_due(
    mail: Mail, queues: Queues, clock: Clock
) -> None:
    for cluster in (CLUSTER, ELSEWHERE):
        for number in range(7):
            queues.ask_looks(mail.looks, [Hint(cluster, Why.SWEEP)], f"{number}")
    taken: list[tuple[str, int, int]] = []

    def work(waiting: list[Record]) -> None:
        taken.append((waiting[0].group, len(waiting), waiting[0].tries))
        if waiting[0].tries == 1:
            raise NotYet(10)

    def round_of_work() -> None:
        batch = mail.receive(mail.looks)
        mail.done(mail.looks, batch, answer(queues.work_off(mail.looks, records(batch), work)))

    round_of_work()
    clock.forward(seconds=9)
    round_of_work()
    assert taken == [(CLUSTER.key, 7, 1)], "nothing is looked at in the midst of a crowd"

    for _ in range(3):
        clock.forward(seconds=1)
        round_of_work()
    assert sum(number for group, number, _ in taken if group == ELSEWHERE.key) == 7
    assert mail.waiting(mail.looks) == 0


def test_a_group_that_was_cut_off_comes_back_at_once_with_its_others(mail: Mail, queues: Queues, clock: Clock) -> None:
    for cluster in (CLUSTER, ELSEWHERE):
        for number in range(7):
            queues.ask_looks(mail.looks, [Hint(cluster, Why.SWEEP)], f"{number}")
    taken: list[tuple[str, int]] = []

    def work(waiting: list[Record]) -> None:
        taken.append((waiting[0].group, len(waiting)))

    for _ in range(3):
        batch = mail.receive(mail.looks)
        mail.done(mail.looks, batch, answer(queues.work_off(mail.looks, records(batch), work)))
        clock.forward(seconds=1)

    assert taken[0] == (CLUSTER.key, 7)
    assert (ELSEWHERE.key, 3) not in taken, "these three were the ones at the end of the batch"
    assert sum(number for group, number in taken if group == ELSEWHERE.key) == 7
    assert mail.waiting(mail.looks) == 0
