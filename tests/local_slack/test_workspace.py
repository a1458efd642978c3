import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.directory import Person
from coastguard.local.slack.workspace import Workspace
from tests.local_slack.examples import BULLETIN
from tests.patience import PATIENCE_SECONDS

CHANNEL = "C0ECSALERTS"


def test_a_fresh_workspace_has_its_people_and_a_quiet_channel(page: httpx.Client) -> None:
    with_others = page.get("/slack/state").json()
    assert with_others["team"] == {"id": "T0COAST01", "name": "Coast"}
    assert with_others["channels"][0] == {
        "id": CHANNEL,
        "name": "ecs-alerts",
        "archived": False,
        "private": False,
        "shared": True,
        "bot_is_member": True,
        "members": [],
        "messages": [],
    }
    assert [with_others[name] for name in ("ephemerals", "views", "homes", "revision")] == [[], [], [], 0]
    assert with_others["users"][0] == {
        "id": "U0ALICE01",
        "name": "Alice Moreau",
        "title": "platform on-call",
        "initials": "AM",
        "kind": "member",
        "tz": "Europe/Paris",
    }
    assert [(user["id"], user["kind"]) for user in with_others["users"][1:]] == [
        ("U0BOB0002", "member"),
        ("U0CAROL03", "member"),
        ("U0DMITRI4", "guest"),
        ("U0ERIN005", "foreign"),
    ]
    assert [channel["id"] for channel in Workspace(lambda: 0.0).state()["channels"]] == [
        CHANNEL,
        "C0PAYMENTS",
        "C0FORMERLY",
        "C0SECURITY",
    ]


def test_every_change_is_counted_and_told(client: WebClient, page: httpx.Client, workspace: Workspace) -> None:
    told: list[int] = []
    workspace.on_change = lambda: told.append(workspace.revision)
    ts = client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="new")
    client.chat_postEphemeral(channel=CHANNEL, user="U0ALICE01", text="x")
    page.post("/slack/say", json={"user": "U0ALICE01", "channel": CHANNEL, "text": "hello"})
    client.chat_delete(channel=CHANNEL, ts=ts)
    assert told == [1, 2, 3, 4, 5]


def test_reading_and_what_was_refused_change_nothing(client: WebClient, workspace: Workspace) -> None:
    client.conversations_history(channel=CHANNEL)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=CHANNEL, text="x", thread_ts="1.000000")
    workspace.state()
    assert workspace.revision == 0


def test_the_lock_is_free_while_a_change_is_told(client: WebClient, workspace: Workspace) -> None:
    seen: list[int] = []
    seen_while_told: list[int] = []

    def read_in_another_thread() -> None:
        reader = threading.Thread(target=lambda: seen.append(workspace.state()["revision"]))
        reader.start()
        reader.join(PATIENCE_SECONDS)
        seen_while_told.extend(seen)

    workspace.on_change = read_in_another_thread
    client.chat_postMessage(channel=CHANNEL, text="x")
    assert seen_while_told == [1]


def test_many_threads_lose_no_message_and_no_revision(workspace: Workspace, client: WebClient) -> None:
    together = threading.Barrier(8)

    def post(number: int) -> str:
        together.wait(PATIENCE_SECONDS)
        return str(client.chat_postMessage(channel=CHANNEL, text=str(number))["ts"])

    with ThreadPoolExecutor(8) as pool:
        stamps = list(pool.map(post, range(32)))
    assert len(set(stamps)) == 32
    assert len(workspace.state()["channels"][0]["messages"]) == 32
    assert workspace.revision == 32


def test_people_write_in_channels_and_threads(page: httpx.Client, client: WebClient, workspace: Workspace) -> None:
    root = page.post("/slack/say", json={"user": "U0CAROL03", "channel": CHANNEL, "text": "why?"}).json()["ts"]
    reply = {"user": "U0ALICE01", "channel": CHANNEL, "text": "looking", "thread_ts": root}
    page.post("/slack/say", json=reply)
    [message] = client.conversations_history(channel=CHANNEL)["messages"]
    assert (message["user"], message["text"], message["reply_count"]) == ("U0CAROL03", "why?", 1)
    assert "bot_id" not in message
    [seen] = workspace.state()["channels"][0]["messages"]
    assert (seen["user"], seen["username"], "bot_id" in seen) == ("U0CAROL03", "Carol Lindqvist", False)
    assert page.post("/slack/say", json={**reply, "thread_ts": "1.000000"}).status_code == 409


def test_initials_and_handles_come_from_the_name() -> None:
    person = Person("U1", "Ada King Lovelace", "")
    assert (person.initials, person.handle) == ("AKL", "ada.king.lovelace")
