import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.tickets import Origin, Tickets
from coastguard.local.slack.workspace import Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.examples import BULLETIN, button, section
from tests.local_slack.serving import App

CHANNEL = "C0ECSALERTS"
ALICE = "U0ALICE01"


@pytest.fixture
def bulletin(client: WebClient) -> str:
    return str(client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"])


def clicked(page: httpx.Client, app: App, ts: str, action_id: str = "terminate") -> str:
    """The response URL that comes with a click."""
    answer = page.post("/slack/click", json={"user": ALICE, "channel": CHANNEL, "ts": ts, "action_id": action_id})
    assert answer.status_code == 200
    return str(json.loads(parse_qs(app.heard[-1][0].decode())["payload"][0])["response_url"])


def texts(workspace: Workspace) -> tuple[list[str], list[str]]:
    """What the channel shows, and what Alice alone sees."""
    state = workspace.state()
    whispered = [seen["text"] for seen in state["ephemerals"] if seen["user"] == ALICE]
    return [message["text"] for message in state["channels"][0]["messages"]], whispered


@pytest.mark.parametrize(
    ("reply", "channel", "ephemeral"),
    [
        ({"text": "Working"}, [BULLETIN["text"]], ["Working"]),
        ({"text": "Working", "response_type": "ephemeral"}, [BULLETIN["text"]], ["Working"]),
        ({"text": "Working", "response_type": "in_channel"}, [BULLETIN["text"], "Working"], []),
        ({"text": "Working", "replace_original": True}, ["Working"], []),
        ({"text": "Working", "replace_original": False}, [BULLETIN["text"]], ["Working"]),
        ({"delete_original": True}, [], []),
    ],
    ids=["nothing said", "ephemeral", "in channel", "replace", "do not replace", "delete"],
)
def test_a_reply_to_a_click_goes_where_it_says(
    page: httpx.Client,
    bulletin: str,
    app: App,
    workspace: Workspace,
    reply: dict[str, Any],
    channel: list[str],
    ephemeral: list[str],
) -> None:
    answer = page.post(clicked(page, app, bulletin), json=reply)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert texts(workspace) == (channel, ephemeral)


def test_replacing_the_original_leaves_nothing_of_it(
    page: httpx.Client, bulletin: str, app: App, workspace: Workspace
) -> None:
    page.post(clicked(page, app, bulletin), json={"text": "gone", "replace_original": True})
    [seen] = workspace.state()["channels"][0]["messages"]
    assert (seen["ts"], seen["blocks"], seen["attachments"]) == (bulletin, [], [])


def test_an_ephemeral_original_can_be_replaced_and_deleted(
    page: httpx.Client, client: WebClient, app: App, workspace: Workspace
) -> None:
    blocks = [section(accessory=button("unmute"))]
    ts = client.chat_postEphemeral(channel=CHANNEL, user=ALICE, text="1 mute", blocks=blocks)["message_ts"]
    url = clicked(page, app, ts, "unmute")
    page.post(url, json={"text": "no mutes", "replace_original": True})
    assert texts(workspace) == ([], ["no mutes"])
    page.post(url, json={"delete_original": True})
    assert texts(workspace) == ([], [])
    assert page.post(url, json={"text": "x", "replace_original": True}).json()["error"] == "message_not_found"


def test_a_reply_can_stand_in_a_thread(page: httpx.Client, bulletin: str, app: App, workspace: Workspace) -> None:
    url = clicked(page, app, bulletin)
    page.post(url, json={"text": "done", "response_type": "in_channel", "thread_ts": bulletin})
    [seen] = workspace.state()["channels"][0]["messages"]
    assert [reply["text"] for reply in seen["replies"]] == ["done"]
    page.post(url, json={"text": "nowhere", "response_type": "in_channel", "thread_ts": "1.000000"})
    assert seen["reply_count"] == 1


def test_slack_sdks_webhook_client_can_reply(page: httpx.Client, bulletin: str, app: App, workspace: Workspace) -> None:
    assert WebhookClient(clicked(page, app, bulletin)).send(text="Working").status_code == 200
    assert texts(workspace)[1] == ["Working"]


def test_a_response_url_works_five_times(page: httpx.Client, bulletin: str, app: App, workspace: Workspace) -> None:
    url = clicked(page, app, bulletin)
    answers = [page.post(url, json={"text": str(number)}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert answers[-1].json()["error"] == "used_url"
    assert texts(workspace)[1] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(("minutes", "status"), [(29.9, 200), (30.1, 404), (61, 404)])
def test_a_response_url_works_for_half_an_hour(
    page: httpx.Client, bulletin: str, app: App, clock: Clock, minutes: float, status: int
) -> None:
    url = clicked(page, app, bulletin)
    clock.now += minutes * 60
    assert page.post(url, json={"text": "late"}).status_code == status


def test_old_tickets_are_forgotten_in_time() -> None:
    tickets = Tickets()
    for minute in range(180):
        trigger, _ = tickets.hand_out(Origin(ALICE, CHANNEL), minute * 60.0)
    assert len(tickets._hooks) == len(tickets._triggers) == 61
    with pytest.raises(SlackError, match="expired_trigger_id"):
        tickets.exchange(trigger, 180 * 60.0)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"text": ""}', "no_text"),
        (b'{"text": "x", "blocks": [{"type": "section"}]}', "invalid_blocks"),
        (b"[]", "json_not_object"),
        (b"{", "invalid_json"),
        (b"", "no_text"),
    ],
    ids=["empty", "bad blocks", "a list", "broken JSON", "nothing"],
)
def test_a_reply_that_cannot_be_shown_is_refused_and_does_not_count(
    page: httpx.Client, bulletin: str, app: App, workspace: Workspace, body: bytes, error: str
) -> None:
    url = clicked(page, app, bulletin)
    for _ in range(6):
        assert page.post(url, content=body).json()["error"] == error
    assert page.post(url, json={"text": "at last"}).json() == {"ok": True}
    assert texts(workspace)[1] == ["at last"]


@pytest.mark.parametrize(
    ("reply", "posted", "whispered"),
    [
        ({"text": "3 mutes"}, [], ["3 mutes"]),
        ({"text": "3 mutes", "blocks": [section(accessory=button("unmute"))]}, [], ["3 mutes"]),
        ({"text": "stopped", "response_type": "in_channel"}, ["stopped"], []),
    ],
    ids=["ephemeral", "with a button", "in channel"],
)
def test_a_command_can_be_answered_later(
    page: httpx.Client,
    app: App,
    workspace: Workspace,
    reply: dict[str, Any],
    posted: list[str],
    whispered: list[str],
) -> None:
    page.post("/slack/command", json={"user": ALICE, "channel": CHANNEL, "command": "/ecs"})
    url = parse_qs(app.heard[-1][0].decode())["response_url"][0]
    assert page.post(url, json=reply).json() == {"ok": True}
    assert texts(workspace) == (posted, whispered)


def test_a_reply_where_the_channel_is_gone_is_refused(page: httpx.Client, bulletin: str, app: App) -> None:
    url = clicked(page, app, bulletin)
    page.post("/slack/channels", json={"channel": CHANNEL, "gone": True})
    assert page.post(url, json={"text": "late"}).json()["error"] == "channel_not_found"


def test_an_address_that_was_never_given_is_refused(page: httpx.Client) -> None:
    answer = page.post("/slack/hooks/made-up", json={"text": "x"})
    assert (answer.status_code, answer.json()["error"]) == (404, "expired_url")


def test_a_response_url_points_at_this_workspace(page: httpx.Client, bulletin: str, app: App) -> None:
    assert urlsplit(clicked(page, app, bulletin)).netloc == page.base_url.netloc.decode()
