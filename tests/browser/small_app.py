"""A small Slack app, to see the page's Slack without an AWS: `/ecs mute` asks, `/ecs which` offers, its Home tells."""

import json
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
CHANNEL = "C0ECSALERTS"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


def ask(block_id: str, label: str, element: Json, **more: object) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element | {"action_id": "v"},
        **more,
    }


def words(text: str, **more: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, **more}


def button(text: str, action_id: str, value: str = "-") -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": value}


SCOPES = [option("This cluster", "cluster"), option("Whole account", "account")]
MUTE: Json = {
    "type": "modal",
    "callback_id": "mute",
    "title": plain("Mute"),
    "submit": plain("Mute"),
    "close": plain("Cancel"),
    "blocks": [
        {"type": "alert", "level": "warning", "text": plain("Nothing is said about 3 open incidents.")},
        ask("reason", "Reason", {"type": "plain_text_input", "min_length": 3, "max_length": 200}),
        ask("scope", "Scope", {"type": "radio_buttons", "options": SCOPES, "initial_option": SCOPES[0]}),
        ask("until", "Until", {"type": "datetimepicker", "initial_date_time": 1795337200}),
        ask("owner", "Owner", {"type": "users_select", "placeholder": plain("Nobody")}, optional=True),
        ask("tell", "Tell", {"type": "static_select", "options": [option("All", "all"), option("Owners", "owners")]}),
        ask("also", "Also", {"type": "checkboxes", "options": [option("Remind me", "remind")]}, optional=True),
    ],
}


class SmallApp:
    """Answers Slack at /slack/events. `submitted` keeps what was filled in."""

    def __init__(self, client: WebClient) -> None:
        self.client = client
        self.submitted: list[Json] = []

    def starlette(self) -> Starlette:
        async def events(request: Request) -> Response:
            body = (await request.body()).decode()
            return await run_in_threadpool(self._heard, body)

        return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])

    def _heard(self, body: str) -> Response:
        if body.startswith("{"):
            return self._home(json.loads(body)["event"]["user"])
        fields = dict(parse_qsl(body))
        if "command" in fields:
            return self._command(fields)
        payload = json.loads(fields["payload"])
        return self._submitted(payload) if payload["type"] == "view_submission" else self._clicked(payload)

    def _command(self, fields: dict[str, str]) -> Response:
        if fields["text"] == "mute":
            self.client.views_open(trigger_id=fields["trigger_id"], view=MUTE)
            return Response()
        offer = [button("payments", "pick.1", "payments"), button("search", "pick.2", "search")]
        blocks = [words("Which account?"), {"type": "actions", "elements": offer}]
        return JSONResponse({"response_type": "ephemeral", "text": "Which account?", "blocks": blocks})

    def _home(self, user: str) -> Response:
        look = {
            "type": "static_select",
            "action_id": "look",
            "placeholder": plain("All accounts"),
            "options": [option("payments", "payments"), option("search", "search")],
        }
        blocks = [
            {"type": "header", "text": plain("Open incidents")},
            words(f"Nothing is open, <@{user}>."),
            {"type": "actions", "elements": [button("Mute…", "mute"), look]},
        ]
        self.client.views_publish(user_id=user, view={"type": "home", "blocks": blocks})
        return Response()

    def _clicked(self, payload: Json) -> Response:
        action = payload["actions"][0]
        match action["action_id"].partition(".")[0]:
            case "mute":
                self.client.views_open(trigger_id=payload["trigger_id"], view=MUTE)
            case "look":
                chosen = action["selected_option"]["value"]
                view = {"type": "home", "blocks": [words(f"Nothing is open in {chosen}.")]}
                self.client.views_publish(user_id=payload["user"]["id"], view=view)
            case "pick":
                WebhookClient(payload["response_url"]).send(text=f"It is {action['value']}.", replace_original=True)
        return Response()

    def _submitted(self, payload: Json) -> Response:
        values = {block: part["v"] for block, part in payload["view"]["state"]["values"].items()}
        if values["reason"]["value"] == "why not":
            return JSONResponse({"response_action": "errors", "errors": {"reason": "Say why."}})
        self.submitted.append(values)
        self.client.chat_postMessage(channel=CHANNEL, text=f"Muted by <@{payload['user']['id']}>")
        return Response()
