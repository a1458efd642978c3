"""What is shown to whoever types: always taken by Slack, of constant size, and foreign words are words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatops.commands import answers, incident_answers, mute_answers
from chatops.commands.answer_parts import Answer
from chatops.commands.help_pages import COMMANDS, help_text
from chatops.commands.incident_answers import Standing
from chatops.commands.name_lookup import Candidates, KnownNames, Nothing, find
from chatops.commands.parse import Command, Mistake, parse
from hub.incidents.incident import State
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import InForce
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from tests.chatops.commands.reading_answers import HOUR, WINDOW, buttons, examine, lines, mute, said
from tests.hub.factories import ALICE, BOB, CLUSTER, LONGEST, NOON, entry, incident, repair
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.nightly import examples

# Help and mistakes


@pytest.mark.parametrize("topic", ["", *COMMANDS, "times", "names", "sandwich"])
def test_help_is_taken_and_names_what_to_type(topic: str) -> None:
    answer = answers.helped("/ecs", help_text(topic))

    examine(answer)
    if topic in COMMANDS:
        assert f"For example: `/ecs {COMMANDS[topic].example}`" in said(answer)


def test_help_shows_every_form_as_it_is_typed() -> None:
    words = said(answers.helped("/guard", help_text()))

    assert "`/guard mute &lt;account|alias|cluster|all&gt; &lt;time&gt; &lt;reason&gt;`  Record, but don't say" in words
    assert all(f"`/guard {verb}" in words for verb in COMMANDS)


def test_help_about_nothing_it_knows_says_so() -> None:
    assert "There is nothing about `sandwich` itself." in said(answers.helped("/ecs", help_text("sandwich")))


def test_a_mistake_gets_the_nearest_command_and_a_line_to_copy() -> None:
    mistake = parse("mtue web 2h deploy")
    assert isinstance(mistake, Mistake)

    answer = answers.mistaken("/ecs", mistake)

    examine(answer)
    assert "There is no such command. Did you mean *mute*?\nTry `/ecs mute web 2h deploy`" in said(answer)
    assert "You typed `/ecs mtue web 2h deploy`" in said(answer)


def test_what_is_near_no_command_gets_the_help_once() -> None:
    mistake = parse("xyzzy")
    assert isinstance(mistake, Mistake)

    answer = answers.mistaken("/ecs", mistake)

    examine(answer)
    assert "There is no such command.\nTry `/ecs help`.\n" in said(answer)


def test_an_incident_that_is_not_found_may_be_over_for_long() -> None:
    answer = answers.no_incident("/ecs", "inc-0123456789")

    examine(answer)
    assert "There is no incident `inc-0123456789`.\nWhat is over is found for three days" in said(answer)
    assert "`/ecs incidents`" in said(answer)


def test_the_form_in_a_mistake_is_no_markup() -> None:
    mistake = parse("why")
    assert isinstance(mistake, Mistake)

    words = said(answers.mistaken("/ecs", mistake))

    assert "Say what it is about: why &lt;incident|cluster|instance&gt;." in words
    assert "Did you mean" not in words


# Ambiguous words


def test_candidates_are_buttons_that_say_the_command_again() -> None:
    asked = Command("mute", target="prod", span="2h", reason='R&D "needs" it')
    scopes = ("account:222233334444", f"cluster:{CLUSTER.key}")

    answer = answers.ambiguous(asked, Candidates((("Account Prod", scopes[0]), ("prod-payments", scopes[1])), 7))

    examine(answer)
    assert [button["text"]["text"] for button in buttons(answer)] == ["Account Prod", "prod-payments"]
    assert [parse(line) for line in lines(answer)] == [replace(asked, target=scope) for scope in scopes]
    assert "and 7 more: name it more exactly." in said(answer)


def test_a_question_is_asked_again_about_a_candidate() -> None:
    answer = answers.ambiguous(Command("why", argument="prod"), Candidates((("prod", f"cluster:{CLUSTER.key}"),)))

    assert [parse(line) for line in lines(answer)] == [Command("why", argument=f"cluster:{CLUSTER.key}")]


def test_ten_candidates_with_the_longest_names_and_reasons_are_as_many_as_fit() -> None:
    options = tuple((f"{'c' * 70} {n}", str(Scope.of(LONGEST, f"{n:036x}"))) for n in range(10))
    asked = Command("mute", target="c", span="until 2026-12-01 09:00", reason="&" * 300)

    answer = answers.ambiguous(asked, Candidates(options, 90))

    examine(answer)
    shown = len(buttons(answer))
    assert 2 < shown < 10
    assert f"and {100 - shown} more: name it more exactly." in said(answer)


def test_what_nothing_is_called_is_told_with_the_nearest_names() -> None:
    answer = answers.unknown("/ecs", "prod_wbe", Nothing(("prod_web", "prod_api")))

    examine(answer)
    assert "Nothing known is called `prod_wbe`: no account, and no cluster or instance in trouble or muted." in said(
        answer
    )
    assert "The nearest names: `prod_web`, `prod_api`." in said(answer)
    assert "nearest" not in said(answers.unknown("/ecs", "x", Nothing()))


# Done and refused


def test_what_was_done_and_what_was_refused() -> None:
    done = answers.done("Repairs may run again.", "all is *well*")
    refused = answers.refused("You may not mute this account.", "by the policy", [ALICE, BOB])

    for answer in (done, refused):
        examine(answer)
    assert ":white_check_mark: Repairs may run again." in said(done)
    assert "all is *well*" in said(done)
    assert ":no_entry: You may not mute this account." in said(refused)
    assert f"Those who may: <@{ALICE}>, <@{BOB}>" in said(refused)


def test_of_many_who_may_a_few_are_named() -> None:
    answer = answers.refused("No.", may=[f"U{number:08d}" for number in range(1_000)])

    examine(answer)
    assert "<@U00000004> and 995 more" in said(answer)


# Why, and coverage


@pytest.mark.parametrize("count", [0, 3, 1_000])
def test_why_shows_the_lines_that_explain_it(count: int) -> None:
    answer = answers.explained("Why `prod-payments` is silent", [f"line *{n}* of @here" for n in range(count)])

    examine(answer)
    left = count - said(answer).count("of @here")
    assert (f"and {left} more." in said(answer)) is bool(left)


def test_short_lines_are_not_more_than_somebody_reads() -> None:
    answer = answers.explained("Why", ["so"] * 25)

    assert said(answer).count("so\n") == 20
    assert "and 5 more." in said(answer)


@pytest.mark.parametrize("count", [0, 3, 1_000])
def test_coverage_names_what_is_not_watched(count: int) -> None:
    blind = [(f"{n:012d}/eu-west-1", "access denied") for n in range(count)]

    answer = answers.covered("12 of 15 member Regions watched; 3 blind: access denied (3).", blind)

    examine(answer)
    left = count - said(answer).count("`access denied`")
    assert (f"and {left} more." in said(answer)) is bool(left)
    assert "12 of 15 member Regions watched" in said(answer)


# Foreign words


def parsed(text: str) -> Answer:
    read = parse(text)
    return answers.mistaken("/ecs", read) if isinstance(read, Mistake) else answers.done("Fine.")


def sought(text: str) -> Answer:
    directory = [Account(f"{n:012d}", text) for n in range(30)]
    match find(text, KnownNames(directory, {text: directory[0].id})):
        case Candidates() as candidates:
            return answers.ambiguous(Command("mute", target=text, span="2h", reason=text), candidates)
        case Nothing() as nothing:
            return answers.unknown("/ecs", text, nothing)
    return answers.done("Fine.")


def written(text: str) -> Sequence[Any]:
    return [
        entry(text, at=NOON + n * HOUR, who=text, where=text, result=text, reason=text, approved_by=text)
        for n in range(30)
    ]


def names(text: str) -> dict[str, str]:
    return {f"{n:012d}": text for n in range(30)} | {CLUSTER.account: text}


def mutes(text: str) -> list[Mute]:
    return [mute(Scope.of(replace(LONGEST, account=f"{n:012d}")), by=text, reason=text) for n in range(30)]


def windows(text: str) -> list[InForce]:
    where = Match((text,) * 9, (text,), (text,), (text,), (text,) * 9, (text,))
    return [InForce(replace(WINDOW, where=where, reason=text), NOON, NOON + HOUR)] * 30


PLACES: dict[str, Callable[[str], Answer]] = {
    "a command that does not exist": parsed,
    "a command's name": lambda text: answers.helped(text, help_text("names")),
    "a topic": lambda text: answers.helped("/ecs", help_text(text)),
    "a mistake": lambda text: answers.mistaken(text, Mistake(text, "No.", "mute", text)),
    "a name": sought,
    "candidates": lambda text: answers.ambiguous(
        Command("mute", target=text or "x", reason=text), Candidates(((text or "x", "organization"),) * 10)
    ),
    "the nearest names": lambda text: answers.unknown(text, text, Nothing((text, text, text))),
    "no incident": lambda text: answers.no_incident(text, text),
    "a detail": lambda text: answers.done("Done.", text),
    "a refusal": lambda text: answers.refused("No.", text, [text] * 9),
    "a mute": lambda text: mute_answers.muted(mutes(text)[0], mutes(text), NOON, names(text)),
    "mutes": lambda text: mute_answers.all_mutes(mutes(text), NOON, names(text)),
    "windows": lambda text: mute_answers.all_mutes([], NOON, {}, windows(text)),
    "windows that overlap": lambda text: mute_answers.muted(mutes(text)[0], [], NOON, {}, windows(text)),
    "status": lambda text: incident_answers.status(Standing({}, 1, 1, [text] * 9, text or "x", NOON, text)),
    "incidents": lambda text: incident_answers.open_incidents(
        "/ecs", [everywhere(text, n) for n in range(99)], names(text)
    ),
    "incidents of many accounts": lambda text: incident_answers.open_incidents(
        text,
        [replace(everywhere(text, n), cluster=replace(LONGEST, account=f"{n:012d}")) for n in range(99)],
        names(text),
    ),
    "an incident": lambda text: incident_answers.shown(everywhere(text, 1), written(text), names(text), mutes(text)[0]),
    "an incident that is over": lambda text: incident_answers.shown(
        incident(
            state=State.RESOLVED,
            ending="terminated",
            replacement=text,
            acknowledged_by=text,
            acknowledged_at=NOON,
            repair=repair(by=text, remedy=text, group=text),
        ),
        written(text),
        names(text),
    ),
    "the audit": lambda text: incident_answers.audited("Audit", written(text)),
    "why": lambda text: answers.explained("Why", [text] * 30),
    "coverage": lambda text: answers.covered(text, [(text, text)] * 30),
}


@pytest.mark.product
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_foreign_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))


@given(st.sampled_from(list(PLACES.values())), st.text() | st.text(alphabet='<>@#!&`*_|:"\\ \n'))
@settings(max_examples=examples(200), deadline=None)
def test_any_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))
