import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from coastguard.local.slack import clicks
from coastguard.local.slack.workspace import Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.examples import BULLETIN, actions, button, section

CHANNEL = "C0ECSALERTS"
BLOCKS = [section()]
META = {"event_type": "bulletin", "event_payload": {"episode": 1}}


def shown(workspace: Workspace) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = workspace.state()["channels"][0]["messages"]
    return messages


def refused(call: Callable[..., SlackResponse], **arguments: object) -> str:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    assert error.value.response.status_code == 200
    return str(error.value.response["error"])


def test_the_bot_knows_who_it_is(client: WebClient) -> None:
    me = client.auth_test()
    assert (me["team_id"], me["user_id"], me["bot_id"]) == ("T0COAST01", "U0COASTBOT", "B0COAST01")


@pytest.mark.parametrize(
    ("token", "error"), [(None, "not_authed"), ("xoxb-someone-else", "invalid_auth")], ids=["no token", "a wrong token"]
)
def test_only_the_bots_token_opens_the_web_api(address: str, token: str | None, error: str) -> None:
    assert refused(WebClient(token, base_url=f"{address}/api/").auth_test) == error


def test_a_bulletin_is_posted_as_the_bot(client: WebClient, workspace: Workspace) -> None:
    answer = client.chat_postMessage(channel=CHANNEL, **BULLETIN)
    message = answer["message"]
    assert (answer["channel"], answer["ts"]) == (CHANNEL, message["ts"])
    assert (message["user"], message["bot_id"], message["app_id"]) == ("U0COASTBOT", "B0COAST01", "A0COAST01")
    assert message["text"] == BULLETIN["text"]
    assert message["blocks"] == BULLETIN["blocks"]
    assert message["attachments"][0]["id"] == 1
    assert message["attachments"][0]["color"] == "D93025"
    assert "metadata" not in message
    [seen] = shown(workspace)
    assert seen["attachments"][0]["color"] == "#D93025"
    assert seen["metadata"] == BULLETIN["metadata"]
    assert (seen["bot_id"], seen["username"], seen["edited"], seen["replies"]) == ("B0COAST01", "Coastguard", None, [])


def test_a_form_with_json_fields_posts_the_same_as_a_json_body(client: WebClient, workspace: Workspace) -> None:
    parts = BULLETIN | {"blocks": [section(block_id="a")]}
    client.chat_postMessage(channel=CHANNEL, **parts)
    encoded = {name: part if isinstance(part, str) else json.dumps(part) for name, part in parts.items()}
    client.api_call("chat.postMessage", params={"channel": CHANNEL, **encoded})
    first, second = shown(workspace)
    for part in ("text", "blocks", "metadata"):
        assert first[part] == second[part]


def test_a_channel_can_be_named(client: WebClient) -> None:
    assert client.chat_postMessage(channel="#ecs-alerts", text="hello")["channel"] == CHANNEL


def test_every_message_has_its_own_growing_ts(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=CHANNEL, text="same instant")["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))
    assert all(len(ts.partition(".")[2]) == 6 for ts in stamps)


def test_blocks_and_elements_without_an_id_get_one(client: WebClient) -> None:
    blocks = [actions({"type": "button", "text": {"type": "plain_text", "text": "x"}}), section(accessory=button())]
    first, second = client.chat_postMessage(channel=CHANNEL, blocks=blocks, text="x")["message"]["blocks"]
    assert first["block_id"] != second["block_id"]
    assert first["elements"][0]["action_id"]
    assert second["accessory"]["action_id"] == "terminate"


def test_text_is_kept_as_it_was_written(client: WebClient, workspace: Workspace) -> None:
    client.chat_postMessage(channel=CHANNEL, text="a & b < c &amp; <!here> `x`")
    assert shown(workspace)[0]["text"] == "a & b < c &amp; <!here> `x`"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("C0PRIVATE", "channel_not_found"),
        ("C0PUBLIC1", "not_in_channel"),
        ("C0ARCHIVE", "is_archived"),
    ],
)
def test_the_bot_writes_only_where_it_was_invited(client: WebClient, channel: str, error: str) -> None:
    assert refused(client.chat_postMessage, channel=channel, text="x") == error
    assert refused(client.chat_postEphemeral, channel=channel, user="U0ALICE01", text="x") == error


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0NOWHERE", "channel_not_found"), ("C0PRIVATE", "channel_not_found"), ("C0PUBLIC1", "not_in_channel")],
)
def test_the_bot_reads_and_changes_only_where_it_was_invited(client: WebClient, channel: str, error: str) -> None:
    for call, more in (
        (client.conversations_history, {}),
        (client.conversations_replies, {"ts": "1.000000"}),
        (client.chat_update, {"ts": "1.000000", "text": "x"}),
        (client.chat_delete, {"ts": "1.000000"}),
    ):
        assert refused(call, channel=channel, **more) == error


def test_an_empty_message_is_refused(client: WebClient) -> None:
    for arguments in ({}, {"text": ""}, {"text": "", "blocks": [], "attachments": []}):
        assert (
            refused(client.api_call, api_method="chat.postMessage", json={"channel": CHANNEL, **arguments}) == "no_text"
        )


def test_refused_blocks_tell_where_and_why(client: WebClient, workspace: Workspace) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x", blocks=[section(""), actions(button(text="x" * 90))])
    assert error.value.response["error"] == "invalid_blocks"
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] blocks[0].text.text: must not be empty",
        "[ERROR] blocks[1].elements[0].text.text: 90 characters, at most 75",
    ]
    assert shown(workspace) == []


def test_an_update_replaces_what_is_shown_and_keeps_its_place(
    client: WebClient, workspace: Workspace, clock: Clock
) -> None:
    first = client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"]
    client.chat_postMessage(channel=CHANNEL, text="later")
    clock.now += 60
    answer = client.chat_update(channel=CHANNEL, ts=first, text="Resolved", blocks=[section("done")], attachments=[])
    assert (answer["ts"], answer["text"]) == (first, "Resolved")
    seen = shown(workspace)
    assert [message["text"] for message in seen] == ["Resolved", "later"]
    assert seen[0]["edited"] == {"ts": f"{int(clock.now)}.000000"}
    assert seen[0]["attachments"] == []


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"text": "new"}, {"blocks": False, "attachments": True, "metadata": True}),
        ({"blocks": BLOCKS}, {"blocks": True, "attachments": True, "metadata": True}),
        ({"text": "new", "blocks": BLOCKS}, {"blocks": True, "attachments": True, "metadata": True}),
        ({"attachments": [{"text": "x"}]}, {"blocks": True, "attachments": True, "metadata": True}),
        ({"text": "new", "attachments": []}, {"blocks": False, "attachments": False, "metadata": True}),
        ({"text": "new", "metadata": {}}, {"blocks": False, "attachments": True, "metadata": False}),
        ({"text": "new", "metadata": META}, {"blocks": False, "attachments": True, "metadata": True}),
    ],
    ids=["text", "blocks", "text and blocks", "attachments", "no attachments", "no metadata", "metadata"],
)
def test_an_update_keeps_what_slack_keeps(
    client: WebClient, workspace: Workspace, change: dict[str, Any], kept: dict[str, bool]
) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"]
    # Not chat_update: slack_sdk warns of a missing text, which is what some of these are about.
    client.api_call("chat.update", json={"channel": CHANNEL, "ts": ts, **change})
    [seen] = shown(workspace)
    assert {part: bool(seen[part]) for part in kept} == kept


def test_only_existing_messages_of_its_own_can_be_changed(client: WebClient, workspace: Workspace) -> None:
    hers = clicks.say(workspace, user="U0ALICE01", channel=CHANNEL, text="hands off")
    assert refused(client.chat_update, channel=CHANNEL, ts=hers, text="x") == "cant_update_message"
    assert refused(client.chat_delete, channel=CHANNEL, ts=hers) == "cant_delete_message"
    assert refused(client.chat_update, channel=CHANNEL, ts="1.000000", text="x") == "message_not_found"
    assert refused(client.chat_delete, channel=CHANNEL, ts="1.000000") == "message_not_found"
    assert refused(client.chat_update, channel="C0ARCHIVE", ts=hers, text="x") == "is_inactive"
    assert [message["text"] for message in shown(workspace)] == ["hands off"]


def test_an_update_is_as_strict_as_a_post(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    assert refused(client.chat_update, channel=CHANNEL, ts=ts, blocks=[section("")], text="x") == "invalid_blocks"
    assert refused(client.api_call, api_method="chat.update", json={"channel": CHANNEL, "ts": ts}) == "no_text"


def test_a_deleted_message_is_gone(client: WebClient, workspace: Workspace) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="twice")["ts"]
    client.chat_delete(channel=CHANNEL, ts=ts)
    assert shown(workspace) == []
    assert refused(client.chat_delete, channel=CHANNEL, ts=ts) == "message_not_found"


def test_a_deleted_message_with_replies_leaves_a_tombstone(client: WebClient, workspace: Workspace) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="root", metadata=META)["ts"]
    client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=ts)
    client.chat_delete(channel=CHANNEL, ts=ts)
    [root] = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert (root["subtype"], root["user"], "bot_id" in root, "metadata" in root) == (
        "tombstone",
        "USLACKBOT",
        False,
        False,
    )
    assert refused(client.chat_update, channel=CHANNEL, ts=ts, text="x") == "message_not_found"
    assert [reply["text"] for reply in shown(workspace)[0]["replies"]] == ["reply"]


def test_an_ephemeral_is_seen_by_one_person_and_never_read_back(client: WebClient, workspace: Workspace) -> None:
    ts = client.chat_postEphemeral(channel=CHANNEL, user="U0BOB0002", text="for you", blocks=BLOCKS)["message_ts"]
    assert client.conversations_history(channel=CHANNEL)["messages"] == []
    [whispered] = workspace.state()["ephemerals"]
    assert (whispered["user"], whispered["channel"], whispered["ts"]) == ("U0BOB0002", CHANNEL, ts)
    assert (whispered["text"], len(whispered["blocks"]), whispered["username"]) == ("for you", 1, "Coastguard")
    assert refused(client.chat_update, channel=CHANNEL, ts=ts, text="x") == "message_not_found"


def test_an_ephemeral_needs_somebody(client: WebClient) -> None:
    assert refused(client.chat_postEphemeral, channel=CHANNEL, user="U0NOBODY1", text="x") == "user_not_in_channel"
