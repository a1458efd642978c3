import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from coastguard.local.slack.workspace import Workspace
from tests.local_slack.conftest import Clock
from tests.local_slack.examples import modal, plain, section, text_input
from tests.local_slack.serving import App

ECS = {"user": "U0CAROL03", "channel": "C0ECSALERTS", "command": "/ecs", "text": "mute"}


@pytest.fixture
def trigger_id(page: httpx.Client, app: App) -> str:
    page.post("/slack/command", json=ECS)
    return dict(parse_qsl(app.heard[-1][0].decode()))["trigger_id"]


def refused(client: WebClient, trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=trigger_id, view=view)
    data: dict[str, Any] = error.value.response.data
    return data


def test_a_modal_opens_for_whoever_asked(client: WebClient, trigger_id: str, workspace: Workspace) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(text_input(), section(), callback_id="mute"))["view"]
    assert (view["team_id"], view["app_id"], view["callback_id"]) == ("T0COAST01", "A0COAST01", "mute")
    assert view["id"] == view["root_view_id"]
    assert view["state"] == {"values": {}}
    assert all(block["block_id"] for block in view["blocks"])
    assert workspace.state()["views"] == [{"user": "U0CAROL03", "view": view}]


def test_a_view_may_come_as_json_in_a_form(client: WebClient, trigger_id: str, workspace: Workspace) -> None:
    client.api_call("views.open", params={"trigger_id": trigger_id, "view": json.dumps(modal(section()))})
    assert len(workspace.state()["views"]) == 1


@pytest.mark.parametrize(("seconds", "error"), [(2.9, None), (3.1, "expired_trigger_id")])
def test_a_trigger_id_is_good_for_three_seconds(
    client: WebClient, trigger_id: str, clock: Clock, seconds: float, error: str | None
) -> None:
    clock.now += seconds
    if error is None:
        client.views_open(trigger_id=trigger_id, view=modal(section()))
    else:
        assert refused(client, trigger_id, modal(section()))["error"] == error


def test_a_trigger_id_is_good_once(client: WebClient, trigger_id: str) -> None:
    client.views_open(trigger_id=trigger_id, view=modal(section()))
    assert refused(client, trigger_id, modal(section()))["error"] == "exchanged_trigger_id"


def test_a_made_up_trigger_id_opens_nothing(client: WebClient) -> None:
    assert refused(client, "1.2.abc", modal(section()))["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "view.title.text: 25 characters, at most 24"),
        ({"type": "home", "blocks": []}, "view.type: must be modal"),
        ({}, "view.type: must be modal or home"),
    ],
    ids=["a long title", "a home", "nothing"],
)
def test_a_view_that_is_refused_does_not_use_up_the_trigger(
    client: WebClient, trigger_id: str, workspace: Workspace, view: dict[str, Any], problem: str
) -> None:
    answer = refused(client, trigger_id, view)
    assert (answer["error"], answer["response_metadata"]["messages"]) == ("invalid_arguments", [f"[ERROR] {problem}"])
    assert workspace.state()["views"] == []
    client.views_open(trigger_id=trigger_id, view=modal(section()))


def error_of(call: Callable[..., Any], **arguments: object) -> str:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    return str(error.value.response["error"])


def home(*blocks: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks), **more}


def test_an_update_keeps_the_modals_ids_and_gives_it_a_new_hash(
    client: WebClient, trigger_id: str, workspace: Workspace
) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(section(), callback_id="one"))["view"]
    after = client.views_update(view_id=view["id"], view=modal(title=plain("Later")), hash=view["hash"])["view"]
    assert [after[name] == view[name] for name in ("id", "root_view_id", "hash")] == [True, True, False]
    assert (after["callback_id"], after["title"]["text"]) == ("", "Later")
    assert workspace.state()["views"] == [{"user": "U0CAROL03", "view": after}]


def test_an_update_that_comes_too_late_is_refused(client: WebClient, trigger_id: str) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(section()))["view"]
    client.views_update(view_id=view["id"], view=modal(section()))
    assert error_of(client.views_update, view_id=view["id"], view=modal(), hash=view["hash"]) == "hash_conflict"


def test_a_view_can_be_found_by_the_apps_own_id_for_it(client: WebClient, trigger_id: str) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(section(), external_id="mute-1"))["view"]
    after = client.views_update(external_id="mute-1", view=modal(section(), external_id="mute-1"))["view"]
    assert (after["id"], after["external_id"]) == (view["id"], "mute-1")
    taken = home(external_id="mute-1")
    assert error_of(client.views_publish, user_id="U0ALICE01", view=taken) == "duplicate_external_id"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"view_id": "V0NOWHERE", "view": modal()}, "not_found"),
        ({"external_id": "", "view_id": "V0NOWHERE", "view": modal()}, "not_found"),
        ({"view_id": "V0NOWHERE", "view": modal(title=plain("x" * 25))}, "invalid_arguments"),
    ],
    ids=["unknown", "no name", "bad view"],
)
def test_no_other_view_is_updated(client: WebClient, trigger_id: str, arguments: dict[str, Any], error: str) -> None:
    client.views_open(trigger_id=trigger_id, view=modal(section()))
    assert error_of(client.views_update, **arguments) == error


def test_a_closed_modal_cannot_be_updated(client: WebClient, page: httpx.Client, trigger_id: str) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(section()))["view"]
    page.post("/slack/views/close", json={"user": "U0CAROL03", "view": view["id"]})
    assert error_of(client.views_update, view_id=view["id"], view=modal(section())) == "not_found"


def test_a_modal_cannot_become_a_home(client: WebClient, trigger_id: str) -> None:
    view = client.views_open(trigger_id=trigger_id, view=modal(section()))["view"]
    assert error_of(client.views_update, view_id=view["id"], view=home()) == "invalid_arguments"


def test_a_modal_takes_the_place_of_the_one_before(
    client: WebClient, page: httpx.Client, app: App, trigger_id: str, workspace: Workspace
) -> None:
    client.views_open(trigger_id=trigger_id, view=modal(section(), external_id="mute"))
    page.post("/slack/command", json=ECS)
    again = dict(parse_qsl(app.heard[-1][0].decode()))["trigger_id"]
    client.views_open(trigger_id=again, view=modal(section(), title=plain("Again")))
    assert [shown["view"]["title"]["text"] for shown in workspace.state()["views"]] == ["Again"]


def test_a_modal_can_only_be_pushed_onto_a_modal(client: WebClient, trigger_id: str) -> None:
    assert error_of(client.views_push, trigger_id=trigger_id, view=modal(section())) == "not_found"


def test_a_view_of_a_quarter_megabyte_is_too_large(client: WebClient) -> None:
    lines = [section("x" * 3000, block_id=str(number)) for number in range(84)]
    assert error_of(client.views_publish, user_id="U0ALICE01", view=home(*lines)) == "view_too_large"
    client.views_publish(user_id="U0ALICE01", view=home(*lines[:80]))


def test_a_home_is_published_for_one_person(client: WebClient, workspace: Workspace) -> None:
    view = client.views_publish(user_id="U0ALICE01", view=home(section(), callback_id="home"))["view"]
    assert (view["type"], view["callback_id"], "title" in view) == ("home", "home", False)
    assert all(block["block_id"] for block in view["blocks"])
    after = client.views_publish(user_id="U0ALICE01", view=home(), hash=view["hash"])["view"]
    assert (after["id"], after["hash"] != view["hash"]) == (view["id"], True)
    assert workspace.state()["homes"] == [{"user": "U0ALICE01", "view": after}]
    again = client.views_update(view_id=view["id"], view=home(section("later")))["view"]
    assert workspace.state()["homes"] == [{"user": "U0ALICE01", "view": again}]


def test_a_home_that_was_published_meanwhile_is_not_overwritten(client: WebClient) -> None:
    first = client.views_publish(user_id="U0ALICE01", view=home())["view"]
    client.views_publish(user_id="U0ALICE01", view=home(section()))
    for stale in (first["hash"], "0000"):
        assert error_of(client.views_publish, user_id="U0ALICE01", view=home(), hash=stale) == "hash_conflict"
    assert error_of(client.views_publish, user_id="U0BOB0002", view=home(), hash="0000") == "hash_conflict"


@pytest.mark.parametrize(
    "view",
    [
        modal(section()),
        home({"type": "alert", "text": {"type": "mrkdwn", "text": "x", "verbatim": True}}),
        home(title=plain("Home")),
        home(*[section(block_id=str(number)) for number in range(101)]),
    ],
    ids=["a modal", "an alert", "a title", "101 blocks"],
)
def test_what_is_no_home_is_not_published(client: WebClient, workspace: Workspace, view: dict[str, Any]) -> None:
    assert error_of(client.views_publish, user_id="U0ALICE01", view=view) == "invalid_arguments"
    assert workspace.state()["homes"] == []


def test_an_alert_may_stand_in_a_modal(client: WebClient, trigger_id: str) -> None:
    alert = {"type": "alert", "level": "warning", "text": {"type": "mrkdwn", "text": "2 tasks stop", "verbatim": True}}
    client.views_open(trigger_id=trigger_id, view=modal(alert, text_input()))
