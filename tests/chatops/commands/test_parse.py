"""What people type: read as they mean it, whatever Slack makes of it; never an error, always an example."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatops.commands.help_pages import COMMANDS
from chatops.commands.parse import LONGEST_REASON, LONGEST_TARGET, Command, Mistake, parse, tidy, to_line
from hub.scopes.scope import Scope
from tests.hub.factories import LONGEST
from tests.hub.foreign_words import HOSTILE
from tests.nightly import examples


def read(text: str) -> Command:
    command = parse(text)
    assert isinstance(command, Command)
    return command


def wrong(text: str) -> Mistake:
    mistake = parse(text)
    assert isinstance(mistake, Mistake)
    return mistake


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mute payments 2h deploy of the new AMI", ("payments", "2h", "deploy of the new AMI")),
        ("mute web until monday 9:00 because of it", ("web", "until monday 9:00", "because of it")),
        ("mute web for 2 hours because of it", ("web", "for 2 hours", "because of it")),
        ("mute web 1h 30m deploy", ("web", "1h 30m", "deploy")),
        ("mute web 2h, deploy", ("web", "2h", "deploy")),
        ("mute web 2h - deploy", ("web", "2h", "deploy")),
        ("mute web 2h: deploy", ("web", "2h", "deploy")),
        ("MUTE web 2H Deploy", ("web", "2H", "Deploy")),
        ("mute Payments Production 2h deploy", ("Payments Production", "2h", "deploy")),
        ('mute "Payments Production" 2h deploy', ("Payments Production", "2h", "deploy")),
        ('mute "Payments Production" deploy', ("Payments Production", "", "deploy")),
        ('mute "2h" 3h deploy', ("2h", "3h", "deploy")),
        ('mute web 2h "deploy"', ("web", "2h", "deploy")),
        ('mute web 2h "deploy" of "web"', ("web", "2h", '"deploy" of "web"')),
        ('mute web "2h" deploy', ("web", "", '"2h" deploy')),
        (r'mute "a \"b\" \\ \c" 2h', (r'a "b" \ \c', "2h", "")),
        ('mute "web 2h', ('"web', "2h", "")),
        ("mute web forever it is broken", ("web", "forever", "it is broken")),
        ("mute web until the deploy is done", ("web", "until the", "deploy is done")),
        ("mute web 90 deploy", ("web", "90", "deploy")),
        ('mute web "90" deploy', ("web", "", '"90" deploy')),
        ("mute web until", ("web", "until", "")),
        ("mute all 1d freeze", ("all", "1d", "freeze")),
        ("mute prod-* 1d freeze", ("prod-*", "1d", "freeze")),
        (f"mute {Scope.of(LONGEST)} 1d freeze", (str(Scope.of(LONGEST)), "1d", "freeze")),
    ],
)
def test_a_mute_is_read(text: str, meant: tuple[str, str, str]) -> None:
    target, span, reason = meant

    assert parse(text) == Command("mute", target=target, span=span, reason=reason)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("mute", ("target", "span", "reason")),
        ("mute web", ("span", "reason")),
        ("mute web deploy of the new AMI", ("span",)),
        ("mute web 2h", ("reason",)),
        ("mute 2h web", ("reason",)),
        ("mute 2h", ("target", "reason")),
        ("mute for 2h", ("target", "reason")),
        ('mute "" 2h deploy', ("target",)),
        ("mute web 2h deploy", ()),
        ("unmute", ("target",)),
        ("unmute web", ()),
        ("stop", ()),
        ("incidents", ()),
        ("audit", ()),
    ],
)
def test_what_is_missing_is_named(text: str, missing: tuple[str, ...]) -> None:
    assert read(text).missing == missing


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Command("help")),
        ("   ", Command("help")),
        ("?", Command("help")),
        ("--help", Command("help")),
        ("help", Command("help")),
        ("help mute", Command("help", argument="mute")),
        ("unmute Payments Production", Command("unmute", target="Payments Production")),
        ("mutes", Command("mutes")),
        ("Status", Command("status")),
        ("coverage", Command("coverage")),
        ("incidents", Command("incidents")),
        ('incidents "Payments"', Command("incidents", target="Payments")),
        ("show inc-0123456789", Command("show", argument="inc-0123456789")),
        ("why prod-payments", Command("why", argument="prod-payments")),
        ("audit", Command("audit")),
        ("audit payments", Command("audit", target="payments")),
        ("audit 7d", Command("audit", span="7d")),
        ("audit payments 7d", Command("audit", target="payments", span="7d")),
        ("audit Payments Production since 2 days", Command("audit", target="Payments Production", span="2 days")),
        ("audit last 24h", Command("audit", span="24h")),
        ('audit "last" 24h', Command("audit", target="last", span="24h")),
        ("audit 7d payments", Command("audit", target="7d payments")),
        ("stop", Command("stop")),
        ("stop the last repair went wrong", Command("stop", reason="the last repair went wrong")),
        ('stop "the last repair" went wrong', Command("stop", reason='"the last repair" went wrong')),
        ("start", Command("start")),
        ("start all is well", Command("start", reason="all is well")),
    ],
)
def test_the_other_commands_are_read(text: str, meant: Command) -> None:
    assert parse(text) == meant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("R&amp;D &lt;3", "R&D <3"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("ask <@U0ALICE01|alice>", "ask @alice"),
        ("ask <@U0ALICE01>", "ask @U0ALICE01"),
        ("see <#C0ECSALERTS|ecs-alerts>", "see #ecs-alerts"),
        ("see <#C0ECSALERTS|>", "see #C0ECSALERTS"),
        ("ask <!subteam^S0OPS|@ops>", "ask @ops"),
        ("not <!here>", "not @here"),
        ("at <!date^0^{date}|1 January>", "at 1 January"),
        ("of <http://prod.example.com|prod.example.com>", "of prod.example.com"),
        ("see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"),
        ("ask <mailto:ops@example.com|ops@example.com>", "ask ops@example.com"),
        ("ask <mailto:ops@example.com>", "ask ops@example.com"),
        ("<>", ""),
        ("<|>", ""),
        ("<<@U0ALICE01|alice>>", "<@alice>"),
    ],
)
def test_what_slack_makes_of_words_is_undone(text: str, reason: str) -> None:
    assert read(f"stop {text}").reason == reason


@pytest.mark.parametrize("quotes", ["“”", "„“", "«»", '""'])
def test_every_kind_of_quotes_holds_words_together(quotes: str) -> None:
    assert read(f"mute {quotes[0]}Payments Production{quotes[1]} 2h x").target == "Payments Production"


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\u00a0", "\u2003", "\u2028", "\r\n", "\0", "   "])
def test_every_kind_of_white_space_parts_words(blank: str) -> None:
    words = ["", "mute", "web", "2h", "deploy", "it", ""]

    assert parse(blank.join(words)) == Command("mute", target="web", span="2h", reason="deploy it")


def test_what_nobody_sees_is_left_out() -> None:
    assert read("mute \u200b2222\u20603333\ufeff4444\u202e 2h \ud800deploy") == Command(
        "mute", target="222233334444", span="2h", reason="deploy"
    )


def test_what_is_too_long_is_cut() -> None:
    command = read(f"mute {'x' * 1_000} 2h {'y' * 1_000}")

    assert command.target == "x" * LONGEST_TARGET
    assert command.reason == "y" * (LONGEST_REASON - 1) + "…"
    assert command.span == "2h"
    assert len(read(f"mute web until {'x' * 1_000}").span) == 100
    assert read(f"stop {' ' * 4_000} it") == Command("stop")
    assert read("stop " + "y" * LONGEST_REASON).reason == "y" * LONGEST_REASON


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" the\n\tdeploy\u00a0of \u202eit\ud800 ", "the deploy of it"),
        ("&lt;b&gt; & <@U0ALICE01>", "&lt;b&gt; & <@U0ALICE01>"),
        ("x" * 9_000, "x" * (LONGEST_REASON - 1) + "…"),
        ("\0", ""),
    ],
)
def test_words_that_were_typed_into_a_modal_are_tidied_but_taken_as_they_are(text: str, words: str) -> None:
    assert tidy(text) == words


# Mistakes


@pytest.mark.parametrize(
    ("text", "nearest", "example"),
    [
        ("mtue web 2h deploy", "mute", "mute web 2h deploy"),
        ("mutte", "mute", "mute payments 2h deploy of the new AMI"),
        ("silence web 2h deploy", "mute", "mute web 2h deploy"),
        ("unmte web", "unmute", "unmute web"),
        ("staus", "status", "status"),
        ("stats now", "status", "status"),
        ("list", "incidents", "incidents payments"),
        ("resume", "start", "start"),
        ("explain inc-0123456789", "why", "why inc-0123456789"),
        ("shwo", "show", "show inc-0123456789"),
        ("mtue " + "x" * 500, "mute", "mute payments 2h deploy of the new AMI"),
        ("unmte R&amp;D", "unmute", "unmute R&D"),
        ("make me a sandwich", "", "help"),
        ("🤷", "", "help"),
    ],
)
def test_nonsense_gets_the_nearest_command_and_an_example(text: str, nearest: str, example: str) -> None:
    mistake = wrong(text)

    assert mistake.problem == "There is no such command."
    assert (mistake.nearest, mistake.example) == (nearest, example)


@pytest.mark.parametrize("text", ["show", "why", 'show ""'])
def test_a_question_about_nothing_is_a_mistake(text: str) -> None:
    mistake = wrong(text)

    verb = text.split(maxsplit=1)[0]
    assert mistake.problem == f"Say what it is about: {COMMANDS[verb].form}."
    assert mistake.example == COMMANDS[verb].example
    assert mistake.nearest == verb


@pytest.mark.parametrize("verb", ["status", "mutes", "coverage"])
def test_words_that_would_be_ignored_are_a_mistake(verb: str) -> None:
    mistake = wrong(f"{verb} payments")

    assert mistake == Mistake(f"{verb} payments", f"Nothing can stand behind {verb}.", verb, verb)


def test_a_mistake_repeats_a_part_of_what_was_typed() -> None:
    assert wrong("make\nme  a &lt;sandwich&gt;").words == "make me a <sandwich>"
    assert len(wrong("x" * 9_000).words) == 120


# As a line


def test_a_line_is_written_as_somebody_would_type_it() -> None:
    command = Command("mute", target="222233334444", span="2h", reason='R&D "needs" it')

    assert to_line(command) == r'mute 222233334444 2h "R&amp;D \"needs\" it"'


words = st.text(max_size=400) | st.lists(
    st.sampled_from(
        ["until", "monday", "9", "2h", "for", "ever", '"', "\\", "&amp;", "&", "<", ">", "web", "-", "“", "", ","]
    ),
    max_size=20,
).map(" ".join)


@given(st.sampled_from(["", *COMMANDS]), words)
@example("mute", '"until" 2h')
@example("mute", '"for" 2h x')
@example("mute", '"" "90" x')
@example("mute", 'until , "2h"')
@example("mute", "1 " + "1h" * 200)
@example("audit", '"" 7d')
@settings(max_examples=examples(500), deadline=None)
def test_whatever_is_read_can_be_written_and_read_again(verb: str, text: str) -> None:
    command = parse(f"{verb} {text}")

    if isinstance(command, Command):
        assert parse(to_line(command)) == command
        assert len(to_line(command)) < 4_000
    else:
        assert isinstance(parse(command.example.replace("&", "&amp;").replace("<", "&lt;")), Command)


@given(
    st.builds(
        Command,
        st.just("mute"),
        target=words.map(lambda text: read(f"unmute {text.replace('<', ' ')}").target),
        span=st.sampled_from(["", "90", "2h", "until monday 9:00", "for 1h 30m", "forever", "until the"]),
        reason=words.map(lambda text: read(f"stop {text.replace('<', ' ')}").reason),
    )
)
@settings(max_examples=examples(300), deadline=None)
def test_any_mute_can_be_written_and_read_again(command: Command) -> None:
    assert parse(to_line(command)) == command


@pytest.mark.product
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("verb", COMMANDS)
def test_hostile_words_are_read_and_can_be_written_again(verb: str, text: str) -> None:
    for line in (f"{verb} {text}", f"{verb} web 2h {text}", f"{verb} {text} 2h {text}", text):
        command: Any = parse(line)

        assert not isinstance(command, Command) or parse(to_line(command)) == command


@pytest.mark.parametrize("reason", [text for text in HOSTILE.values() if text.strip()], ids=str.__len__)
def test_a_line_with_a_scope_and_any_reason_fits_a_button(reason: str) -> None:
    command = read(f"mute {Scope.of(LONGEST, '0' * 36)} until 2026-12-01 09:00 {reason}")

    assert len(to_line(command)) <= 2_000
    assert len(to_line(Command("mute", str(Scope.of(LONGEST, "0" * 36)), "30d", "&" * LONGEST_REASON))) <= 2_000


def test_a_crafted_line_takes_no_time() -> None:
    """Each of these begins a quote, an escape or an entity again and again."""
    for piece in ('"', '"a ', '\\"', '"\\', "<", "<a|", "&amp;", "<@U|", '" ', "until ", "1h", "1 "):
        parse(f"mute {piece * 100_000}")
