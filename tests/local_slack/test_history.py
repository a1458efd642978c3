from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from coastguard.local.slack.workspace import Workspace
from tests.local_slack.conftest import Clock

CHANNEL = "C0ECSALERTS"


def texts(answer: SlackResponse) -> list[str]:
    return [message["text"] for message in answer["messages"]]


@pytest.fixture
def stamps(client: WebClient, clock: Clock) -> list[str]:
    """The ts of messages "0" to "4", ten seconds apart."""
    written = []
    for number in range(5):
        written.append(client.chat_postMessage(channel=CHANNEL, text=str(number))["ts"])
        clock.now += 10
    return written


@pytest.mark.parametrize(
    ("oldest", "latest", "inclusive", "found"),
    [
        (None, None, False, "43210"),
        (1, None, False, "432"),
        (1, None, True, "4321"),
        (None, 3, False, "210"),
        (None, 3, True, "3210"),
        (1, 3, False, "2"),
        (1, 3, True, "321"),
    ],
)
def test_history_is_newest_first_between_its_edges(
    client: WebClient, stamps: list[str], oldest: int | None, latest: int | None, found: str, *, inclusive: bool
) -> None:
    edges = {"oldest": oldest, "latest": latest}
    wanted: dict[str, Any] = {name: stamps[number] for name, number in edges.items() if number is not None}
    assert texts(client.conversations_history(channel=CHANNEL, inclusive=inclusive, **wanted)) == list(found)


def test_an_edge_may_be_a_plain_number_of_seconds(client: WebClient, stamps: list[str]) -> None:
    assert texts(client.conversations_history(channel=CHANNEL, oldest=stamps[3].partition(".")[0])) == ["4"]
    assert len(texts(client.conversations_history(channel=CHANNEL, oldest="0"))) == 5


def test_pages_follow_each_other_without_gaps_although_new_messages_come(client: WebClient, stamps: list[str]) -> None:
    assert len(stamps) == 5
    first = client.conversations_history(channel=CHANNEL, limit=2)
    client.chat_postMessage(channel=CHANNEL, text="new")
    second = client.conversations_history(channel=CHANNEL, limit=2, cursor=first["response_metadata"]["next_cursor"])
    third = client.conversations_history(channel=CHANNEL, limit=2, cursor=second["response_metadata"]["next_cursor"])
    assert [texts(page) for page in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert third["response_metadata"]["next_cursor"] == ""


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "1e9"}, "invalid_ts_latest"),
        ({"cursor": "!"}, "invalid_cursor"),
        ({"cursor": "bm9wZQ=="}, "invalid_cursor"),
        ({"limit": 0}, "invalid_limit"),
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": "many"}, "invalid_arguments"),
    ],
    ids=str,
)
def test_windows_that_make_no_sense_are_refused(client: WebClient, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.conversations_history(channel=CHANNEL, **arguments)
    assert refused.value.response["error"] == error


def test_metadata_comes_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "bulletin", "event_payload": {"episode": 1}}
    client.chat_postMessage(channel=CHANNEL, text="x", metadata=metadata)
    [without] = client.conversations_history(channel=CHANNEL)["messages"]
    [with_it] = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert "metadata" not in without
    assert with_it["metadata"] == metadata


def test_replies_are_in_their_thread_and_not_in_the_channel(client: WebClient, workspace: Workspace) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    reply = client.chat_postMessage(channel=CHANNEL, text="first", thread_ts=root)
    client.chat_postMessage(channel=CHANNEL, text="second", thread_ts=reply["ts"])
    assert reply["message"]["thread_ts"] == root
    [parent] = client.conversations_history(channel=CHANNEL)["messages"]
    assert (parent["text"], parent["reply_count"], parent["thread_ts"]) == ("root", 2, root)
    assert texts(client.conversations_replies(channel=CHANNEL, ts=root)) == ["root", "first", "second"]
    [seen] = workspace.state()["channels"][0]["messages"]
    assert seen["reply_count"] == 2
    assert [reply["text"] for reply in seen["replies"]] == ["first", "second"]


def test_a_broadcast_reply_is_in_both(client: WebClient) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    client.chat_postMessage(channel=CHANNEL, text="still open", thread_ts=root, reply_broadcast=True)
    newest = client.conversations_history(channel=CHANNEL)["messages"][0]
    assert (newest["text"], newest["subtype"], newest["thread_ts"]) == ("still open", "thread_broadcast", root)
    assert texts(client.conversations_replies(channel=CHANNEL, ts=root)) == ["root", "still open"]


def test_an_edited_or_deleted_reply_is_so_in_its_thread(client: WebClient) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    first, second = (client.chat_postMessage(channel=CHANNEL, text=t, thread_ts=root)["ts"] for t in ("one", "two"))
    client.chat_update(channel=CHANNEL, ts=first, text="uno")
    client.chat_delete(channel=CHANNEL, ts=second)
    assert texts(client.conversations_replies(channel=CHANNEL, ts=root)) == ["root", "uno"]
    assert client.conversations_history(channel=CHANNEL)["messages"][0]["reply_count"] == 1


def test_a_thread_is_paged_from_its_beginning(client: WebClient) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    for number in range(3):
        client.chat_postMessage(channel=CHANNEL, text=str(number), thread_ts=root)
    first = client.conversations_replies(channel=CHANNEL, ts=root, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = client.conversations_replies(channel=CHANNEL, ts=root, limit=2, cursor=cursor)
    assert [texts(first), texts(second)] == [["root", "0"], ["1", "2"]]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_there_is_no_thread_without_a_message(client: WebClient) -> None:
    for method, arguments in (
        ("conversations.replies", {"ts": "1.000000"}),
        ("chat.postMessage", {"thread_ts": "1.000000", "text": "x"}),
    ):
        with pytest.raises(SlackApiError) as refused:
            client.api_call(method, params={"channel": CHANNEL, **arguments})
        assert refused.value.response["error"] == "thread_not_found"
