"""What Slack really sends and nobody can read is answered: whoever has clicked waits for something."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from chatops.clicks.requests import team_of
from coastguard.local.slack.faults import Fault
from hub.slack.blocks import actions, button, section
from hub.slack.button_values import ACKNOWLEDGE
from tests.chatops.factories import ALICE, CHANNEL, form_of, payload_of
from tests.chatops.fronts import Front
from tests.chatops.story import Story

UNREAD = "Nothing was done, because Coastguard cannot read this."
Json = dict[str, Any]


def post(story: Story, *buttons: Json) -> str:
    """A message of another release, with its buttons."""
    return story.acting.hub.slack().post(CHANNEL, "before", [section("before"), actions(*buttons)])


@pytest.mark.parametrize(
    ("action", "value"),
    [
        pytest.param(ACKNOWLEDGE, "222233334444/eu-west-1/prod", id="a value of another form"),
        pytest.param("coastguard.repair.reboot", "222233334444/eu-west-1/prod/i/inc-1", id="another remedy"),
        pytest.param("coastguard.snooze", "x", id="a button of another release"),
        pytest.param("coastguard.say.1", "nonsense", id="words of another release"),
        pytest.param("somebody.elses", "x", id="a button that never was"),
    ],
)
def test_a_button_that_nobody_can_read_is_answered(story: Story, action: str, value: str) -> None:
    ts = post(story, button(action, "Before", value))

    assert story.press(action, ts=ts).error is None

    (told,) = story.whispers()
    assert UNREAD in told
    assert (story.front.taken, story.front.said) == ([], [])


def test_a_link_is_followed_in_silence(story: Story) -> None:
    ts = post(story, button("coastguard.link.console", "Console", "x") | {"url": "https://console.aws.amazon.com/"})

    assert story.press("coastguard.link.console", ts=ts).error is None

    assert story.whispers() == []


def test_a_button_in_the_home_is_answered_by_a_modal(story: Story) -> None:
    view = {"type": "home", "blocks": [section("before"), actions(button("coastguard.snooze", "Before", "x"))]}
    story.acting.hub.slack().publish(ALICE, view)

    assert story.press_in_home(ALICE, "coastguard.snooze").error is None

    modal = story.modal()
    assert modal is not None
    assert UNREAD in json.dumps(modal)


@pytest.mark.parametrize("change", [{"callback_id": "coastguard.snooze"}, {"private_metadata": "of another release"}])
def test_a_modal_that_nobody_can_read_is_answered_in_its_place(story: Story, change: Json) -> None:
    story.type("mute all")
    view = story.modal()
    assert view is not None
    view.update(change)  # type: ignore[attr-defined]  # as another release has drawn it

    outcome = story.submit(span="1h", reason="x")

    assert (outcome.delivery.error, outcome.errors) == (None, {})
    shown = story.modal()
    assert shown is not None
    assert (shown["id"], UNREAD in json.dumps(shown)) == (view["id"], True)
    assert story.front.said == []


def test_a_command_that_nobody_can_read_is_answered(front: Front, command: bytes) -> None:
    body = command.replace(f"user_id={ALICE}".encode(), b"user_id=%3C%21channel%3E")
    assert body != command

    answer = front.hear(body)

    assert answer["statusCode"] == 200
    told = json.loads(answer["body"])
    assert told["response_type"] == "ephemeral"
    assert UNREAD in told["text"]
    assert front.sent == []


@pytest.mark.parametrize("fault", ["server_error", "ratelimit", "lost_answer"])
def test_where_slack_does_not_take_the_answer_it_is_logged(
    story: Story, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    ts = post(story, button("coastguard.snooze", "Before", "x"))
    story.workspace.faults.order(Fault("response_url", fault))

    assert story.press("coastguard.snooze", ts=ts).error is None

    assert [record.getMessage() for record in caplog.records][-1] == "click.untold"


def test_nobody_is_answered_but_at_slacks_own_addresses(
    front_with_slack: Front, click: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    payload = payload_of(click) | {"response_url": "http://169.254.169.254/latest/meta-data/"}
    payload["actions"][0]["action_id"] = "coastguard.snooze"

    assert front_with_slack.hear(form_of(payload))["statusCode"] == 200

    assert [record.getMessage() for record in caplog.records][-1] == "click.untold"


# Whose it is


@pytest.mark.parametrize(
    ("body", "team"),
    [
        ({"team": {"id": "T1"}, "user": {"team_id": "T2"}}, "T1"),
        ({"team": "T1"}, "T1"),
        ({"team_id": "T1"}, "T1"),
        ({"team": None, "user": {"id": "U1", "team_id": "T2"}}, "T2"),
        ({"team": None, "team_id": "T3", "user": {"team_id": "T2"}}, "T3"),
    ],
)
def test_a_body_tells_its_team(body: Json, team: str) -> None:
    assert team_of(body) == team


@pytest.mark.parametrize("body", [{}, {"team": None}, {"team": None, "user": {}}, {"team": {}, "user": None}])
def test_a_body_of_another_making_tells_none(body: Json) -> None:
    with pytest.raises((KeyError, TypeError)):
        team_of(body)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"team": None}, id="without a team, of one workspace"),
        pytest.param({"team": None, "is_enterprise_install": "true"}, id="a word for yes"),
        pytest.param({"is_enterprise_install": True, "team": {"id": "T0ELSEWHERE"}}, id="another team, of all"),
    ],
)
def test_who_only_says_that_it_is_of_an_organization_is_refused(front: Front, click: bytes, changes: Json) -> None:
    elsewhere = payload_of(click)["user"] | {"team_id": "T0ELSEWHERE"}
    answer = front.hear(form_of(payload_of(click) | {"user": elsewhere} | changes))
    assert (answer["statusCode"], front.taken) == (403, [])


@pytest.mark.parametrize("authorizations", [[], [5], 5, None, [{"is_enterprise_install": True, "team_id": None}]])
def test_an_event_of_another_workspace_is_refused_whatever_it_says_of_grants(
    front: Front, authorizations: object
) -> None:
    event = {"type": "app_home_opened", "user": ALICE, "tab": "home"}
    body = {"type": "event_callback", "team_id": "T0ELSEWHERE", "event_id": "Ev1", "event": event}
    answer = front.hear(json.dumps(body | {"authorizations": authorizations}).encode(), "application/json")
    assert (answer["statusCode"] in {400, 403}, front.sent) == (True, [])


def test_a_form_without_anything_is_nobodys(front: Front) -> None:
    assert front.hear(urlencode({"payload": json.dumps({"is_enterprise_install": True})}).encode())["statusCode"] == 403
