from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.responses import JSONResponse, PlainTextResponse, Response

from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace
from tests.local_slack.examples import section
from tests.local_slack.serving import App

CHANNEL = "C0ECSALERTS"
ECS = {"user": "U0BOB0002", "channel": CHANNEL, "command": "/ecs", "text": "mute payments 2h what's & why"}


def whispers(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [(seen["user"], seen["username"], seen["text"]) for seen in workspace.state()["ephemerals"]]


def test_a_command_is_sent_as_plain_signed_fields(page: httpx.Client, app: App) -> None:
    answer = page.post("/slack/command", json=ECS).json()
    assert (answer["status"], answer["error"]) == (200, None)
    [(body, headers)] = app.heard
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)
    fields = dict(parse_qsl(body.decode()))
    assert fields.pop("response_url").startswith("http://127.0.0.1:")
    assert fields.pop("trigger_id")
    assert fields == {
        "team_id": "T0COAST01",
        "team_domain": "coast",
        "channel_id": CHANNEL,
        "channel_name": "ecs-alerts",
        "user_id": "U0BOB0002",
        "user_name": "bob.okafor",
        "command": "/ecs",
        "text": "mute payments 2h what's & why",
        "api_app_id": "A0COAST01",
        "is_enterprise_install": "false",
    }


@pytest.mark.parametrize(
    ("answer", "ephemeral", "posted"),
    [
        (PlainTextResponse("3 active mutes"), ["3 active mutes"], []),
        (JSONResponse({"text": "3 active mutes"}), ["3 active mutes"], []),
        (JSONResponse({"response_type": "ephemeral", "text": "mutes", "blocks": [section()]}), ["mutes"], []),
        (JSONResponse({"response_type": "in_channel", "text": "stopped"}), [], ["stopped"]),
        (Response(), [], []),
        (JSONResponse({}), [], []),
    ],
    ids=["plain text", "JSON", "ephemeral", "in channel", "nothing", "an empty object"],
)
def test_the_answer_is_shown_where_it_says(
    page: httpx.Client, app: App, workspace: Workspace, answer: Response, ephemeral: list[str], posted: list[str]
) -> None:
    app.answer = lambda: answer
    page.post("/slack/command", json=ECS)
    assert whispers(workspace) == [("U0BOB0002", "Coastguard", text) for text in ephemeral]
    assert [message["text"] for message in workspace.state()["channels"][0]["messages"]] == posted


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("broken", 500), "http 500"),
        (JSONResponse({"text": "x", "blocks": [section("")]}), "invalid_blocks"),
        (JSONResponse(["no", "object"]), "json_not_object"),
        (Response("{", media_type="application/json"), "invalid_json"),
        (JSONResponse({"text": "x", "response_type": "loud"}), "invalid_arguments"),
    ],
    ids=["500", "bad blocks", "a list", "broken JSON", "unknown response type"],
)
def test_a_failed_command_is_told_to_its_person_by_slackbot(
    page: httpx.Client, app: App, workspace: Workspace, answer: Response, error: str
) -> None:
    app.answer = lambda: answer
    assert page.post("/slack/command", json=ECS).json()["error"] == error
    assert whispers(workspace) == [("U0BOB0002", "Slackbot", f'/ecs failed with the error "{error}"')]


@pytest.mark.parametrize(
    "wrong", [{"command": "ecs"}, {"command": "/E C S"}, {"user": "U1"}, {"channel": "C1"}], ids=str
)
def test_what_cannot_be_typed_is_refused(page: httpx.Client, app: App, wrong: dict[str, Any]) -> None:
    answer = page.post("/slack/command", json={**ECS, **wrong})
    assert answer.status_code == 409
    assert answer.json()["error"].endswith(".")
    assert app.heard == []
