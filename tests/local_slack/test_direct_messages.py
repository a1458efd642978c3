"""Direct messages, of the app with somebody and between people, and private channels whose id changes."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.directory import Channel
from coastguard.local.slack.workspace import Workspace
from tests.local_slack.examples import section
from tests.local_slack.serving import App

ALICE, BOB, CAROL = "U0ALICE01", "U0BOB0002", "U0CAROL03"
OLD, NEW = "G0SHORE001", "C0SHORE001"
WORDS: dict[str, Any] = {"text": "t", "blocks": [section("t")]}


def texts(workspace: Workspace, channel: str) -> list[str]:
    return [m["text"] for c in workspace.state()["channels"] if c["id"] == channel for m in c["messages"]]


def test_the_app_writes_to_somebody_by_their_id(client: WebClient, workspace: Workspace) -> None:
    answer = client.chat_postMessage(channel=ALICE, **WORDS)
    assert answer["channel"] == workspace.people[ALICE].home
    assert texts(workspace, answer["channel"]) == ["t"]
    assert client.chat_postMessage(channel=ALICE, **WORDS)["channel"] == answer["channel"]
    (direct,) = [c for c in workspace.state()["channels"] if c["id"] == answer["channel"]]
    assert direct["members"] == [ALICE]


@pytest.mark.parametrize(
    ("user", "tab", "error"), [("U0NOBODY1", True, "channel_not_found"), (ALICE, False, "messages_tab_disabled")]
)
def test_nobody_is_written_to_who_is_not_there_or_where_the_app_does_not(
    client: WebClient, page: httpx.Client, user: str, *, tab: bool, error: str
) -> None:
    page.post("/slack/app", json={"messages_tab": tab})
    with pytest.raises(SlackApiError, match=error):
        client.chat_postMessage(channel=user, **WORDS)


def test_people_command_in_their_own_messages_where_the_app_is_not(
    client: WebClient, page: httpx.Client, app: App, workspace: Workspace
) -> None:
    direct = page.post("/slack/directs", json={"users": [ALICE, BOB]}).json()["channel"]
    typed = {"channel": direct, "command": "/ecs", "text": "status"}
    assert page.post("/slack/command", json=typed | {"user": CAROL}).status_code == 409
    assert page.post("/slack/command", json=typed | {"user": BOB}).status_code == 200
    form = parse_qs(app.heard[-1][0].decode())
    assert (form["channel_id"], form["channel_name"]) == ([direct], ["directmessage"])
    for say in (client.chat_postMessage, client.conversations_history):
        with pytest.raises(SlackApiError, match="channel_not_found"):
            say(channel=direct, text="t") if say == client.chat_postMessage else say(channel=direct)
    page.post(form["response_url"][0], json={"text": "all is well", "response_type": "in_channel"})
    assert texts(workspace, direct) == ["all is well"]


@pytest.mark.parametrize("body", [{}, {"users": []}, {"users": [5]}, {"users": ALICE}])
def test_nobody_begins_direct_messages_of_nobody(page: httpx.Client, body: dict[str, object]) -> None:
    assert page.post("/slack/directs", json=body).status_code == 400


def test_strangers_to_the_workspace_begin_none(page: httpx.Client) -> None:
    assert page.post("/slack/directs", json={"users": [ALICE, "U0NOBODY1"]}).status_code == 409


def test_the_app_has_its_direct_messages_or_not(page: httpx.Client) -> None:
    assert page.post("/slack/app", json={}).status_code == 400


# Private channels that are made ones to be shared


@pytest.fixture
def shore(workspace: Workspace, client: WebClient) -> str:
    """A message in a private channel of the old kind."""
    workspace.create(Channel(OLD, "shore", private=True))
    return str(client.chat_postMessage(channel=OLD, **WORDS)["ts"])


def test_from_then_on_only_a_post_knows_the_old_id(client: WebClient, page: httpx.Client, shore: str) -> None:
    assert page.post("/slack/channels", json={"channel": OLD, "converted": True}).json()["channel"] == NEW
    asks: Any = (
        lambda channel: client.chat_update(channel=channel, ts=shore, **WORDS),
        lambda channel: client.chat_postEphemeral(channel=channel, user=ALICE, **WORDS),
        lambda channel: client.conversations_history(channel=channel),
        lambda channel: client.conversations_replies(channel=channel, ts=shore),
        lambda channel: client.chat_delete(channel=channel, ts=shore),
    )
    for ask in asks:
        with pytest.raises(SlackApiError, match="channel_not_found"):
            ask(OLD)
    assert client.chat_postMessage(channel=OLD, thread_ts=shore, **WORDS)["channel"] == NEW
    for ask in asks:
        assert ask(NEW)["ok"]


def test_a_command_there_names_the_new_id(page: httpx.Client, app: App, workspace: Workspace) -> None:
    workspace.create(Channel(OLD, "shore", private=True))
    asked = {"user": ALICE, "channel": OLD, "command": "/ecs"}
    page.post("/slack/command", json=asked)
    url = parse_qs(app.heard[-1][0].decode())["response_url"][0]
    page.post("/slack/channels", json={"channel": OLD, "converted": True})
    assert page.post("/slack/command", json=asked).status_code == 409
    page.post("/slack/command", json=asked | {"channel": NEW})
    assert parse_qs(app.heard[-1][0].decode())["channel_id"] == [NEW]
    page.post(url, json={"text": "late", "response_type": "in_channel"})
    assert texts(workspace, NEW) == ["late"]


def test_only_an_old_private_channel_has_another_id_to_get(page: httpx.Client) -> None:
    assert page.post("/slack/channels", json={"channel": "C0ECSALERTS", "converted": True}).status_code == 409
