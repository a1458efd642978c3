import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.responses import Response

from coastguard.local.slack.directory import BOT
from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.examples import actions, button, field, options, section, select
from tests.local_slack.serving import App

ALICE = "U0ALICE01"


def opened(page: httpx.Client, app: App, user: str = ALICE) -> dict[str, Any]:
    """What the app hears when somebody opens its Home."""
    assert page.post("/slack/home", json={"user": user}).json()["error"] is None
    envelope: dict[str, Any] = json.loads(app.heard[-1][0])
    return envelope


def test_opening_the_home_is_an_event_in_its_envelope(page: httpx.Client, app: App, clock: Clock) -> None:
    envelope = opened(page, app)
    event = envelope.pop("event")
    assert float(event.pop("event_ts")) >= clock.now
    assert event == {"type": "app_home_opened", "user": ALICE, "channel": "D0ALICE01", "tab": "home"}
    assert envelope.pop("event_id").startswith("Ev")
    assert envelope == {
        "token": "none",
        "team_id": "T0COAST01",
        "api_app_id": "A0COAST01",
        "type": "event_callback",
        "event_time": int(clock.now),
        "authorizations": [
            {"enterprise_id": None, "team_id": "T0COAST01", "user_id": BOT.user_id, "is_bot": True}
            | {"is_enterprise_install": False}
        ],
        "is_ext_shared_channel": False,
    }


def test_the_event_is_signed_json(page: httpx.Client, app: App) -> None:
    opened(page, app)
    [(body, headers)] = app.heard
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)
    assert headers["content-type"] == "application/json"


def test_each_opening_is_an_event_of_its_own(page: httpx.Client, app: App) -> None:
    assert len({opened(page, app)["event_id"] for _ in range(5)}) == 5


def test_the_event_has_the_home_once_there_is_one(page: httpx.Client, client: WebClient, app: App) -> None:
    view = client.views_publish(user_id=ALICE, view={"type": "home", "blocks": [section()]})["view"]
    assert opened(page, app)["event"]["view"] == view
    assert "view" not in opened(page, app, "U0BOB0002")["event"]


def test_an_app_that_fails_is_told_with_its_status(page: httpx.Client, app: App) -> None:
    app.answer = lambda: Response("broken", 500)
    assert page.post("/slack/home", json={"user": ALICE}).json()["error"] == "http 500"


def test_nobody_opens_a_home_without_an_app(page: httpx.Client, workspace: Workspace) -> None:
    workspace.request_url = ""
    assert page.post("/slack/home", json={"user": ALICE}).status_code == 409
    assert page.post("/slack/home", json={"user": "U0NOBODY1"}).status_code == 409


def test_a_button_in_the_home_tells_the_home(page: httpx.Client, client: WebClient, app: App) -> None:
    blocks = [section(accessory=button("unmute"), block_id="mute-1"), actions(select("account"), block_id="filter")]
    view = client.views_publish(user_id=ALICE, view={"type": "home", "blocks": blocks})["view"]
    body = {"user": ALICE, "view": view["id"], "action_id": "unmute"}
    assert page.post("/slack/views/click", json=body).json()["error"] is None
    payload = json.loads(parse_qs(app.heard[0][0].decode())["payload"][0])
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert (payload["view"]["type"], payload["view"]["hash"]) == ("home", view["hash"])
    assert payload["view"]["state"]["values"]["filter"]["account"]["selected_option"] is None
    assert (payload["actions"][0]["action_id"], payload["actions"][0]["block_id"]) == ("unmute", "mute-1")
    assert payload["trigger_id"]
    assert not {"channel", "message", "response_url"} & set(payload)


def test_a_button_in_the_home_can_bring_a_modal(
    page: httpx.Client, client: WebClient, app: App, workspace: Workspace
) -> None:
    view = client.views_publish(user_id=ALICE, view={"type": "home", "blocks": [actions(button("mute"))]})["view"]
    page.post("/slack/views/click", json={"user": ALICE, "view": view["id"], "action_id": "mute"})
    trigger_id = json.loads(parse_qs(app.heard[0][0].decode())["payload"][0])["trigger_id"]
    title = {"type": "plain_text", "text": "Mute"}
    client.views_open(trigger_id=trigger_id, view={"type": "modal", "title": title, "blocks": [section()]})
    assert [shown["user"] for shown in workspace.state()["views"]] == [ALICE]


@pytest.mark.parametrize("user", ["U0BOB0002", "U0NOBODY1"])
def test_nobody_uses_somebody_elses_home(page: httpx.Client, client: WebClient, app: App, user: str) -> None:
    view = client.views_publish(user_id=ALICE, view={"type": "home", "blocks": [actions(button("mute"))]})["view"]
    body = {"user": user, "view": view["id"], "action_id": "mute"}
    assert page.post("/slack/views/click", json=body).status_code == 409
    assert app.heard == []


def test_a_home_cannot_be_submitted_or_closed(page: httpx.Client, client: WebClient, app: App) -> None:
    blocks = [field({"type": "static_select", "options": options("1h")})]
    view = client.views_publish(user_id=ALICE, view={"type": "home", "blocks": blocks})["view"]
    for what in ("submit", "close"):
        assert page.post(f"/slack/views/{what}", json={"user": ALICE, "view": view["id"]}).status_code == 409
    assert app.heard == []


def test_what_was_published_a_moment_ago_can_still_be_on_somebodys_screen(
    page: httpx.Client, client: WebClient, app: App
) -> None:
    versions = [
        client.views_publish(user_id=ALICE, view={"type": "home", "blocks": [actions(button("mute"))]})["view"]
        for _ in range(3)
    ]
    body = {"user": ALICE, "view": versions[0]["id"], "action_id": "mute"}
    status = [
        page.post("/slack/views/click", json={**body, "block_id": version["blocks"][0]["block_id"]}).status_code
        for version in versions
    ]
    assert status == [409, 200, 200]
    told = [json.loads(parse_qs(body.decode())["payload"][0])["view"]["hash"] for body, _ in app.heard]
    assert told == [version["hash"] for version in versions[1:]]
