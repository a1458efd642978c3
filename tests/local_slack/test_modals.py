"""Modals as people meet them: filled in, submitted, closed; and what the app hears and answers."""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.responses import JSONResponse, PlainTextResponse, Response

from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace
from tests.local_slack.examples import actions, button, field, modal, options, plain, section, select, text_input
from tests.local_slack.serving import App

CAROL = "U0CAROL03"
ECS = {"user": CAROL, "channel": "C0ECSALERTS", "command": "/ecs", "text": "mute"}
REASON = {"reason": {"v": "AMI bake"}}


class Sitting:
    """Carol before the app's modals."""

    def __init__(self, page: httpx.Client, client: WebClient, app: App, workspace: Workspace) -> None:
        self.page, self.client, self.app, self.workspace = page, client, app, workspace

    def trigger_id(self) -> str:
        self.page.post("/slack/command", json=ECS)
        return dict(parse_qsl(self.app.heard.pop()[0].decode()))["trigger_id"]

    def open(self, *blocks: dict[str, Any], **more: object) -> dict[str, Any]:
        view = modal(*(blocks or (text_input(),)), **more)
        opened: dict[str, Any] = self.client.views_open(trigger_id=self.trigger_id(), view=view)["view"]
        return opened

    def submit(self, view: dict[str, Any], values: object = REASON) -> dict[str, Any]:
        body = {"user": CAROL, "view": view["id"], "values": values}
        answer: dict[str, Any] = self.page.post("/slack/views/submit", json=body).json()
        return answer

    def click(self, view: dict[str, Any], action_id: str, **more: object) -> httpx.Response:
        return self.page.post(
            "/slack/views/click", json={"user": CAROL, "view": view["id"], "action_id": action_id, **more}
        )

    def close(self, view: dict[str, Any], **more: object) -> httpx.Response:
        return self.page.post("/slack/views/close", json={"user": CAROL, "view": view["id"], **more})

    @property
    def titles(self) -> list[str]:
        """What is on top, of whom."""
        return [f"{modal['user']}: {modal['view']['title']['text']}" for modal in self.workspace.state()["views"]]

    def heard(self) -> list[dict[str, Any]]:
        """The payloads that the app heard of."""
        return [json.loads(parse_qs(body.decode())["payload"][0]) for body, _ in self.app.heard]


@pytest.fixture
def carol(page: httpx.Client, client: WebClient, app: App, workspace: Workspace) -> Sitting:
    return Sitting(page, client, app, workspace)


def test_a_submission_tells_the_app_all_that_slack_tells(carol: Sitting) -> None:
    view = carol.open(text_input(), callback_id="mute", private_metadata="inc-1")
    answer = carol.submit(view)
    assert answer.pop("milliseconds") >= 0
    assert answer == {"status": 200, "error": None, "problems": [], "errors": {}}
    [payload] = carol.heard()
    assert payload["type"] == "view_submission"
    assert payload["user"] == {"id": CAROL, "username": "carol.lindqvist", "name": "carol.lindqvist"} | {
        "team_id": "T0COAST01"
    }
    assert (payload["team"]["id"], payload["api_app_id"], payload["response_urls"]) == ("T0COAST01", "A0COAST01", [])
    assert payload["trigger_id"]
    assert not {"channel", "message", "response_url", "actions", "container"} & set(payload)
    values = {"reason": {"v": {"type": "plain_text_input", "value": "AMI bake"}}}
    assert payload["view"] == view | {"state": {"values": values}}
    assert (view["callback_id"], view["private_metadata"]) == ("mute", "inc-1")
    assert view["app_installed_team_id"] == "T0COAST01"


def test_a_submission_is_a_signed_form(carol: Sitting) -> None:
    carol.submit(carol.open())
    [(body, headers)] = carol.app.heard
    assert SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers)
    assert headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("answer", [Response(), JSONResponse({}), PlainTextResponse("")], ids=["bare", "{}", "text"])
def test_an_empty_answer_closes_the_modal(carol: Sitting, answer: Response) -> None:
    view = carol.open()
    carol.app.answer = lambda: answer
    assert carol.submit(view)["error"] is None
    assert carol.titles == []


def test_errors_stand_under_their_inputs_and_the_modal_stays(carol: Sitting) -> None:
    view = carol.open()
    carol.app.answer = lambda: JSONResponse({"response_action": "errors", "errors": {"reason": "Say more."}})
    answer = carol.submit(view)
    assert (answer["error"], answer["errors"]) == (None, {"reason": "Say more."})
    assert carol.titles == [f"{CAROL}: Mute"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"response_action": "errors", "errors": {"scope": "x"}}, "errors.scope: no input of that block_id"),
        ({"response_action": "errors", "errors": {"words": "x"}}, "errors.words: no input of that block_id"),
        ({"response_action": "errors", "errors": {}}, "errors: an object of block_id and sentence"),
        ({"response_action": "errors", "errors": ["x"]}, "errors: an object of block_id and sentence"),
        ({"response_action": "errors"}, "errors: an object of block_id and sentence"),
        ({"response_action": "update"}, "missing required field: view"),
        ({"response_action": "push", "view": "next"}, "missing required field: view"),
        ({"response_action": "update", "view": {"type": "home", "blocks": []}}, "view.type: must be modal"),
        ({"response_action": "update", "view": {"type": "modal"}}, "view: missing blocks, title"),
        ({"response_action": "ask"}, "response_action: one of errors, update, push, clear"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_slack_would_not_show_is_an_error_and_the_modal_stays(
    carol: Sitting, body: dict[str, Any], problem: str
) -> None:
    view = carol.open(text_input(), section(block_id="words"))
    carol.app.answer = lambda: JSONResponse(body)
    answer = carol.submit(view)
    assert (answer["error"], answer["problems"], answer["errors"]) == ("invalid_arguments", [problem], {})
    assert carol.titles == [f"{CAROL}: Mute"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("broken", 500), "http 500"),
        (PlainTextResponse("Thank you!"), "invalid_json"),
        (JSONResponse(["done"]), "json_not_object"),
    ],
    ids=["500", "words", "a list"],
)
def test_after_a_failure_the_modal_stays(carol: Sitting, answer: Response, error: str) -> None:
    view = carol.open()
    carol.app.answer = lambda: answer
    assert carol.submit(view)["error"] == error
    assert carol.titles == [f"{CAROL}: Mute"]


def test_an_answer_can_put_another_modal_in_the_place_of_this_one(carol: Sitting) -> None:
    view = carol.open(callback_id="first")
    carol.app.answer = lambda: JSONResponse({"response_action": "update", "view": modal(title=plain("Done"))})
    carol.submit(view)
    assert carol.titles == [f"{CAROL}: Done"]
    [shown] = carol.workspace.state()["views"]
    assert (shown["view"]["id"], shown["view"]["callback_id"]) == (view["id"], "")
    assert shown["view"]["hash"] != view["hash"]


def test_modals_are_pushed_on_top_of_each_other_until_three(carol: Sitting) -> None:
    view = carol.open()
    carol.app.answer = lambda: JSONResponse({"response_action": "push", "view": modal(text_input(), title=plain("2"))})
    carol.submit(view)
    [shown] = carol.workspace.state()["views"]
    second = shown["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (view["id"], view["id"])
    assert carol.submit(view) == {"error": "That modal is no longer open."}
    carol.submit(second)
    third = carol.workspace.state()["views"][0]["view"]
    assert (third["root_view_id"], third["previous_view_id"]) == (view["id"], second["id"])
    assert carol.submit(third)["error"] == "push_limit_reached"
    carol.app.answer = Response
    carol.submit(third)
    assert carol.titles == [f"{CAROL}: 2"]
    carol.app.answer = lambda: JSONResponse({"response_action": "clear"})
    carol.submit(second)
    assert carol.titles == []


def test_what_the_app_did_meanwhile_through_the_web_api_stays(carol: Sitting) -> None:
    view = carol.open()

    def answer() -> Response:
        trigger_id = carol.heard()[-1]["trigger_id"]
        carol.workspace.views.open(carol.workspace.tickets.exchange(trigger_id, carol.workspace.clock()).user, NEXT)
        return Response()

    carol.app.answer = answer
    carol.submit(view)
    assert carol.titles == [f"{CAROL}: Next"]


NEXT = modal(title=plain("Next"))


@pytest.mark.parametrize(
    ("element", "value", "reported"),
    [
        ({"type": "plain_text_input"}, "why", {"value": "why"}),
        ({"type": "plain_text_input"}, "", {"value": None}),
        ({"type": "plain_text_input", "initial_value": "as ever"}, ..., {"value": "as ever"}),
        ({"type": "plain_text_input", "initial_value": "as ever"}, "", {"value": None}),
        ({"type": "number_input", "is_decimal_allowed": True}, "2.5", {"value": "2.5"}),
        ({"type": "email_text_input"}, "a@example.com", {"value": "a@example.com"}),
        ({"type": "url_text_input"}, "https://example.com", {"value": "https://example.com"}),
        (
            {"type": "static_select", "options": options("1h", "2h")},
            "2h",
            {"selected_option": {"text": plain("2h"), "value": "2h"}},
        ),
        ({"type": "static_select", "options": options("1h", "2h")}, None, {"selected_option": None}),
        (
            {"type": "static_select", "option_groups": [{"label": plain("hours"), "options": options("2h")}]},
            "2h",
            {"selected_option": {"text": plain("2h"), "value": "2h"}},
        ),
        (
            {"type": "radio_buttons", "options": options("host", "cluster"), "initial_option": options("host")[0]},
            ...,
            {"selected_option": {"text": plain("host"), "value": "host"}},
        ),
        (
            {"type": "radio_buttons", "options": options("host", "cluster"), "initial_option": options("host")[0]},
            "cluster",
            {"selected_option": {"text": plain("cluster"), "value": "cluster"}},
        ),
        ({"type": "checkboxes", "options": options("a", "b")}, ["a", "b"], {"selected_options": options("a", "b")}),
        ({"type": "checkboxes", "options": options("a", "b")}, ..., {"selected_options": []}),
        (
            {"type": "checkboxes", "options": options("a", "b"), "initial_options": options("b")},
            ...,
            {"selected_options": options("b")},
        ),
        ({"type": "multi_static_select", "options": options("a", "b")}, ["b"], {"selected_options": options("b")}),
        ({"type": "datetimepicker"}, 1795337200, {"selected_date_time": 1795337200}),
        ({"type": "datetimepicker"}, "1795337200", {"selected_date_time": 1795337200}),
        ({"type": "datetimepicker", "initial_date_time": 1795337200}, ..., {"selected_date_time": 1795337200}),
        ({"type": "datetimepicker"}, ..., {"selected_date_time": None}),
        ({"type": "datepicker"}, "2026-11-24", {"selected_date": "2026-11-24"}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "users_select"}, "U0BOB0002", {"selected_user": "U0BOB0002"}),
        ({"type": "users_select", "initial_user": "U0BOB0002"}, ..., {"selected_user": "U0BOB0002"}),
        ({"type": "multi_users_select"}, ["U0BOB0002"], {"selected_users": ["U0BOB0002"]}),
        ({"type": "conversations_select"}, "C0PAYMENTS", {"selected_conversation": "C0PAYMENTS"}),
        ({"type": "channels_select"}, ..., {"selected_channel": None}),
    ],
    ids=lambda value: str(value.get("type")) if isinstance(value, dict) and "type" in value else "",
)
def test_what_is_filled_in_is_reported_as_slack_reports_it(
    carol: Sitting, element: dict[str, Any], value: object, reported: dict[str, Any]
) -> None:
    view = carol.open(field(element, optional=True))
    assert carol.submit(view, {} if value is ... else {"field": {"v": value}})["error"] is None
    [payload] = carol.heard()
    assert payload["view"]["state"]["values"] == {"field": {"v": {"type": element["type"], **reported}}}


@pytest.mark.parametrize(
    ("element", "value", "complaint"),
    [
        ({"type": "plain_text_input"}, "", "Please complete this required field."),
        ({"type": "plain_text_input"}, ..., "Please complete this required field."),
        ({"type": "checkboxes", "options": options("a")}, [], "Please complete this required field."),
        ({"type": "datetimepicker"}, ..., "Please complete this required field."),
        ({"type": "plain_text_input", "min_length": 5}, "why", "Please enter at least 5 characters."),
        ({"type": "plain_text_input", "max_length": 4}, "why not", "Please enter at most 4 characters."),
        ({"type": "plain_text_input"}, "x" * 3001, "Please enter at most 3000 characters."),
        ({"type": "number_input", "is_decimal_allowed": False}, "many", "Please enter a number."),
        ({"type": "number_input", "is_decimal_allowed": True}, "NaN", "Please enter a number."),
        ({"type": "number_input", "is_decimal_allowed": False}, "2.5", "Please enter a whole number."),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "3"}, "2", "Please enter 3 or more."),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "2.5"}, "2.6", "Please enter 2.5 or less."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_slacks_client_complains_before_it_sends_anything(
    carol: Sitting, element: dict[str, Any], value: object, complaint: str
) -> None:
    view = carol.open(field(element))
    answer = carol.submit(view, {} if value is ... else {"field": {"v": value}})
    assert (answer["status"], answer["error"], answer["errors"]) == (None, None, {"field": complaint})
    assert carol.heard() == []
    assert carol.titles == [f"{CAROL}: Mute"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"field": {"v": "9h"}}, "The menu does not offer '9h'; it offers 1h, 2h."),
        ({"field": {"v": ["1h"]}}, "The menu does not offer ['1h']; it offers 1h, 2h."),
        ({"field": {"w": "1h"}}, "The view has nothing to fill in at field/w."),
        ({"other": {"v": "1h"}}, "The view has nothing to fill in at other/v."),
        ({"until": {"v": "tomorrow"}}, "A datetimepicker cannot hold 'tomorrow'."),
        ({"until": {"v": True}}, "A datetimepicker cannot hold True."),
        ({"reason": {"v": 7}}, "A plain_text_input cannot hold 7."),
    ],
    ids=str,
)
def test_what_nobody_can_fill_in_is_refused(carol: Sitting, values: object, sentence: str) -> None:
    view = carol.open(
        field({"type": "static_select", "options": options("1h", "2h")}),
        field({"type": "datetimepicker"}, block_id="until"),
        text_input(),
    )
    assert carol.submit(view, values) == {"error": sentence}
    assert carol.heard() == []


def test_a_button_in_a_modal_tells_the_view_and_what_it_holds(carol: Sitting) -> None:
    view = carol.open(text_input(), actions(button("candidate", value="acc-1"), block_id="which"), select_in_section())
    assert carol.click(view, "candidate", values=REASON).json()["error"] is None
    [payload] = carol.heard()
    assert payload["type"] == "block_actions"
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["trigger_id"]
    assert not {"channel", "message", "response_url"} & set(payload)
    [action] = payload["actions"]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "candidate", "which")
    assert (action["value"], float(action["action_ts"]) > 0) == ("acc-1", True)
    assert payload["view"]["id"] == view["id"]
    assert payload["view"]["state"]["values"] == {
        "reason": {"v": {"type": "plain_text_input", "value": "AMI bake"}},
        "zone": {"mute": {"type": "static_select", "selected_option": None}},
    }


def select_in_section() -> dict[str, Any]:
    return section(accessory=select(), block_id="zone")


def test_a_menu_in_a_modal_tells_its_choice_twice(carol: Sitting) -> None:
    carol.click(carol.open(select_in_section()), "mute", value="2h")
    [payload] = carol.heard()
    chosen = {"text": plain("2h"), "value": "2h"}
    assert payload["actions"][0]["selected_option"] == chosen
    assert payload["view"]["state"]["values"]["zone"]["mute"]["selected_option"] == chosen


def test_a_press_can_bring_another_modal_on_top(carol: Sitting) -> None:
    view = carol.open(actions(button("more")))
    carol.click(view, "more")
    trigger_id = carol.heard()[0]["trigger_id"]
    pushed = carol.client.views_push(trigger_id=trigger_id, view=NEXT)["view"]
    assert (pushed["previous_view_id"], carol.titles) == (view["id"], [f"{CAROL}: Next"])


def test_an_input_says_nothing_before_the_submission_unless_it_was_told_to(carol: Sitting) -> None:
    silent = field({"type": "static_select", "options": options("1h")})
    telling = field({"type": "static_select", "options": options("1h")}, block_id="loud", dispatch_action=True)
    view = carol.open(silent, telling)
    assert carol.click(view, "v", block_id="field", value="1h").status_code == 409
    assert carol.click(view, "v", block_id="loud", value="1h").json()["error"] is None
    assert carol.heard()[0]["actions"][0]["selected_option"]["value"] == "1h"


def test_a_written_input_can_tell_what_was_written(carol: Sitting) -> None:
    view = carol.open(field({"type": "plain_text_input"}, dispatch_action=True))
    carol.click(view, "v", value="why")
    [payload] = carol.heard()
    assert payload["actions"][0]["value"] == "why"
    assert payload["view"]["state"]["values"]["field"]["v"]["value"] == "why"


@pytest.mark.parametrize(("notify", "heard"), [(True, ["view_closed"]), (False, [])], ids=["notified", "not notified"])
def test_the_app_hears_of_a_closed_modal_when_it_wants_to(carol: Sitting, *, notify: bool, heard: list[str]) -> None:
    view = carol.open(notify_on_close=notify)
    assert carol.close(view).json()["error"] is None
    assert carol.titles == []
    assert [payload["type"] for payload in carol.heard()] == heard
    assert carol.close(view).status_code == 409


def test_a_closed_modal_tells_nothing_of_what_was_filled_in(carol: Sitting) -> None:
    view = carol.open(notify_on_close=True)
    carol.close(view)
    [payload] = carol.heard()
    assert (payload["view"], payload["is_cleared"]) == (view, False)
    assert not {"trigger_id", "response_url", "channel"} & set(payload)


@pytest.mark.parametrize(
    ("clear_on_close", "everything", "left", "cleared"),
    [
        (False, False, [f"{CAROL}: Mute"], [("Top", False)]),
        (True, False, [], [("Top", True), ("Mute", True)]),
        (False, True, [], [("Top", True), ("Mute", True)]),
    ],
    ids=["one", "clears", "all"],
)
def test_closing_takes_one_modal_or_all(
    carol: Sitting, left: list[str], cleared: list[tuple[str, bool]], *, clear_on_close: bool, everything: bool
) -> None:
    view = carol.open(actions(button("more")), notify_on_close=True)
    carol.click(view, "more")
    top = modal(title=plain("Top"), notify_on_close=True, clear_on_close=clear_on_close)
    pushed = carol.client.views_push(trigger_id=carol.heard()[0]["trigger_id"], view=top)["view"]
    carol.app.heard.clear()
    carol.close(pushed, all=everything)
    assert carol.titles == left
    assert [(closed["view"]["title"]["text"], closed["is_cleared"]) for closed in carol.heard()] == cleared


@pytest.mark.parametrize("user", ["U0BOB0002", "U0NOBODY1"])
def test_nobody_else_can_use_the_modal(carol: Sitting, user: str) -> None:
    view = carol.open(text_input(), actions(button()))
    body = {"user": user, "view": view["id"]}
    assert carol.page.post("/slack/views/submit", json=body).status_code == 409
    assert carol.page.post("/slack/views/close", json=body).status_code == 409
    assert carol.page.post("/slack/views/click", json={**body, "action_id": "terminate"}).status_code == 409
    assert carol.heard() == []


def test_a_modal_without_a_submit_button_cannot_be_submitted(carol: Sitting) -> None:
    bare = {"type": "modal", "title": plain("Help"), "blocks": [section()]}
    view = carol.client.views_open(trigger_id=carol.trigger_id(), view=bare)["view"]
    assert carol.submit(view, {}) == {"error": "That modal has nothing to submit."}


def test_what_the_modal_does_not_show_cannot_be_pressed(carol: Sitting) -> None:
    view = carol.open(actions(button()))
    assert carol.click(view, "drain").status_code == 409
    assert carol.click(view, "terminate", block_id="elsewhere").status_code == 409
