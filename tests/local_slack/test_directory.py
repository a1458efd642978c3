from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette

from coastguard.local.slack.directory import BOT
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.serving import App, served


@pytest.fixture
def reader(workspace: Workspace, address: str) -> WebClient:
    """The bot's client in a workspace that lets it read channels."""
    workspace.scopes |= {"channels:read"}
    return WebClient(BOT_TOKEN, base_url=f"{address}/api/", retry_handlers=[])


def refusal(call: Any, **arguments: object) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    data: dict[str, Any] = error.value.response.data
    return data


def test_a_person_is_told_with_their_time_zone(client: WebClient, clock: Clock) -> None:
    clock.now = datetime(2026, 7, 1, tzinfo=UTC).timestamp()
    user = client.users_info(user="U0ALICE01")["user"]
    assert (user["id"], user["team_id"], user["name"]) == ("U0ALICE01", "T0COAST01", "alice.moreau")
    assert user["real_name"] == user["profile"]["real_name"] == "Alice Moreau"
    assert user["profile"]["title"] == "platform on-call"
    assert [user[flag] for flag in ("deleted", "is_bot", "is_restricted", "is_ultra_restricted")] == [False] * 4
    assert "is_stranger" not in user


@pytest.mark.parametrize(
    ("user", "month", "zone"),
    [
        ("U0ALICE01", 1, ("Europe/Paris", "Central European Time", 3600)),
        ("U0ALICE01", 7, ("Europe/Paris", "Central European Summer Time", 7200)),
        ("U0BOB0002", 7, ("Africa/Lagos", "West Africa Time", 3600)),
        ("U0CAROL03", 1, ("America/New_York", "Eastern Standard Time", -18_000)),
        ("U0CAROL03", 7, ("America/New_York", "Eastern Daylight Time", -14_400)),
        ("U0DMITRI4", 1, ("Europe/London", "Greenwich Mean Time", 0)),
    ],
)
def test_a_zone_is_told_as_it_is_just_now(
    client: WebClient, clock: Clock, user: str, month: int, zone: tuple[str, str, int]
) -> None:
    clock.now = datetime(2026, month, 15, tzinfo=UTC).timestamp()
    told = client.users_info(user=user)["user"]
    assert (told["tz"], told["tz_label"], told["tz_offset"]) == zone


def test_a_guest_is_restricted_and_the_bot_is_a_bot(client: WebClient) -> None:
    guest = client.users_info(user="U0DMITRI4")["user"]
    assert (guest["team_id"], guest["is_restricted"], guest["is_ultra_restricted"]) == ("T0COAST01", True, False)
    bot = client.users_info(user=BOT.user_id)["user"]
    assert (bot["is_bot"], bot["profile"]["bot_id"]) == (True, BOT.bot_id)


def test_somebody_of_another_workspace_is_a_stranger_only_where_the_app_shares_no_channel(
    client: WebClient, page: httpx.Client
) -> None:
    foreign = client.users_info(user="U0ERIN005")["user"]
    assert foreign["team_id"] == "T0HARBOUR"
    assert "is_stranger" not in foreign
    page.post("/slack/channels", json={"channel": "C0PAYMENTS", "shared": False})
    page.post("/slack/channels", json={"channel": "C0ECSALERTS", "bot_is_member": False})
    assert client.users_info(user="U0ERIN005")["user"]["is_stranger"] is True


def test_nobody_else_is_there(client: WebClient) -> None:
    assert refusal(client.users_info, user="U0NOBODY1")["error"] == "user_not_found"


def test_user_groups_are_listed_without_the_disabled_ones(client: WebClient) -> None:
    groups = client.usergroups_list()["usergroups"]
    assert [(group["id"], group["handle"], group["date_delete"]) for group in groups] == [
        ("S0PLATFORM", "platform", 0),
        ("S0SRETEAM1", "sre", 0),
        ("S0PAYMENTS", "payments", 0),
    ]
    assert all("users" not in group and "user_count" not in group for group in groups)


def test_user_groups_are_listed_with_what_is_asked_for(client: WebClient) -> None:
    groups = client.usergroups_list(include_disabled=True, include_users=True, include_count=True)["usergroups"]
    assert [(group["handle"], group["users"], group["user_count"]) for group in groups] == [
        ("platform", ["U0ALICE01"], 1),
        ("sre", ["U0ALICE01", "U0BOB0002"], 2),
        ("payments", ["U0CAROL03"], 1),
        ("former", ["U0CAROL03"], 1),
    ]
    assert groups[-1]["date_delete"] > 0


def test_a_groups_people_are_listed(client: WebClient) -> None:
    assert client.usergroups_users_list(usergroup="S0SRETEAM1")["users"] == ["U0ALICE01", "U0BOB0002"]
    assert client.usergroups_users_list(usergroup="S0FORMER01", include_disabled=True)["users"] == ["U0CAROL03"]


@pytest.mark.parametrize("group", ["S0NOWHERE1", "S0FORMER01"], ids=["unknown", "disabled"])
def test_the_people_of_no_group_are_not_listed(client: WebClient, group: str) -> None:
    assert refusal(client.usergroups_users_list, usergroup=group)["error"] == "no_such_subteam"


@pytest.mark.parametrize(
    ("switch", "error"),
    [
        ({}, "plan_upgrade_required"),
        ({"error": "plan_upgrade_required"}, "plan_upgrade_required"),
        ({"error": "paid_teams_only"}, "paid_teams_only"),
    ],
    ids=["as documented", "documented", "as seen"],
)
def test_a_plan_without_user_groups_says_so(
    client: WebClient, page: httpx.Client, switch: dict[str, str], error: str
) -> None:
    assert page.post("/slack/plan", json={"user_groups": False, **switch}).json() == {"ok": True}
    assert refusal(client.usergroups_list)["error"] == error
    assert refusal(client.usergroups_users_list, usergroup="S0SRETEAM1")["error"] == error
    page.post("/slack/plan", json={"user_groups": True})
    assert client.usergroups_list()["ok"]


def test_other_people_can_be_put_into_a_group(client: WebClient, page: httpx.Client) -> None:
    page.post("/slack/usergroups", json={"usergroup": "S0SRETEAM1", "users": ["U0CAROL03"]})
    assert client.usergroups_users_list(usergroup="S0SRETEAM1")["users"] == ["U0CAROL03"]
    page.post("/slack/usergroups", json={"usergroup": "S0SRETEAM1", "enabled": False})
    assert refusal(client.usergroups_users_list, usergroup="S0SRETEAM1")["error"] == "no_such_subteam"
    page.post("/slack/usergroups", json={"usergroup": "S0SRETEAM1", "enabled": True, "users": []})
    assert client.usergroups_users_list(usergroup="S0SRETEAM1")["users"] == []


@pytest.mark.parametrize("user", ["U0DMITRI4", "U0ERIN005", "U0NOBODY1"], ids=["guest", "foreign", "nobody"])
def test_only_full_members_can_be_in_a_group(page: httpx.Client, workspace: Workspace, user: str) -> None:
    answer = page.post("/slack/usergroups", json={"usergroup": "S0SRETEAM1", "users": ["U0BOB0002", user]})
    assert answer.status_code == 409
    assert workspace.user_groups["S0SRETEAM1"].users == ("U0ALICE01", "U0BOB0002")
    assert page.post("/slack/usergroups", json={"usergroup": "S0NOWHERE1"}).status_code == 409


@pytest.mark.parametrize(
    ("channel", "flags"),
    [
        ("C0ECSALERTS", {"is_member": True, "is_archived": False, "is_private": False, "is_ext_shared": True}),
        ("C0PUBLIC1", {"is_member": False, "is_archived": False, "is_private": False, "is_ext_shared": False}),
        ("C0FORMERLY", {"is_member": False, "is_archived": True, "is_private": False, "is_ext_shared": False}),
    ],
)
def test_a_channel_is_told_with_what_it_is_to_the_bot(reader: WebClient, channel: str, flags: dict[str, bool]) -> None:
    told = reader.conversations_info(channel=channel)["channel"]
    assert {name: told[name] for name in flags} == flags


@pytest.mark.parametrize("channel", ["C0SECURITY", "C0NOWHERE1"])
def test_a_private_channel_without_the_bot_is_like_none_at_all(reader: WebClient, channel: str) -> None:
    assert refusal(reader.conversations_info, channel=channel)["error"] == "channel_not_found"


def test_what_the_app_has_no_scope_for_is_refused_with_the_scope(client: WebClient) -> None:
    answer = refusal(client.conversations_info, channel="C0ECSALERTS")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:read,groups:read")
    assert answer["provided"] == "channels:history,chat:write,commands,groups:history,usergroups:read,users:read"


def test_an_app_without_scopes_can_open_a_home_and_little_else() -> None:
    bare = Workspace(lambda: 0.0, scopes=frozenset())
    with served(Starlette(routes=routes(bare))) as address:
        client = WebClient(BOT_TOKEN, base_url=f"{address}/api/", retry_handlers=[])
        client.views_publish(user_id="U0ALICE01", view={"type": "home", "blocks": []})
        for call, arguments in (
            (client.chat_postMessage, {"channel": "C0ECSALERTS", "text": "x"}),
            (client.conversations_history, {"channel": "C0ECSALERTS"}),
            (client.users_info, {"user": "U0ALICE01"}),
            (client.usergroups_list, {}),
        ):
            assert refusal(call, **arguments)["error"] == "missing_scope"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"archived": True}, "is_archived"),
        ({"bot_is_member": False}, "not_in_channel"),
        ({"gone": True}, "channel_not_found"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_channel_can_be_lost_while_messages_stand_in_it(
    client: WebClient, page: httpx.Client, workspace: Workspace, change: dict[str, bool], error: str
) -> None:
    client.chat_postMessage(channel="C0PAYMENTS", text="x")
    client.chat_postEphemeral(channel="C0PAYMENTS", user="U0ALICE01", text="x")
    revision = workspace.revision
    assert page.post("/slack/channels", json={"channel": "C0PAYMENTS", **change}).json() == {"ok": True}
    assert workspace.revision == revision + 1
    assert refusal(client.chat_postMessage, channel="C0PAYMENTS", text="y")["error"] == error
    there = [channel["id"] for channel in workspace.state()["channels"]]
    assert ("C0PAYMENTS" in there) == (error != "channel_not_found")
    assert len(workspace.state()["ephemerals"]) == (error != "channel_not_found")


def test_a_lost_channel_can_be_had_back(client: WebClient, page: httpx.Client) -> None:
    ts = client.chat_postMessage(channel="C0PAYMENTS", text="x")["ts"]
    page.post("/slack/channels", json={"channel": "C0PAYMENTS", "archived": True, "bot_is_member": False})
    page.post("/slack/channels", json={"channel": "#payments-oncall", "archived": False, "bot_is_member": True})
    assert client.chat_update(channel="C0PAYMENTS", ts=ts, text="y")["ok"]
    assert page.post("/slack/channels", json={"channel": "C0NOWHERE1", "archived": True}).status_code == 409


def test_nobody_writes_in_an_archived_channel(page: httpx.Client, workspace: Workspace) -> None:
    body = {"user": "U0ALICE01", "channel": "C0FORMERLY"}
    assert page.post("/slack/say", json={**body, "text": "anybody?"}).status_code == 409
    workspace.request_url = "http://127.0.0.1:1/"
    answer = page.post("/slack/command", json={**body, "command": "/ecs"})
    assert answer.json()["error"] == "#former-alerts is archived: nobody can write there."


def test_people_of_another_workspace_have_no_commands_and_see_shared_channels_only(
    client: WebClient, page: httpx.Client, app: App
) -> None:
    body = {"user": "U0ERIN005", "channel": "C0ECSALERTS"}
    assert page.post("/slack/say", json={**body, "text": "hello"}).status_code == 200
    assert page.post("/slack/say", json={**body, "channel": "C0PUBLIC1", "text": "hello"}).status_code == 409
    assert page.post("/slack/command", json={**body, "command": "/ecs"}).status_code == 409
    assert app.heard == []
    client.chat_postEphemeral(channel="C0ECSALERTS", user="U0ERIN005", text="x")
    page.post("/slack/channels", json={"channel": "C0ECSALERTS", "shared": False})
    answer = refusal(client.chat_postEphemeral, channel="C0ECSALERTS", user="U0ERIN005", text="x")
    assert answer["error"] == "user_not_in_channel"
