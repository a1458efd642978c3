import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier
from starlette.responses import JSONResponse, Response

from coastguard.local.slack.delivery import PATIENCE_SECONDS
from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace
from tests.local_slack.examples import BULLETIN, actions, button, options, overflow, plain, section, select
from tests.local_slack.serving import App

CHANNEL = "C0ECSALERTS"
ALICE = "U0ALICE01"


class FrozenClock(SignatureClock):
    """slack_sdk's verifier at the workspace's time."""

    def __init__(self, now: float) -> None:
        self.frozen = now

    def now(self) -> float:
        return self.frozen


@pytest.fixture
def bulletin(client: WebClient) -> str:
    return str(client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"])


def click(page: httpx.Client, ts: str, action_id: str, **more: str) -> httpx.Response:
    return page.post("/slack/click", json={"user": ALICE, "channel": CHANNEL, "ts": ts, "action_id": action_id, **more})


def heard(app: App) -> dict[str, Any]:
    """The payload of the one click that the app heard of."""
    [(body, _)] = app.heard
    payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    return payload


def test_a_click_tells_the_app_all_that_slack_tells(page: httpx.Client, address: str, bulletin: str, app: App) -> None:
    assert click(page, bulletin, "terminate").json()["error"] is None
    payload = heard(app)
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        "id": ALICE,
        "username": "alice.moreau",
        "name": "alice.moreau",
        "team_id": "T0COAST01",
    }
    assert (payload["team"]["id"], payload["api_app_id"]) == ("T0COAST01", "A0COAST01")
    assert payload["channel"] == {"id": CHANNEL, "name": "ecs-alerts"}
    assert payload["container"] == {
        "type": "message_attachment",
        "message_ts": bulletin,
        "attachment_id": 1,
        "channel_id": CHANNEL,
        "is_ephemeral": False,
        "is_app_unfurl": False,
    }
    [action] = payload["actions"]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "terminate", "repair")
    assert (action["value"], action["style"], action["text"]) == ("i-1", "danger", plain("Terminate"))
    assert float(action["action_ts"]) > float(bulletin)
    assert payload["message"]["ts"] == bulletin
    assert payload["message"]["bot_id"] == "B0COAST01"
    assert payload["message"]["attachments"][0]["blocks"][1]["block_id"] == "repair"
    assert payload["response_url"].startswith(f"{address}/slack/hooks/")
    assert payload["trigger_id"]


def test_a_click_is_signed_as_slack_signs(page: httpx.Client, bulletin: str, app: App, workspace: Workspace) -> None:
    click(page, bulletin, "terminate")
    [(body, headers)] = app.heard
    at_the_time = FrozenClock(workspace.clock())
    assert SignatureVerifier(SIGNING_SECRET, at_the_time).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret", at_the_time).is_valid_request(body, headers)
    assert not SignatureVerifier(SIGNING_SECRET, at_the_time).is_valid_request(body + b"&", headers)
    assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_button_in_the_messages_own_blocks_has_a_plain_container(
    page: httpx.Client, client: WebClient, app: App
) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=[section(accessory=button())])["ts"]
    click(page, ts, "terminate")
    assert heard(app)["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": CHANNEL,
        "is_ephemeral": False,
    }


def test_a_click_in_a_thread_names_the_thread(page: httpx.Client, client: WebClient, bulletin: str, app: App) -> None:
    blocks = [actions(button())]
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks, thread_ts=bulletin)["ts"]
    click(page, ts, "terminate")
    assert heard(app)["container"]["thread_ts"] == bulletin


@pytest.mark.parametrize(
    "element",
    [
        select("menu", "30m", "2h"),
        overflow("menu", "30m", "2h"),
        {"type": "radio_buttons", "action_id": "menu", "options": options("30m", "2h")},
        {
            "type": "static_select",
            "action_id": "menu",
            "option_groups": [{"label": plain("hours"), "options": options("2h")}],
        },
    ],
    ids=["select", "overflow", "radio buttons", "option groups"],
)
def test_a_choice_is_told_with_its_option(
    page: httpx.Client, client: WebClient, app: App, element: dict[str, Any]
) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=[actions(element)])["ts"]
    click(page, ts, "menu", value="2h")
    assert heard(app)["actions"][0]["selected_option"] == {"text": plain("2h"), "value": "2h"}


def test_a_chosen_person_is_told(page: httpx.Client, client: WebClient, app: App) -> None:
    blocks = [actions({"type": "users_select", "action_id": "who"})]
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ts"]
    click(page, ts, "who", value="U0BOB0002")
    assert heard(app)["actions"][0]["selected_user"] == "U0BOB0002"


def test_the_block_tells_two_buttons_of_one_action_apart(page: httpx.Client, client: WebClient, app: App) -> None:
    blocks = [actions(button(value=n), block_id=n) for n in ("one", "two")]
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ts"]
    click(page, ts, "terminate", block_id="two")
    assert heard(app)["actions"][0]["value"] == "two"


@pytest.mark.parametrize(
    ("press", "sentence"),
    [
        ({"action_id": "drain"}, "The message shows no 'drain' any more."),
        ({"action_id": "terminate", "block_id": "head"}, "The message shows no 'terminate' any more."),
        ({"action_id": "mute", "value": "9h"}, "The menu does not offer '9h'; it offers 30m, 2h."),
        ({"action_id": "mute"}, "The menu does not offer None; it offers 30m, 2h."),
        (
            {"user": "U0ERIN005", "channel": "C0PRIVATE"},
            "Erin Walsh is not in #secret.",
        ),
        (
            {"user": "U0NOBODY1"},
            "Nobody here is 'U0NOBODY1'; there are U0ALICE01, U0BOB0002, U0CAROL03, U0DMITRI4, U0ERIN005.",
        ),
        ({"channel": "C0NOWHERE"}, "There is no channel 'C0NOWHERE'."),
        ({"ts": "1.000000"}, "That message is no longer there."),
    ],
    ids=[
        "no such button",
        "not in that block",
        "not offered",
        "nothing chosen",
        "not in it",
        "nobody",
        "no channel",
        "no message",
    ],
)
def test_what_is_not_there_cannot_be_clicked(
    page: httpx.Client, bulletin: str, app: App, press: dict[str, str], sentence: str
) -> None:
    whole = {"user": ALICE, "channel": CHANNEL, "ts": bulletin, "action_id": "terminate", **press}
    answer = page.post("/slack/click", json=whole)
    assert (answer.status_code, answer.json()) == (409, {"error": sentence})
    assert app.heard == []


def test_a_button_that_an_update_took_away_cannot_be_clicked(
    page: httpx.Client, client: WebClient, bulletin: str, app: App
) -> None:
    client.chat_update(channel=CHANNEL, ts=bulletin, text="Resolved", attachments=[])
    assert click(page, bulletin, "terminate").status_code == 409
    assert app.heard == []


def test_a_picked_moment_is_told_in_seconds(page: httpx.Client, client: WebClient, app: App) -> None:
    blocks = [actions({"type": "datetimepicker", "action_id": "until"})]
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ts"]
    click(page, ts, "until", value="1795337200")
    assert heard(app)["actions"][0]["selected_date_time"] == 1795337200


def test_what_the_app_itself_would_have_to_offer_cannot_be_chosen_here(page: httpx.Client, client: WebClient) -> None:
    blocks = [actions({"type": "external_select", "action_id": "which"})]
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ts"]
    assert click(page, ts, "which", value="x").status_code == 409


def test_somebody_of_another_workspace_clicks_with_their_own_team(page: httpx.Client, bulletin: str, app: App) -> None:
    click(page, bulletin, "terminate", user="U0ERIN005")
    payload = heard(app)
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0HARBOUR", "T0COAST01")


def test_nothing_can_be_clicked_before_the_app_is_deployed(
    page: httpx.Client, bulletin: str, workspace: Workspace
) -> None:
    workspace.request_url = ""
    answer = click(page, bulletin, "terminate")
    assert answer.status_code == 409
    assert "no request URL yet" in answer.json()["error"]


def test_an_app_that_takes_longer_than_three_seconds_has_not_answered(
    page: httpx.Client, bulletin: str, app: App
) -> None:
    app.seconds = 10 * PATIENCE_SECONDS  # who waits for its answer gets one
    answer = page.post(
        "/slack/click",
        json={"user": ALICE, "channel": CHANNEL, "ts": bulletin, "action_id": "terminate"},
        timeout=app.seconds,
    ).json()
    assert (answer["status"], answer["error"]) == (None, "operation_timeout")
    assert answer["milliseconds"] >= 2900
    assert PATIENCE_SECONDS == 3


def test_an_app_that_cannot_be_reached_is_told(page: httpx.Client, bulletin: str, workspace: Workspace) -> None:
    workspace.request_url = "http://127.0.0.1:1/slack/events"
    answer = click(page, bulletin, "terminate").json()
    assert (answer["status"], answer["error"]) == (None, "dispatch_failed")


def test_an_app_that_refuses_is_told_with_its_status(page: httpx.Client, bulletin: str, app: App) -> None:
    app.answer = lambda: Response("bad signature", 401)
    answer = click(page, bulletin, "terminate").json()
    assert (answer["status"], answer["error"]) == (401, "http 401")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"response_type": "ephemeral", "text": "You may not."}, ["You may not."]),
        ({"text": "Slack shows this to nobody"}, []),
        ({}, []),
    ],
    ids=["says for whom", "does not say", "says nothing"],
)
def test_a_clicks_answer_is_shown_when_it_says_for_whom(
    page: httpx.Client, bulletin: str, app: App, workspace: Workspace, body: dict[str, str], seen: list[str]
) -> None:
    app.answer = lambda: JSONResponse(body)
    assert click(page, bulletin, "terminate").json()["error"] is None
    assert [(w["user"], w["text"]) for w in workspace.state()["ephemerals"]] == [(ALICE, text) for text in seen]


def test_a_button_in_an_ephemeral_works_for_the_one_who_sees_it(
    page: httpx.Client, client: WebClient, app: App
) -> None:
    blocks = [section(accessory=button("unmute"))]
    ts = client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text="mutes", blocks=blocks)["message_ts"]
    bob = {"user": "U0BOB0002", "channel": CHANNEL, "ts": ts, "action_id": "unmute"}
    assert page.post("/slack/click", json=bob).status_code == 409
    assert click(page, ts, "unmute").json()["error"] is None
    payload = heard(app)
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
