"""What is shown to whoever types: always taken by Slack, of constant size, and foreign words are words."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatops.commands import answers
from chatops.commands.answers import SAY, Answer, Standing
from chatops.commands.help_pages import COMMANDS, help_text
from chatops.commands.name_lookup import Candidates, KnownNames, Nothing, find
from chatops.commands.parse import Command, Mistake, parse
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.policy.matching import Match
from hub.policy.windows import InForce, Window
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import (
    ALICE,
    BOB,
    CLUSTER,
    ELSEWHERE,
    LONGEST,
    NOON,
    entry,
    finished,
    incident,
    instance_id,
    repair,
    sighting,
)
from tests.hub.rendering import check, texts, tricks
from tests.hub.slack.test_hostile_names import HOSTILE, everywhere

NAMES = {"222233334444": "Payments Production"}
HOUR = timedelta(hours=1)


def mute(of: Scope | None = None, **more: object) -> Mute:
    usual = Mute(of or Scope.of(CLUSTER), NOON + HOUR, ALICE, "deploy", NOON - HOUR)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a mute


def said(answer: Answer) -> str:
    text, blocks = answer
    return "\n".join([text, *(thing["text"] for thing in texts(blocks))])


def buttons(answer: Answer) -> list[Any]:
    _, blocks = answer
    elements = [element for block in blocks for element in [*block.get("elements", []), block.get("accessory")]]
    return [element for element in elements if element and element["type"] == "button"]


def lines(answer: Answer) -> list[str]:
    """The commands that an answer's buttons say."""
    return [button["value"] for button in buttons(answer)]


def examine(answer: Answer) -> None:
    """Hold an answer to what holds of all."""
    text, blocks = answer
    check(text, blocks)
    assert tricks(blocks, text) == []
    assert len(json.dumps(blocks)) < 10_000
    assert len(blocks) <= 50
    assert len(text) < 1_000
    for button in buttons(answer):
        assert button["action_id"].startswith(SAY)
        assert isinstance(parse(button["value"]), Command)


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


# Mutes


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
    answer = answers.all_mutes([mute(Scope.parse(scope))], NOON, NAMES)

    examine(answer)
    assert f"{words} · 1 h left\nuntil <!date^{int((NOON + HOUR).timestamp())}^" in said(answer)
    assert f"by <@{ALICE}>: `deploy`" in said(answer)
    assert [parse(line) for line in lines(answer)] == [Command("unmute", target=scope)]
    assert "1 mute in force." in said(answer)


def test_a_maintenance_window_cannot_be_ended_by_a_button() -> None:
    answer = answers.all_mutes([mute(by="", since=NOON + HOUR, until=NOON + 2 * HOUR)], NOON, NAMES)

    assert lines(answer) == []
    assert "to come" in said(answer)
    assert "by a maintenance window: `deploy`" in said(answer)


WINDOW = Window((1,), time(2), 4 * HOUR, "UTC", Match(account=("Payments",), cluster=("prod-*", "b_*b")), "pat*ching")


def test_a_window_of_the_policy_is_shown_with_its_places_and_cannot_be_ended_by_a_button() -> None:
    soon = InForce(replace(WINDOW, where=Match(), reason=""), NOON - HOUR, NOON + HOUR / 2)
    late = InForce(WINDOW, NOON - HOUR, NOON + 2 * HOUR)

    answer = answers.all_mutes([mute()], NOON, NAMES, [late, soon])

    examine(answer)
    words = said(answer)
    assert "3 mutes in force." in words
    until = int((NOON + 2 * HOUR).timestamp())
    assert f"*account `Payments`, cluster `prod-*`, `b_*b`* · 2 h left\nuntil <!date^{until}^" in words
    assert "by a maintenance window: `pat*ching`" in words
    assert words.index("*the whole organization*") < words.index("*cluster `prod-payments`") < words.index("pat*ching")
    assert lines(answer) == [f"unmute cluster:{CLUSTER.key}"]


def test_a_window_that_overlaps_is_shown_after_a_mute() -> None:
    answer = answers.muted(mute(), [], NOON, NAMES, [InForce(WINDOW, NOON, NOON + HOUR)])

    examine(answer)
    assert "*Muted as well, which overlaps*" in said(answer)
    assert "by a maintenance window: `pat*ching`" in said(answer)


def test_nothing_muted_is_said() -> None:
    answer = answers.all_mutes([], NOON, NAMES)

    examine(answer)
    assert "Nothing is muted." in said(answer)


def test_what_ends_first_stands_on_top() -> None:
    several = [mute(Scope(account=f"{n:012d}"), until=NOON + (9 - n) * HOUR) for n in range(3)]

    assert lines(answers.all_mutes(several, NOON, {})) == [f"unmute account:{n:012d}" for n in (2, 1, 0)]


def test_what_has_just_been_muted_is_shown_with_what_overlaps() -> None:
    answer = answers.muted(mute(), [mute(Scope(account="222233334444"), by=BOB)], NOON, NAMES)

    examine(answer)
    assert "Muted cluster `prod-payments` in eu-west-1, account `Payments Production` (222233334444) until" in said(
        answer
    )
    assert "*Muted as well, which overlaps*" in said(answer)
    assert lines(answer) == [f"unmute cluster:{CLUSTER.key}", "unmute account:222233334444"]
    assert "overlaps" not in said(answers.muted(mute(), [], NOON, NAMES))


def test_a_pattern_that_was_muted_is_good_for_what_is_called_so_later() -> None:
    answer = answers.muted(mute(Scope.parse("cluster:*/*/prod-*")), [], NOON, NAMES)

    examine(answer)
    assert "Muted clusters `prod-*` in all accounts until" in said(answer)
    assert "good for all that are called so, now or later" in said(answer)
    assert [parse(line) for line in lines(answer)] == [Command("unmute", target="cluster:*/*/prod-*")]
    assert "now or later" not in said(answers.muted(mute(), [], NOON, NAMES))


def test_of_many_that_overlap_those_that_are_left_out_are_counted() -> None:
    answer = answers.muted(mute(), [mute(Scope())] * 99, NOON, NAMES)

    examine(answer)
    assert f"and {100 - len(lines(answer))} more." in said(answer)


# How things stand


def test_status_counts_by_state() -> None:
    counts = {State.OPEN: 1_200, State.ACKNOWLEDGED: 2, State.REPAIRING: 1, State.RESOLVED: 99}

    answer = answers.status(Standing(counts, muted=3, mutes=1, storms=["eu-west-1"]))

    examine(answer)
    for words in (
        "1,203 unresolved incidents.",
        "*Open*\n:red_circle: 1,200",
        "*Acknowledged*\n:large_yellow_circle: 2",
        "*Repairing*\n:large_blue_circle: 1",
        "*Muted*\n:no_bell: 3 incidents, 1 mute in force",
        "*Storms*\n`eu-west-1`",
        "*Repairs*\nallowed",
    ):
        assert words in said(answer)


def test_of_many_storms_a_few_are_named() -> None:
    answer = answers.status(Standing({}, storms=[f"eu-west-{n}" for n in range(9)]))

    examine(answer)
    assert said(answer).count("`eu-west-") == 5
    assert "`eu-west-4` and 4 more" in said(answer)


def test_status_says_who_has_stopped_repairs() -> None:
    answer = answers.status(Standing({}, stopped_by=ALICE, stopped_at=NOON, stopped_reason="it *hurts*"))

    examine(answer)
    assert f":octagonal_sign: All repairs stopped by <@{ALICE}> <!date^" in said(answer)
    assert ": `it *hurts*`" in said(answer)
    assert "*Repairs*\nstopped" in said(answer)
    assert "Nothing is in trouble." in said(answer)


def test_incidents_stand_by_account_the_worst_first_the_longest_gone_on_top() -> None:
    elsewhere = [incident(n, cluster=ELSEWHERE, since=NOON - n * HOUR) for n in range(1, 4)]
    here = incident(9, State.ACKNOWLEDGED)

    answer = answers.open_incidents("/ecs", [here, *elsewhere], NAMES, {here.id})

    examine(answer)
    words = said(answer)
    places = [words.index(each.id) for each in (*reversed(elsewhere), here)]
    assert places == sorted(places)
    assert "4 unresolved incidents." in words
    assert "*Account 333344445555: 3 instances*\n:red_circle: `i-" in words
    assert "*Account `Payments Production` (222233334444): 1 instance*\n:large_yellow_circle: :no_bell: `i-" in words


@pytest.mark.parametrize("count", [0, 1, 5, 6, 20, 21, 1_000])
@pytest.mark.parametrize("accounts", [1, 2, 200])
@pytest.mark.parametrize("long", [False, True], ids=["", "longest names"])
def test_every_incident_is_shown_or_counted(count: int, accounts: int, long: bool) -> None:
    def place(number: int) -> Cluster:
        return replace(LONGEST if long else CLUSTER, account=f"{number % accounts:012d}")

    several = [incident(number, cluster=place(number)) for number in range(count)]

    answer = answers.open_incidents("/ecs", several, NAMES)

    examine(answer)
    words = said(answer)
    shown = sum(each.id in words for each in several)
    counted = [int(line.split()[1].replace(",", "")) for line in words.splitlines() if line.startswith("and ")]
    assert shown + sum(counted) == count
    assert shown >= min(count, 5)


def test_a_thousand_incidents_are_as_long_as_a_hundred() -> None:
    sizes = [
        len(json.dumps(answers.open_incidents("/ecs", [incident(n) for n in range(count)], NAMES)[1]))
        for count in (100, 1_000, 5_000)
    ]

    assert max(sizes) - min(sizes) < 50


# One incident


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(incident(), "is open.", id="open"),
        pytest.param(incident(state=State.ACKNOWLEDGED), f"*Acknowledged*\nby <@{ALICE}> <!date^", id="acknowledged"),
        pytest.param(incident(state=State.REPAIRING), f"*Repair*\n`terminate` asked by <@{ALICE}>", id="repairing"),
        pytest.param(incident(repair=finished(problem="no")), f"asked by <@{ALICE}>, failed", id="failed"),
        pytest.param(incident(state=State.RESOLVED), ", after 6 min: `reconnected`", id="resolved"),
        pytest.param(incident(sighting=sighting(zone="", instance_type="")), "*Zone · type*\nunknown", id="no zone"),
        pytest.param(incident(sighting=sighting(agent_version="")), "`unknown` · 6", id="no agent"),
    ],
)
def test_an_incident_is_shown_with_its_facts(one: Incident, words: str) -> None:
    answer = answers.shown(one, [], NAMES)

    examine(answer)
    assert words in said(answer)
    for fact in (one.id, "`prod-payments`", "`Payments Production` (222233334444) · eu-west-1", one.instance):
        assert fact in said(answer)


def test_what_can_be_asked_about_an_incident_are_buttons() -> None:
    one = incident()

    assert [parse(line) for line in lines(answers.shown(one, [], NAMES))] == [
        Command("why", argument=one.id),
        Command("mute", target=f"instance:{CLUSTER.key}/{one.instance}"),
    ]
    assert [parse(line) for line in lines(answers.shown(incident(state=State.RESOLVED), [], NAMES))] == [
        Command("why", argument=one.id)
    ]


def test_an_incident_that_is_muted_says_so() -> None:
    answer = answers.shown(incident(), [], NAMES, mute())

    examine(answer)
    assert "Muted: until <!date^" in said(answer)


def test_the_log_of_an_incident_has_the_newest_on_top() -> None:
    log = [entry(what, at=NOON + n * HOUR, result="so") for n, what in enumerate(("began", "acknowledged", "ended"))]

    answer = answers.shown(incident(), log, NAMES)

    examine(answer)
    places = [said(answer).index(f"`{what}`") for what in ("ended", "acknowledged", "began")]
    assert places == sorted(places)
    assert "`i-0b7c9d1e2f3a4b5c6`\n`so`" in said(answer)


def test_an_entry_tells_why_and_who_agreed() -> None:
    told = entry("asked for terminate", result="done", reason="it *hangs*", approved_by=BOB)

    for answer in (answers.audited("Audit", [told]), answers.shown(incident(), [told], NAMES)):
        examine(answer)
        assert f"`i-0b7c9d1e2f3a4b5c6`: `it *hangs*`, approved by <@{BOB}>\n`done`" in said(answer)
    assert "approved by" not in said(answers.audited("Audit", [entry()]))


@pytest.mark.parametrize("count", [0, 1, 20, 21, 1_000])
def test_every_entry_of_the_audit_is_shown_or_counted(count: int) -> None:
    answer = answers.audited("Audit of the last day", [entry(at=NOON + n * HOUR) for n in range(count)])

    examine(answer)
    left = count - said(answer).count("`acknowledged`")
    assert (f"and {left:,} more: coastguard audit has them" in said(answer)) is bool(left)
    assert said(answer).startswith(f"Audit of the last day: {count:,} entr{'y' if count == 1 else 'ies'}.")


def test_what_coastguard_did_itself_is_told_of_it() -> None:
    assert " Coastguard `resolved`" in said(answers.audited("Audit", [entry("resolved", who="")]))


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
    "a mute": lambda text: answers.muted(mutes(text)[0], mutes(text), NOON, names(text)),
    "mutes": lambda text: answers.all_mutes(mutes(text), NOON, names(text)),
    "windows": lambda text: answers.all_mutes([], NOON, {}, windows(text)),
    "windows that overlap": lambda text: answers.muted(mutes(text)[0], [], NOON, {}, windows(text)),
    "status": lambda text: answers.status(Standing({}, 1, 1, [text] * 9, text or "x", NOON, text)),
    "incidents": lambda text: answers.open_incidents("/ecs", [everywhere(text, n) for n in range(99)], names(text)),
    "incidents of many accounts": lambda text: answers.open_incidents(
        text,
        [replace(everywhere(text, n), cluster=replace(LONGEST, account=f"{n:012d}")) for n in range(99)],
        names(text),
    ),
    "an incident": lambda text: answers.shown(everywhere(text, 1), written(text), names(text), mutes(text)[0]),
    "an incident that is over": lambda text: answers.shown(
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
    "the audit": lambda text: answers.audited("Audit", written(text)),
    "why": lambda text: answers.explained("Why", [text] * 30),
    "coverage": lambda text: answers.covered(text, [(text, text)] * 30),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_foreign_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))


@given(st.sampled_from(list(PLACES.values())), st.text() | st.text(alphabet='<>@#!&`*_|:"\\ \n'))
@settings(max_examples=200, deadline=None)
def test_any_words_are_words(place: Callable[[str], Answer], text: str) -> None:
    examine(place(text))
