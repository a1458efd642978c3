import time

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.workspace import BOT_TOKEN, Workspace

CHANNEL = "C0ECSALERTS"


def texts(workspace: Workspace) -> list[str]:
    return [message["text"] for message in workspace.state()["channels"][0]["messages"]]


def order(page: httpx.Client, **fault: object) -> None:
    assert page.post("/slack/faults", json=fault).json() == {"ok": True}


def test_a_lost_answer_leaves_exactly_one_message(page: httpx.Client, client: WebClient, workspace: Workspace) -> None:
    order(page, method="chat.postMessage", kind="lost_answer")
    with pytest.raises(ConnectionError):
        client.chat_postMessage(channel=CHANNEL, text="once")
    assert texts(workspace) == ["once"]


def test_the_sdks_own_retries_double_a_message_whose_answer_was_lost(
    page: httpx.Client, address: str, workspace: Workspace
) -> None:
    order(page, method="chat.postMessage", kind="lost_answer")
    WebClient(BOT_TOKEN, base_url=f"{address}/api/").chat_postMessage(channel=CHANNEL, text="twice")
    assert texts(workspace) == ["twice", "twice"]


def test_a_rate_limit_says_when_to_come_back_and_does_nothing(
    page: httpx.Client, client: WebClient, workspace: Workspace
) -> None:
    order(page, method="chat.postMessage", kind="ratelimit", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            client.chat_postMessage(channel=CHANNEL, text="later")
        assert error.value.response.status_code == 429
        assert error.value.response.headers["Retry-After"] == "7"
        assert error.value.response["error"] == "ratelimited"
    assert texts(workspace) == []
    client.chat_postMessage(channel=CHANNEL, text="now")
    assert texts(workspace) == ["now"]


@pytest.mark.parametrize(
    ("accepted", "stored"), [(False, []), (True, ["perhaps"])], ids=["not done", "done all the same"]
)
def test_a_server_error_leaves_it_open_whether_something_was_done(
    page: httpx.Client, client: WebClient, workspace: Workspace, *, accepted: bool, stored: list[str]
) -> None:
    order(page, method="chat.postMessage", kind="server_error", accepted=accepted)
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="perhaps")
    assert error.value.response.status_code == 500
    assert texts(workspace) == stored


def test_a_slow_answer_comes_after_its_seconds(page: httpx.Client, client: WebClient, workspace: Workspace) -> None:
    order(page, method="chat.postMessage", kind="slow", seconds=0.3)
    start = time.monotonic()
    client.chat_postMessage(channel=CHANNEL, text="slowly")
    assert time.monotonic() - start >= 0.3
    assert texts(workspace) == ["slowly"]


def test_a_fault_hits_only_its_method(page: httpx.Client, client: WebClient) -> None:
    order(page, method="chat.update", kind="ratelimit")
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    with pytest.raises(SlackApiError):
        client.chat_update(channel=CHANNEL, ts=ts, text="y")
    client.chat_update(channel=CHANNEL, ts=ts, text="y")


def test_an_outage_hits_every_method_until_it_is_over(page: httpx.Client, client: WebClient) -> None:
    order(page, method="*", kind="server_error", times=1000)
    for method in ("auth.test", "chat.postMessage", "conversations.history"):
        with pytest.raises(SlackApiError):
            client.api_call(method)
    assert page.delete("/slack/faults").json() == {"ok": True}
    client.auth_test()


def test_faults_come_in_the_order_they_were_ordered(page: httpx.Client, client: WebClient) -> None:
    order(page, method="auth.test", kind="ratelimit", retry_after=3)
    order(page, method="auth.test", kind="server_error")
    statuses = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            client.auth_test()
        statuses.append(error.value.response.status_code)
    assert statuses == [429, 500]
