"""Whatever is thrown at the local Slack is answered as Slack would; nothing makes it fail."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from tests.local_slack.serving import served

# One workspace for all: none of these tests can change it.


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(time.time)


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Iterator[httpx.Client]:
    with served(Starlette(routes=routes(workspace))) as address, httpx.Client(base_url=address) as page:
        yield page


FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
DEEP = b"[" * 500 + b"]" * 500


def call(page: httpx.Client, method: str, body: bytes, kind: str = JSON) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": kind}
    answer = page.post(f"/api/{method}", content=body, headers=headers)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    assert result["ok"] is False
    return result


def post(*parts: bytes) -> bytes:
    return b'{"channel": "C0ECSALERTS"' + b"".join(b", " + part for part in parts) + b"}"


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"{", JSON, "invalid_json"),
        (b"\xff\xfe\x00", JSON, "invalid_json"),
        (b"[" * 100_000, JSON, "invalid_json"),
        (post(b'"text": "x", "blocks": ' + DEEP), JSON, "invalid_json"),
        (post(b'"text": NaN'), JSON, "invalid_json"),
        (post(b'"text": "x", "metadata": {"event_type": "a", "event_payload": {"a": 1e999}}'), JSON, "invalid_json"),
        (post(b'"text": "\\ud800"'), JSON, "invalid_json"),
        (post(b'"text": ' + b"9" * 5000), JSON, "invalid_json"),
        (b"[]", JSON, "json_not_object"),
        (b'"words"', JSON, "json_not_object"),
        (b"null", JSON, "json_not_object"),
        (b"{}", JSON, "invalid_arguments"),
        (b"{}", "text/html", "invalid_post_type"),
        (b"{}", "", "missing_post_type"),
        (b"channel=%ff&text=x", FORM, "invalid_form_data"),
        (b"&".join(b"a=%d" % n for n in range(300)), FORM, "invalid_form_data"),
        (b"channel=C0ECSALERTS&text=x&blocks=[", FORM, "invalid_blocks_format"),
        (b"channel=C0ECSALERTS&text=x&blocks={}", FORM, "invalid_blocks_format"),
        (b"channel=C0ECSALERTS&text=x&attachments=7", FORM, "invalid_attachments"),
        (b"channel=C0ECSALERTS&text=x&metadata=[]", FORM, "invalid_metadata_format"),
        (b"channel=C0ECSALERTS&text=x&blocks=" + DEEP, FORM, "invalid_blocks_format"),
        (b'{"channel": 7, "text": "x"}', JSON, "invalid_arguments"),
        (b'{"channel": ["C0ECSALERTS"], "text": "x"}', JSON, "invalid_arguments"),
        (post(b'"text": {"a": 1}'), JSON, "invalid_arguments"),
        (post(b'"text": "x", "thread_ts": 1.5'), JSON, "invalid_arguments"),
        (post(b'"text": "x", "blocks": "[1, 2"'), JSON, "invalid_blocks_format"),
        (post(b'"text": "x", "blocks": [1, null, []]'), JSON, "invalid_blocks"),
        (post(b'"text": "x", "blocks": [{"type": ["section"]}]'), JSON, "invalid_blocks"),
        (post(b'"text": "x", "blocks": [{"type": "actions", "elements": {}}]'), JSON, "invalid_blocks"),
        (post(b'"text": "x", "attachments": [null]'), JSON, "invalid_attachments"),
        (post(b'"text": "x", "attachments": [{"blocks": "x"}]'), JSON, "invalid_attachments"),
        (post(b'"text": "x", "metadata": {"event_type": 7, "event_payload": []}'), JSON, "invalid_metadata_format"),
        (post(b'"text": "' + b"x" * 2_000_000 + b'"'), JSON, "request_too_large"),
        (post(b'"text": "x", "blocks": [' + b",".join([b"[]"] * 300_000) + b"]"), JSON, "invalid_blocks"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[:40]!r}",
)
def test_a_hostile_post_gets_slacks_answer(
    page: httpx.Client, workspace: Workspace, body: bytes, kind: str, error: str
) -> None:
    assert call(page, "chat.postMessage", body, kind)["error"] == error
    assert workspace.state()["channels"][0]["messages"] == []


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.everything", b"{}", "unknown_method"),
        ("views.open", b'{"trigger_id": "1"}', "invalid_arguments"),
        ("views.open", b'{"trigger_id": "1", "view": "modal"}', "invalid_arguments"),
        ("views.open", b'{"trigger_id": "1", "view": {"type": {}}}', "invalid_arguments"),
        ("views.open", b'{"trigger_id": "1", "view": {"type": "modal", "blocks": 7}}', "invalid_arguments"),
        ("views.publish", b'{"user_id": "U0ALICE01"}', "invalid_arguments"),
        ("views.publish", b'{"view": {"type": "home", "blocks": []}}', "invalid_arguments"),
        ("views.publish", b'{"user_id": "U1", "view": {"type": "home", "blocks": []}}', "invalid_arguments"),
        ("views.publish", b'{"user_id": 7, "view": {"type": "home", "blocks": []}}', "invalid_arguments"),
        ("views.update", b'{"view": {"type": "home", "blocks": []}}', "invalid_arguments"),
        ("views.update", b'{"view_id": "V1", "view": {"type": "home", "blocks": []}}', "not_found"),
        ("views.push", b'{"trigger_id": "1.2.x"}', "invalid_arguments"),
        ("users.info", b"{}", "invalid_arguments"),
        ("users.info", b'{"user": ["U0ALICE01"]}', "invalid_arguments"),
        ("users.info", b'{"user": "U1"}', "user_not_found"),
        ("usergroups.users.list", b"{}", "invalid_arguments"),
        ("usergroups.users.list", b'{"usergroup": "S1"}', "no_such_subteam"),
        ("conversations.history", b'{"channel": "C0ECSALERTS", "limit": true}', "invalid_arguments"),
        ("conversations.history", b'{"channel": "C0ECSALERTS", "limit": -1}', "invalid_limit"),
        ("conversations.history", b'{"channel": "C0ECSALERTS", "cursor": "\xc3\xa9"}', "invalid_cursor"),
        ("conversations.history", '{"channel": "C0ECSALERTS", "oldest": "\u0661"}'.encode(), "invalid_ts_oldest"),
        ("chat.update", b'{"channel": "C0ECSALERTS", "ts": "x", "text": "x"}', "message_not_found"),
        ("chat.postEphemeral", b'{"channel": "C0ECSALERTS", "text": "x"}', "invalid_arguments"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_hostile_calls_get_slacks_answer(page: httpx.Client, method: str, body: bytes, error: str) -> None:
    assert call(page, method, body)["error"] == error


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "bearer \xe9", ""], ids=repr)
def test_odd_authorization_is_refused(page: httpx.Client, header: str) -> None:
    answer = page.post("/api/auth.test", headers=[(b"Authorization", header.encode("latin-1"))])
    assert answer.json()["error"] in ("not_authed", "invalid_auth")


def test_a_token_may_come_as_an_argument(page: httpx.Client) -> None:
    assert page.post("/api/auth.test", data={"token": BOT_TOKEN}).json()["ok"] is True
    assert page.post("/api/auth.test", data={"token": "other"}).json()["error"] == "invalid_auth"


CONTROLS = (
    "/slack/click",
    "/slack/command",
    "/slack/say",
    "/slack/views/click",
    "/slack/views/submit",
    "/slack/views/close",
    "/slack/home",
    "/slack/channels",
    "/slack/usergroups",
    "/slack/plan",
    "/slack/faults",
    "/slack/limits",
)


@pytest.mark.product
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"user": 7}', b"\xff", DEEP, b"x" * 2_000_000], ids=len)
@pytest.mark.parametrize("path", CONTROLS)
def test_control_addresses_answer_nonsense_with_a_sentence(page: httpx.Client, path: str, body: bytes) -> None:
    answer = page.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "more", [{"text": 7}, {"text": ["x"]}, {"text": "x", "thread_ts": 1.5}, {"text": "x", "loudly": "yes"}], ids=str
)
def test_control_bodies_hold_strings_that_mean_something(page: httpx.Client, more: dict[str, Any]) -> None:
    answer = page.post("/slack/say", json={"user": "U0ALICE01", "channel": "C0ECSALERTS", **more})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/slack/views/submit", {"user": "U0ALICE01", "view": "V1", "values": []}),
        ("/slack/views/submit", {"user": "U0ALICE01", "view": "V1", "values": {"b": "x"}}),
        ("/slack/views/click", {"user": "U0ALICE01", "view": "V1", "action_id": "a", "values": 7}),
        ("/slack/views/close", {"user": "U0ALICE01", "view": "V1", "all": "yes"}),
        ("/slack/channels", {"channel": "C0ECSALERTS", "archived": "yes"}),
        ("/slack/channels", {"channel": "C0ECSALERTS", "name": "another"}),
        ("/slack/usergroups", {"usergroup": "S0SRETEAM1", "users": "U0ALICE01"}),
        ("/slack/usergroups", {"usergroup": "S0SRETEAM1", "users": [7]}),
        ("/slack/plan", {"user_groups": False, "error": "no_money"}),
    ],
    ids=str,
)
def test_other_control_bodies_that_make_no_sense_are_told(page: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = page.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "chat.update", "kind": "flood"},
        {"kind": "slow"},
        {"method": "chat.update", "kind": "slow", "seconds": -1},
        {"method": "chat.update", "kind": "slow", "seconds": "2"},
        {"method": "chat.update", "kind": "slow", "seconds": 1e9},
        {"method": "chat.update", "kind": "ratelimit", "times": 0},
        {"method": "chat.update", "kind": "ratelimit", "times": True},
        {"method": "chat.update", "kind": "ratelimit", "retry_after": -1},
        {"method": "chat.update", "kind": "server_error", "accepted": 1},
        {"method": "chat.update", "kind": "slow", "for": "ever"},
    ],
    ids=str,
)
def test_a_fault_that_makes_no_sense_is_not_ordered(page: httpx.Client, fault: dict[str, Any]) -> None:
    answer = page.post("/slack/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
