"""Enterprise Grid as the local Slack plays it: who people are, and what the app is told of them."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.directory import GRID_PEOPLE, ORGANIZATION, SISTER, TEAM
from tests.local_slack.examples import BULLETIN, modal, text_input
from tests.local_slack.serving import App

FATIMA, HANNAH, GUSTAV = (person.id for person in GRID_PEOPLE)
CHANNEL = "C0ECSALERTS"


def join(page: httpx.Client, *, everywhere: bool = False) -> None:
    assert page.post("/slack/organization", json={"everywhere": everywhere}).json() == {"ok": True}


def heard(app: App) -> dict[str, Any]:
    form = parse_qs(app.heard[-1][0].decode())
    payload: dict[str, Any] = json.loads(form["payload"][0])
    return payload


def test_its_people_are_there_once_the_team_belongs_to_it(client: WebClient, page: httpx.Client) -> None:
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.users_info(user=FATIMA)
    join(page)
    assert client.users_info(user=FATIMA)["user"]["id"] == FATIMA
    kinds = {user["id"]: user["kind"] for user in page.get("/slack/state").json()["users"]}
    assert [kinds[person.id] for person in GRID_PEOPLE] == ["member", "member", "foreign"]


def test_the_team_is_named_elsewhere_or_not_at_all(client: WebClient, page: httpx.Client) -> None:
    join(page)
    fatima, hannah, gustav = (client.users_info(user=person.id)["user"] for person in GRID_PEOPLE)
    assert "team_id" not in fatima
    assert fatima["teams"] == fatima["enterprise_user"]["teams"] == [SISTER.id, TEAM.id]
    assert (hannah["team_id"], "teams" in hannah) == (SISTER.id, False)
    assert hannah["enterprise_user"]["teams"] == [SISTER.id, TEAM.id]
    assert gustav["enterprise_user"]["teams"] == [SISTER.id]
    assert "enterprise_user" not in client.users_info(user="U0ALICE01")["user"]


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_click_names_the_organization_and_no_team_where_the_app_is_everywhere(
    client: WebClient, page: httpx.Client, app: App, *, everywhere: bool
) -> None:
    join(page, everywhere=everywhere)
    ts = client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"]
    page.post("/slack/click", json={"user": HANNAH, "channel": CHANNEL, "ts": ts, "action_id": "terminate"})
    said = heard(app)
    assert said["enterprise"] == {"id": ORGANIZATION.id, "name": ORGANIZATION.name}
    assert said["is_enterprise_install"] is everywhere
    assert (said["team"] or {}).get("id") == (None if everywhere else TEAM.id)
    assert said["user"]["team_id"] == SISTER.id


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_command_names_the_workspace_in_which_it_was_typed(page: httpx.Client, app: App, *, everywhere: bool) -> None:
    join(page, everywhere=everywhere)
    page.post("/slack/command", json={"user": FATIMA, "channel": CHANNEL, "command": "/ecs", "text": "status"})
    form = parse_qs(app.heard[-1][0].decode())
    assert (form["team_id"], form["enterprise_id"]) == ([TEAM.id], [ORGANIZATION.id])
    assert form["is_enterprise_install"] == [str(everywhere).lower()]
    there = page.post("/slack/command", json={"user": GUSTAV, "channel": CHANNEL, "command": "/ecs"})
    assert there.status_code == (200 if everywhere else 409)
    if everywhere:
        assert parse_qs(app.heard[-1][0].decode())["team_id"] == [SISTER.id]


@pytest.mark.parametrize("everywhere", [False, True])
def test_modals_and_homes_name_the_organization_where_the_app_is_everywhere(
    client: WebClient, page: httpx.Client, app: App, *, everywhere: bool
) -> None:
    join(page, everywhere=everywhere)
    ts = client.chat_postMessage(channel=CHANNEL, **BULLETIN)["ts"]
    page.post("/slack/click", json={"user": FATIMA, "channel": CHANNEL, "ts": ts, "action_id": "terminate"})
    view = client.views_open(trigger_id=heard(app)["trigger_id"], view=modal(text_input()))["view"]
    page.post("/slack/views/submit", json={"user": FATIMA, "view": view["id"], "values": {"reason": {"v": "x"}}})
    said = heard(app)
    assert said["view"]["team_id"] == said["view"]["app_installed_team_id"]
    assert said["view"]["team_id"] == (ORGANIZATION.id if everywhere else TEAM.id)
    page.post("/slack/home", json={"user": FATIMA})
    event = json.loads(app.heard[-1][0])
    (grant,) = event["authorizations"]
    assert (event["team_id"], event["enterprise_id"]) == (TEAM.id, ORGANIZATION.id)
    assert (grant["team_id"], grant["is_enterprise_install"]) == (None if everywhere else TEAM.id, everywhere)


def test_where_the_app_is_everywhere_groups_are_asked_for_by_team(client: WebClient, page: httpx.Client) -> None:
    assert client.usergroups_users_list(usergroup="S0SRETEAM1")["ok"]
    join(page, everywhere=True)
    for team, error in ((None, "missing_argument"), (SISTER.id, "team_not_found")):
        with pytest.raises(SlackApiError, match=error):
            client.usergroups_users_list(usergroup="S0SRETEAM1", team_id=team)
    assert client.usergroups_users_list(usergroup="S0SRETEAM1", team_id=TEAM.id)["users"]
    assert client.auth_test()["is_enterprise_install"] is True
