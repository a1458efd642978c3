"""No text that Slack is given is blank: it refuses the whole message for one."""

import pytest

from hub.slack.blocks import button, confirm, context, mrkdwn, option, plain, section
from hub.slack.mrkdwn import is_blank
from tests.hub.slack_side import SlackSide

BLANKS = ["", " ", "\n\t", "\u00a0", "\u200b\u2060", "\u3164", "\u2800", "\ufe0f", " \u3164\u200d\ufe0f "]


@pytest.mark.parametrize("text", BLANKS)
def test_a_text_in_which_nothing_is_seen_says_so(text: str) -> None:
    assert is_blank(text)
    assert plain(text)["text"] == "?"
    assert mrkdwn(text)["text"] == "?"


@pytest.mark.parametrize("text", ["x", " x ", "?", "\U0001f525", "❤\ufe0f", "é", "e\u0301", "*b*"])
def test_a_text_in_which_something_is_seen_stays(text: str) -> None:
    assert not is_blank(text)
    assert plain(text)["text"] == text
    assert mrkdwn(text)["text"] == text


@pytest.mark.parametrize("text", BLANKS)
def test_slack_takes_whatever_is_drawn_of_a_blank(slack: SlackSide, text: str) -> None:
    sure = confirm(text, text, text, "danger")
    row = {"type": "actions", "elements": [button("a", text, "v", confirm=sure)]}
    menu = {"type": "static_select", "action_id": "s", "placeholder": plain(text), "options": [option(text, "v")]}
    blocks = [section(text), context(plain(text), mrkdwn(text)), row, {**section("x"), "accessory": menu}]
    slack.client().post("C0ECSALERTS", "t", blocks)
    assert len(slack.messages()) == 1
