"""A world that speaks to another workspace than its own, as it does to a real one, and hears it by Socket Mode."""

import time
from typing import Any

import httpx
import pytest

from coastguard.local.members import Members
from coastguard.local.real_slack import listening, meet
from coastguard.local.rehearsals.stage import Stage
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from coastguard.local.world import Plan, World
from hub.slack.button_values import ACKNOWLEDGE
from spoke.places import Cluster
from tests.local_slack.serving import served
from tests.local_slack.socket_mode import APP_TOKEN, SocketMode
from tests.patience import PATIENCE_SECONDS

SEARCH = Cluster("333344445555", "eu-west-1", "prod-search")
ALICE, CHANNEL = "U0ALICE01", "C0PAYMENTS"


def messages(workspace: Workspace) -> list[dict[str, Any]]:
    return [message for channel in workspace.state()["channels"] for message in channel["messages"]]


def test_people_of_another_workspace_are_told_and_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    theirs = Workspace(time.time)
    sockets = SocketMode(theirs)
    with served(sockets.starlette()) as address:
        sockets.at(address)
        tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
        slack = meet(tokens, CHANNEL, "", "/ecs", api_url=f"{address}/api/")
        with (
            World(Plan(grace=1, slack=slack), print) as world,
            listening(slack, world.aws, world.outputs["FrontFunctionName"]),
        ):
            stage, members = Stage(world, lambda _seconds, _text: None), Members(world.aws)
            members.plug(SEARCH, [members.instances(SEARCH)[0]["id"]], connected=False)
            [told] = stage.wait("a bulletin", lambda: messages(theirs), 5 * PATIENCE_SECONDS)
            assert "prod-search" in told["text"]

            click = {"user": ALICE, "channel": CHANNEL, "ts": told["ts"], "action_id": ACKNOWLEDGE}
            assert httpx.post(f"{address}/slack/click", json=click, timeout=PATIENCE_SECONDS).status_code == 200
            stage.wait(
                "the bulletin acknowledged",
                lambda: f"Acknowledged by <@{ALICE}>" in str(messages(theirs)[0]["attachments"]),
                PATIENCE_SECONDS,
            )
            typed = {"user": ALICE, "channel": CHANNEL, "command": "/ecs", "text": "status"}
            httpx.post(f"{address}/slack/command", json=typed, timeout=PATIENCE_SECONDS)
            stage.wait("an answer", lambda: theirs.state()["ephemerals"], PATIENCE_SECONDS)
            [note] = messages(world.workspace)
            assert (
                note["text"]
                == f"In this demo Coastguard speaks in your workspace Coast, channel {CHANNEL}, and not here."
            )
