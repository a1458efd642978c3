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
from chatops.commands.known_names import KnownNames
from chatops.commands.name_lookup import Candidates, Nothing, find
from chatops.commands.parse import LONGEST_TARGET, Command, Mistake, parse
from hub.incidents.incident import State
from hub.incidents.mute import Mute
from hub.policy.explain import WithIds
from hub.policy.matching import Match
from hub.policy.windows import InForce
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from tests.chatops.commands.reading_answers import HOUR, WINDOW, buttons, examine, lines, mute, said
from tests.hub.factories import ALICE, BOB, CLUSTER, LONGEST, NOON, entry, incident, repair
from tests.hub.foreign_words import HOSTILE, everywhere
from tests.hub.rendering import check
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
    assert "There is no incident `inc-0123456789`.\nWhat is over is found for three days." in said(answer)
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


MUTE = Command("mute", target="prod_wbe", span="2h", reason="x")


def test_what_comes_nearest_and_what_may_be_meant_all_the_same_are_buttons() -> None:
    scope = Scope.of(CLUSTER)

    answer = answers.unknown("/ecs", MUTE, Nothing((("prod_web", "account:222233334444"),), scope))

    examine(answer)
    assert "Nothing known is called `prod_wbe`: no such account, Region, cluster or incident" in said(answer)
    assert "has ever been seen. Do you mean this?" in said(answer)
    assert [button["text"]["text"] for button in buttons(answer)] == [
        "prod_web",
        f"{CLUSTER.name} all the same: it may come to be",
    ]
    assert [parse(line) for line in lines(answer)] == [
        replace(MUTE, target="account:222233334444"),
        replace(MUTE, target=str(scope)),
    ]


def test_who_only_asks_is_not_offered_what_is_not_there() -> None:
    answer = answers.unknown("/ecs", Command("incidents", target="x"), Nothing((), Scope.of(CLUSTER)))

    examine(answer)
    assert buttons(answer) == []
    assert "Do you mean" not in said(answer)


def test_what_is_not_called_exactly_so_is_asked_about_though_it_is_one_thing() -> None:
    one = Candidates((("prod_web", "account:222233334444"),), exact=False)

    for command, tells in ((MUTE, True), (Command("incidents", target="prod"), False)):
        answer = answers.ambiguous(command, one)
        examine(answer)
        assert len(buttons(answer)) == 1
        assert "Do you mean this?" in said(answer)
        assert ("What changes something takes an exact name." in said(answer)) is tells


def test_where_a_name_ends_is_asked_about_with_the_reason_that_is_left() -> None:
    ways = [("Account Payments", replace(MUTE, target="payments", reason="staging is moved"))]

    answer = answers.run_on(replace(MUTE, target="payments staging is moved", reason=""), ways)

    examine(answer)
    assert [parse(line) for line in lines(answer)] == [ways[0][1]]


def test_who_gives_no_reason_gets_a_button_that_asks_for_it() -> None:
    answer = answers.reasonless(Command("mute", target="Payments Production", span="2h"))

    examine(answer)
    assert [parse(line) for line in lines(answer)] == [Command("mute", target="Payments Production", span="2h")]


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
            return answers.unknown("/ecs", Command("mute", target=text), nothing)
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
    "the nearest names": lambda text: answers.unknown(
        text, Command("mute", target=text, reason=text), Nothing(((text, "organization"),) * 3, Scope.of(LONGEST))
    ),
    "an instance that nobody knows": lambda text: answers.unknown(
        text, Command("why", argument=text), Nothing(instance=True)
    ),
    "where a name ends": lambda text: answers.run_on(
        Command("mute", target=text), [(text, Command("mute", target="x", reason=text))] * 9
    ),
    "no reason": lambda text: answers.reasonless(Command("mute", target=(text or "x")[:LONGEST_TARGET], span="2h")),
    "a look": lambda text: answers.looking(LONGEST, text, here=True),
    "never seen": lambda text: answers.never_seen(
        LONGEST, "2222", text, Command("why", argument=text or "x"), Nothing(((text, "organization"),) * 3)
    ),
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
    "a cluster": lambda text: incident_answers.shown_cluster(
        LONGEST, [everywhere(text, n) for n in range(99)], [text], names(text), mutes(text)[0]
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


@pytest.mark.parametrize("words", [*HOSTILE.values(), f"who {ALICE}, S0SRETEAM1 " * 200], ids=len)
def test_a_policys_line_is_taken_however_long_it_is(words: str) -> None:
    text, blocks = answers.explained("Why", [WithIds(words)] * 30)

    check(text, blocks)
    assert len(blocks) <= 50


def test_a_policys_line_names_people_and_groups_and_formats_nothing() -> None:
    line = WithIds(f"  [[rights]] 1 in line 3: {ALICE}, S0SRETEAM1 may mute prod-*, web_*_x & <@here> until 9:00 UTC.")

    told = said(answers.explained("Why", [line]))

    assert (
        f"1 in line 3: <@{ALICE}>, <!subteam^S0SRETEAM1> may mute `prod-*,` `web_*_x` &amp; &lt;@here&gt; until" in told
    )
    assert "9:00 UTC." in told


@pytest.mark.product
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_foreign_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))


@given(st.sampled_from(list(PLACES.values())), st.text() | st.text(alphabet='<>@#!&`*_|:"\\ \n'))
@settings(max_examples=examples(200), deadline=None)
def test_any_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))
