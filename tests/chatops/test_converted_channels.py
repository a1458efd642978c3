"""A private channel is made one to be shared: from then on its id begins with a C, and nobody knows the old one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coastguard.local.slack.directory import Channel
from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE, LIST
from tests.chatops.factories import ALICE, BOB, CHANNEL
from tests.chatops.story import Story

OLD, NEW = "G0SHORE001", "C0SHORE001"
ROUTE = f'[[routes]]\nchannel = "{OLD}"\n'


@pytest.fixture
def shore(story: Story) -> Story:
    """The story of a cluster whose bulletin stands in a private channel of the old kind."""
    story.workspace.create(Channel(OLD, "shore", private=True))
    story.policy(ROUTE)
    return story


def heads(story: Story, channel: str) -> list[str]:
    (messages,) = [each["messages"] for each in story.workspace.state()["channels"] if each["id"] == channel]
    return [message["text"] for message in messages if message["attachments"]]


def test_old_buttons_work_and_the_message_is_edited_where_it_stands(shore: Story) -> None:
    (victim,) = shore.trouble(grouped=False)
    assert (shore.bulletin().slack.address, shore.bulletin().slack.place) == (OLD, OLD)
    assert shore.workspace.convert(OLD) == NEW

    assert shore.press(ACKNOWLEDGE, channel=NEW).error is None
    shore.work()
    shore.look()

    assert shore.state(victim) is State.ACKNOWLEDGED
    assert shore.whispers(ALICE) == []
    (head,) = heads(shore, NEW)
    assert "cknowledged" in head
    slack = shore.bulletin().slack
    assert (slack.address, slack.at, slack.place) == (OLD, NEW, NEW)
    assert shore.bulletin().slack.lost == ()
    assert heads(shore, CHANNEL) == []


def test_a_repair_is_asked_for_and_done_by_an_old_button(shore: Story) -> None:
    (victim,) = shore.trouble()
    shore.workspace.convert(OLD)

    assert shore.press("coastguard.repair.terminate", channel=NEW).error is None
    host = victim.host
    assert shore.submit(proof=host[-4:], reason="it hangs").errors == {}
    shore.work()

    assert shore.terminations() == 1


def test_what_begins_later_is_posted_by_the_policys_id_and_kept_by_todays(shore: Story) -> None:
    shore.workspace.convert(OLD)
    (victim,) = shore.trouble(grouped=False)

    slack = shore.bulletin().slack
    assert (slack.address, slack.at) == (OLD, NEW)
    assert len(heads(shore, NEW)) == 1
    assert shore.press(ACKNOWLEDGE, channel=NEW).error is None
    shore.work()
    assert shore.state(victim) is State.ACKNOWLEDGED


def test_who_is_refused_there_is_told_there(shore: Story) -> None:
    (victim,) = shore.trouble(grouped=False)
    shore.workspace.convert(OLD)
    for user in (ALICE, BOB):
        assert shore.press(ACKNOWLEDGE, user, channel=NEW).error is None
        shore.work()

    assert shore.incident(victim).acknowledged_by == ALICE
    assert f"<@{ALICE}> has acknowledged this already" in shore.whispers(BOB)[-1]


def test_a_list_goes_into_the_thread_of_a_message_from_before(shore: Story) -> None:
    shore.trouble(grouped=False, size=6)
    shore.workspace.convert(OLD)

    assert shore.press(LIST, channel=NEW).error is None
    shore.work()

    (messages,) = [each["messages"] for each in shore.workspace.state()["channels"] if each["id"] == NEW]
    assert len(messages[0]["replies"]) == 1


def test_the_same_message_of_another_channel_is_not_the_one(shore: Story) -> None:
    """Only the first letter of an id changes."""
    (victim,) = shore.trouble(grouped=False)
    shore.workspace.convert(OLD)
    assert shore.press(ACKNOWLEDGE, channel=NEW).error is None
    (asked,) = shore.front.taken
    shore.front.take_all()

    shore.act(replace(asked, id="3f2a9c81d4e5b6077789", channel="C0SHORE002"))

    assert shore.state(victim) is State.OPEN
    assert "no longer shows how things are" in " ".join(shore.written(ALICE))


def test_a_command_that_was_typed_before_is_answered_after(shore: Story) -> None:
    assert shore.type("mute all 2h x", channel=OLD).error is None
    shore.workspace.convert(OLD)
    shore.clock.go_on(timedelta(seconds=5))
    shore.work()

    assert any("Muted the whole organization" in said for said in shore.aloud(NEW))
