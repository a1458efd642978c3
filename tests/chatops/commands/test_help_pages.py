"""The manual: every command has its page, every example can be typed, what is not in it finds its neighbor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatops.commands.help_pages import COMMANDS, help_text, nearest_command
from chatops.commands.parse import Command, parse

ALL = {
    "ack",
    "mute",
    "unmute",
    "mutes",
    "status",
    "incidents",
    "show",
    "why",
    "coverage",
    "audit",
    "stop",
    "start",
    "help",
}


def test_every_command_is_in_it() -> None:
    assert COMMANDS.keys() == ALL


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_example_can_be_typed_and_lacks_nothing(verb: str) -> None:
    command = parse(COMMANDS[verb].example)

    assert isinstance(command, Command)
    assert command.verb == verb
    assert command.missing == ()


def test_help_tells_of_every_command_in_one_line() -> None:
    told = help_text()

    assert [form.split()[0] for form, _ in told.lines if form] == list(COMMANDS)
    assert told.lines[-1] == ("", "More to read with help: times, names, rights.")
    assert told.asked == ""


def test_help_about_a_command_tells_more() -> None:
    told = help_text("Mute")

    assert told.title == "mute"
    assert told.lines[0][0] == "mute <account|alias|cluster|all> <time> <reason>"
    assert len(told.lines) > 2
    assert told.examples == ("mute payments 2h deploy of the new AMI",)
    assert told.asked == ""


@pytest.mark.parametrize("topic", ["times", "names"])
def test_help_about_a_topic_has_nothing_to_type(topic: str) -> None:
    told = help_text(topic)

    assert told.title == topic
    assert not any(form for form, _ in told.lines)
    assert told.examples == ()


@pytest.mark.parametrize(
    ("topic", "title"),
    [
        ("mtue", "mute"),
        ("silence", "mute"),
        ("durations", "times"),
        ("accounts", "names"),
        ("tmies", "times"),
        ("sandwich", "What you can type"),
    ],
)
def test_what_is_not_in_it_finds_its_neighbor_and_is_repeated(topic: str, title: str) -> None:
    told = help_text(topic)

    assert (told.title, told.asked) == (title, topic)


@pytest.mark.parametrize(
    ("word", "command"), [("mute", "mute"), ("mtue", "mute"), ("pause", "stop"), ("sandwich", ""), ("x" * 9_000, "")]
)
def test_the_nearest_command_is_told(word: str, command: str) -> None:
    assert nearest_command(word) == command


@given(st.text())
def test_any_topic_has_an_answer(topic: str) -> None:
    assert help_text(topic).lines
