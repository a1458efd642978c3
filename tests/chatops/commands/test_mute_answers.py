"""What is told of mutes and of maintenance windows."""

from dataclasses import replace

import pytest

from chatops.commands import mute_answers
from chatops.commands.parse import Command, parse
from hub.policy.matching import Match
from hub.policy.windows import InForce
from hub.scopes.scope import Scope
from tests.chatops.commands.reading_answers import HOUR, NAMES, WINDOW, examine, lines, mute, said
from tests.hub.factories import ALICE, BOB, CLUSTER, ELSEWHERE, NOON, instance_id


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("organization", "*the whole organization*"),
        ("unit:ou-ab12-11112222", "*unit `ou-ab12-11112222`*"),
        ("account:222233334444", "*account `Payments Production` (222233334444)*"),
        ("account:333344445555", "*account 333344445555*"),
        ("region:*/eu-west-1", "*eu-west-1 in all accounts*"),
        ("region:333344445555/eu-west-1", "*eu-west-1 in account 333344445555*"),
        ("cluster:*/*/prod-*", "*clusters `prod-*` in all accounts*"),
        ("cluster:*/eu-west-1/prod-?", "*clusters `prod-?` in eu-west-1, all accounts*"),
        ("cluster:222233334444/*/p*", "*clusters `p*` in account `Payments Production` (222233334444)*"),
        (f"cluster:{ELSEWHERE.key}", "*cluster `search` in us-east-1, account 333344445555*"),
        (
            f"instance:{ELSEWHERE.key}/{instance_id()}",
            f"*instance `{instance_id()}` of cluster `search` in us-east-1, account 333344445555*",
        ),
    ],
)
def test_a_mute_tells_what_until_when_by_whom_and_why_and_can_be_ended(scope: str, words: str) -> None:
    answer = mute_answers.all_mutes([mute(Scope.parse(scope))], NOON, NAMES)

    examine(answer)
    assert f"{words} · 1 h left\nuntil <!date^{int((NOON + HOUR).timestamp())}^" in said(answer)
    assert f"by <@{ALICE}>: `deploy`" in said(answer)
    assert [parse(line) for line in lines(answer)] == [Command("unmute", target=scope)]
    assert "1 mute in force." in said(answer)


def test_a_maintenance_window_cannot_be_ended_by_a_button() -> None:
    answer = mute_answers.all_mutes([mute(by="", since=NOON + HOUR, until=NOON + 2 * HOUR)], NOON, NAMES)

    assert lines(answer) == []
    assert "to come" in said(answer)
    assert "by a maintenance window: `deploy`" in said(answer)


def test_a_window_of_the_policy_is_shown_with_its_places_and_cannot_be_ended_by_a_button() -> None:
    soon = InForce(replace(WINDOW, where=Match(), reason=""), NOON - HOUR, NOON + HOUR / 2)
    late = InForce(WINDOW, NOON - HOUR, NOON + 2 * HOUR)

    answer = mute_answers.all_mutes([mute()], NOON, NAMES, [late, soon])

    examine(answer)
    words = said(answer)
    assert "3 mutes in force." in words
    until = int((NOON + 2 * HOUR).timestamp())
    assert f"*account `Payments`, cluster `prod-*`, `b_*b`* · 2 h left\nuntil <!date^{until}^" in words
    assert "by a maintenance window: `pat*ching`" in words
    assert words.index("*the whole organization*") < words.index("*cluster `prod-payments`") < words.index("pat*ching")
    assert lines(answer) == [f"unmute cluster:{CLUSTER.key}"]


def test_a_window_that_overlaps_is_shown_after_a_mute() -> None:
    answer = mute_answers.muted(mute(), [], NOON, NAMES, [InForce(WINDOW, NOON, NOON + HOUR)])

    examine(answer)
    assert "*Muted as well, which overlaps*" in said(answer)
    assert "by a maintenance window: `pat*ching`" in said(answer)


def test_nothing_muted_is_said() -> None:
    answer = mute_answers.all_mutes([], NOON, NAMES)

    examine(answer)
    assert "Nothing is muted." in said(answer)


def test_what_ends_first_stands_on_top() -> None:
    several = [mute(Scope(account=f"{n:012d}"), until=NOON + (9 - n) * HOUR) for n in range(3)]

    assert lines(mute_answers.all_mutes(several, NOON, {})) == [f"unmute account:{n:012d}" for n in (2, 1, 0)]


def test_what_has_just_been_muted_is_shown_with_what_overlaps() -> None:
    answer = mute_answers.muted(mute(), [mute(Scope(account="222233334444"), by=BOB)], NOON, NAMES)

    examine(answer)
    assert "Muted cluster `prod-payments` in eu-west-1, account `Payments Production` (222233334444) until" in said(
        answer
    )
    assert "*Muted as well, which overlaps*" in said(answer)
    assert lines(answer) == [f"unmute cluster:{CLUSTER.key}", "unmute account:222233334444"]
    assert "overlaps" not in said(mute_answers.muted(mute(), [], NOON, NAMES))


def test_a_pattern_that_was_muted_is_good_for_what_is_called_so_later() -> None:
    answer = mute_answers.muted(mute(Scope.parse("cluster:*/*/prod-*")), [], NOON, NAMES)

    examine(answer)
    assert "Muted clusters `prod-*` in all accounts until" in said(answer)
    assert "good for all that are called so, now or later" in said(answer)
    assert [parse(line) for line in lines(answer)] == [Command("unmute", target="cluster:*/*/prod-*")]
    assert "now or later" not in said(mute_answers.muted(mute(), [], NOON, NAMES))


def test_of_many_that_overlap_those_that_are_left_out_are_counted() -> None:
    answer = mute_answers.muted(mute(), [mute(Scope())] * 99, NOON, NAMES)

    examine(answer)
    assert f"and {100 - len(lines(answer))} more." in said(answer)
