"""Changes: whatever a click has changed, a look is asked for that shows it, once for each step."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from chatops.clicks.checks import NotAllowed
from hub.incidents.hints import Hint, Why
from hub.slack.button_values import ACKNOWLEDGE, APPROVE
from hub.table.clusters import Alongside
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.story import Story

ANYBODY_ELSE = "[[approvals]]\nremedy = 'terminate'\n"


def test_each_step_of_each_request_asks_for_a_look_once(story: Story) -> None:
    story.trouble(grouped=False)
    one = story.click(ACKNOWLEDGE)
    another = replace(one, id="0" * 20)
    story.looks_asked()

    for request, step in ((one, "begun"), (one, "begun"), (one, "ended"), (another, "begun")):
        story.acting._changes.ask_look(request, step)

    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)] * 3


def test_what_is_written_alongside_travels_with_the_change(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    ledger = story.hub.store.ledger("a-cap").having(request.id, story.clock())
    until = story.clock() + timedelta(hours=1)

    changed = story.acting._changes.change(
        request, lambda incident: (incident, []), alongside=lambda: Alongside(used={"a-cap": (ledger, until)})
    )

    assert changed == story.incident(victim)
    assert [*story.hub.store.ledger("a-cap").used] == [request.id]


def test_what_is_over_is_not_changed_and_no_look_is_asked_for(story: Story) -> None:
    story.trouble(grouped=False)
    request = replace(story.click(ACKNOWLEDGE), incident="inc-0000000000")
    story.looks_asked()

    with pytest.raises(NotAllowed, match="This incident is over"):
        story.acting._changes.change(request, lambda incident: (incident, []))

    assert story.looks_asked() == []


def test_a_look_that_sqs_has_no_room_for_is_logged_and_holds_up_nothing(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    story.looks_asked()
    story.hub.service.refuses = lambda _: True

    story.act(request)

    assert story.outcome(request) == "acknowledged"
    assert story.looks_asked() == []
    (line,) = [record for record in caplog.records if record.name == "chatops.clicks.changes"]
    assert (line.levelno, line.getMessage(), line.__dict__["step"]) == (logging.WARNING, "look.not_asked", "begun")


def test_a_look_that_is_asked_for_is_not_worth_a_warning(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    story.trouble(grouped=False)

    story.act(story.click(ACKNOWLEDGE))

    assert [record for record in caplog.records if record.name == "chatops.clicks.changes"] == []


@pytest.mark.parametrize(
    ("policy", "action", "looks"),
    [
        pytest.param("", ACKNOWLEDGE, 1, id="acknowledged"),
        pytest.param("", "", 2, id="repaired: it begins, and it ends"),
        pytest.param(ANYBODY_ELSE, "", 1, id="it waits"),
    ],
)
@pytest.mark.parametrize("moment", ["after save 1", "after ask 1"])
def test_who_goes_on_after_a_crash_asks_for_no_look_twice(
    story: Story, policy: str, action: str, looks: int, moment: str
) -> None:
    story.policy(policy)
    story.trouble(grouped=False)
    request = story.click(action) if action else story.click()
    story.looks_asked()
    story.hub.fate.die(moment)
    with suppress(Died):
        story.act(request)

    story.act(request, 2)

    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)] * looks


def test_what_is_withdrawn_with_a_refusal_is_shown_by_a_look_of_its_own(story: Story) -> None:
    story.policy(ANYBODY_ELSE)
    story.trouble(grouped=False)
    story.act(story.click(user=ALICE))
    story.look()
    approval = story.click(APPROVE, BOB)
    story.storm()
    story.looks_asked()

    story.act(approval)

    assert story.outcome(approval).startswith("refused: ")
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)]
