"""The click handler: what it records of a request, and what it goes on with."""

import logging

import pytest

from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import ALICE, BOB
from tests.chatops.story import Story


def test_what_came_of_a_request_is_logged_and_counted(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chatops.clicks.handler")
    story.trouble(grouped=False)

    story.act(story.click(ACKNOWLEDGE))

    (line,) = [record for record in caplog.records if record.name == "chatops.clicks.handler"]
    assert (line.levelno, line.getMessage(), line.__dict__["outcome"]) == (logging.INFO, "request.done", "acknowledged")
    assert (story.counts["requests"], story.counts["refusals"]) == (1, 0)


def test_a_refusal_is_on_record_as_told(story: Story) -> None:
    story.policy('[[rights]]\nwho = ["U0BOB0002"]\nmay = "*"\n')
    (victim,) = story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE, user=ALICE)

    story.act(request)

    claim = story.hub.store.claim(request.id, story.clock())
    assert (claim.outcome, claim.untold) == ("refused: You may not do that here (acknowledge).", False)
    (told,) = story.whispers(ALICE)
    assert told == f"You may not do that here (acknowledge). Those who may: <@{BOB}>"
    assert (story.counts["requests"], story.counts["refusals"]) == (1, 1)
    assert story.state(victim) is State.OPEN


def test_who_asks_again_for_what_has_failed_has_it_tried_again(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.fleet.protect(victim.host)
    story.act(story.click())
    story.fleet.host(victim.host).protected = False

    story.act(story.click())

    assert story.is_gone(victim)
