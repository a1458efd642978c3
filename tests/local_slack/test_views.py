import json
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.workspace import Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.examples import modal, plain, section, text_input
from tests.local_slack.serving import App

ECS = {"user": "U0CAROL03", "channel": "C0ECSALERTS", "command": "/ecs", "text": "mute"}


@pytest.fixture
def trigger_id(page: httpx.Client, app: App) -> str:
    page.post("/slack/command", json=ECS)
    return dict(parse_qsl(app.heard[-1][0].decode()))["trigger_id"]


def refused(client: WebClient, trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=trigger_id, view=view)
    data: dict[str, Any] = error.value.response.data
    return data


def test_a_modal_opens_for_whoever_asked(client: WebClient, trigger_id: str, workspace: Workspace) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(text_input(), section(), callback_id="mute"))["view"]
    assert (view["team_id"], view["app_id"], view["callback_id"]) == ("T0COAST01", "A0COAST01", "mute")
    assert view["id"] == view["root_view_id"]
    assert view["state"] == {"values": {}}
    assert all(block["block_id"] for block in view["blocks"])
    assert workspace.state()["views"] == [{"user": "U0CAROL03", "view": view}]


def test_a_view_may_come_as_json_in_a_form(client: WebClient, trigger_id: str, workspace: Workspace) -> None:
    client.api_call("views.open", params={"trigger_id": trigger_id, "view": json.dumps(modal(section()))})
    assert len(workspace.state()["views"]) == 1


@pytest.mark.parametrize(("seconds", "error"), [(2.9, None), (3.1, "expired_trigger_id")])
def test_a_trigger_id_is_good_for_three_seconds(
    client: WebClient, trigger_id: str, clock: Clock, seconds: float, error: str | None
) -> None:
    clock.now += seconds
    if error is None:
        client.views_open(trigger_id=trigger_id, view=modal(section()))
    else:
        assert refused(client, trigger_id, modal(section()))["error"] == error


def test_a_trigger_id_is_good_once(client: WebClient, trigger_id: str) -> None:
    client.views_open(trigger_id=trigger_id, view=modal(section()))
    assert refused(client, trigger_id, modal(section()))["error"] == "exchanged_trigger_id"


def test_a_made_up_trigger_id_opens_nothing(client: WebClient) -> None:
    assert refused(client, "1.2.abc", modal(section()))["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "view.title.text: 25 characters, at most 24"),
        ({"type": "home", "blocks": []}, "view.type: must be modal"),
        ({}, "view.type: must be modal or home"),
    ],
    ids=["a long title", "a home", "nothing"],
)
def test_a_view_that_is_refused_does_not_use_up_the_trigger(
    client: WebClient, trigger_id: str, workspace: Workspace, view: dict[str, Any], problem: str
) -> None:
    answer = refused(client, trigger_id, view)
    assert (answer["error"], answer["response_metadata"]["messages"]) == ("invalid_arguments", [f"[ERROR] {problem}"])
    assert workspace.state()["views"] == []
    client.views_open(trigger_id=trigger_id, view=modal(section()))
