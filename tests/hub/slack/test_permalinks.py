"""Permalinks: the address of a bulletin's message, in its channel or in a storm's thread."""

from dataclasses import replace

import pytest

from hub.incidents.delivery import Delivery
from hub.slack.mrkdwn import escape
from hub.slack.permalinks import LONGEST, permalink
from tests.hub.factories import CHANNEL

HOME = "https://acme.slack.com/"
POSTED = Delivery("slack", "ep-1", CHANNEL, handle="1795175700.000100")


@pytest.mark.parametrize("home", [HOME, "https://acme.slack.com", "https://acme.slack-gov.com/"])
def test_a_message_is_where_its_channel_and_its_ts_say(home: str) -> None:
    assert permalink(home, POSTED) == f"{home.rstrip('/')}/archives/{CHANNEL}/p1795175700000100"


def test_a_message_in_a_storms_thread_is_opened_there() -> None:
    reply = replace(POSTED, thread="1795175600.000200")

    assert permalink(HOME, reply) == (
        f"https://acme.slack.com/archives/{CHANNEL}/p1795175700000100?thread_ts=1795175600.000200&cid={CHANNEL}"
    )


def test_none_is_longer_than_what_posts_leave_room_for() -> None:
    ts, channel = f"{'9' * 12}.999999", "C" * 28
    longest = permalink(f"https://{'a' * 100}/", replace(POSTED, address=channel, handle=ts, thread=ts))

    assert 0 < len(escape(longest)) <= LONGEST


@pytest.mark.parametrize(
    ("home", "delivery"),
    [
        pytest.param(HOME, replace(POSTED, handle=""), id="nothing posted"),
        pytest.param("", POSTED, id="a workspace that nobody knows"),
        pytest.param("http://acme.slack.com/|x>", POSTED, id="no address"),
        pytest.param(HOME, replace(POSTED, address="<!here>"), id="no channel"),
        pytest.param(HOME, replace(POSTED, handle="yesterday"), id="no ts"),
    ],
)
def test_what_has_no_address_has_no_link(home: str, delivery: Delivery) -> None:
    assert permalink(home, delivery) == ""


def test_of_a_channel_that_was_converted_it_is_in_the_one_that_slack_knows_by_now() -> None:
    moved = replace(POSTED, at="C0MOVED01")

    assert permalink(HOME, moved) == f"{HOME}archives/C0MOVED01/p1795175700000100"
    assert permalink(HOME, replace(moved, thread="1795175600.000100")).endswith(
        "?thread_ts=1795175600.000100&cid=C0MOVED01"
    )
