"""The Slack app: which click leads where, in Bolt. No lazy listeners: they lose work (docs/how-it-works.md).

A click becomes one message on acts.fifo and is acknowledged only then; if the queue refuses, Slack shows the person
that it did not work.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from chatops.requests import BadRequest, Request, from_click
from hub.message import ACKNOWLEDGE, LIST, PICK, REPAIR
from hub.secrets import SlackSecret
from spoke.repairs import REMEDIES

log = logging.getLogger(__name__)

_REQUESTS = re.compile(
    "|".join([*map(re.escape, (ACKNOWLEDGE, LIST, APPROVE, DECLINE)), f"{re.escape(PICK)}.+", f"{re.escape(REPAIR)}.+"])
)
_ANY = re.compile(".*")
_SAID = re.compile(f"{re.escape(SAY)}.+")
_UNREADABLE = "That button is of another release. Please use the newest message."


@dataclass(frozen=True, slots=True)
class Workspace:
    """The one workspace the app works for, and its secrets there."""

    team: str
    api_url: str
    secret: SlackSecret


def make(workspace: Workspace, enqueue: Callable[[Request], None], clock: Callable[[], datetime]) -> App:
    """Make the app. `enqueue` takes a request on, or raises. Whoever dispatches to it has checked the signature."""
    identity = AuthorizeResult(enterprise_id=None, team_id=workspace.team, bot_token=workspace.secret.bot_token)
    app = App(
        client=WebClient(base_url=workspace.api_url, timeout=2, retry_handlers=[]),
        authorize=lambda: identity,  # constants: no auth.test in the way of a click
        request_verification_enabled=False,  # the door has verified it; Bolt has a clock of its own and logs bodies
        logger=logging.getLogger("slack_bolt"),  # else each of Bolt's loggers takes the root's level for its own
        process_before_response=True,
    )

    @app.middleware
    def only_our_team(request: BoltRequest, next: Callable[[], Any]) -> BoltResponse | None:  # noqa: A002  # Bolt's name
        if request.context.team_id != workspace.team:
            log.warning("request.refused", extra={"reason": "foreign team"})
            return BoltResponse(status=403)
        next()
        return None

    def tell(body: dict[str, Any], line: str, once: str = "", channel: str = "") -> None:
        front.enqueue_ask(ask(body, line, clock(), once, channel))

    @app.action(_REQUESTS)
    def clicked(ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        remedy = REMEDIES.get(action["action_id"].removeprefix(REPAIR))
        try:
            request = from_click(body, action, clock())
            refusal = front.refusal(request)
            if refusal:
                whisper(client, body, refusal)
            elif remedy and remedy.drastic:
                client.views_open(trigger_id=body["trigger_id"], view=repair_view(remedy, body, action))
            else:
                front.enqueue(request)
        except BadRequest as error:
            log.warning("click.unknown", extra={"reason": str(error)})
        ack()

    @app.view(views.REPAIR)
    def confirmed(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        errors = proof_missing(view)
        if errors:
            ack(response_action="errors", errors=errors)
            return
        front.enqueue(from_view(body, clock()))
        ack()

    @app.action(MUTE)
    def mute_clicked(ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        command = Command("mute", target=action["value"])
        client.views_open(trigger_id=body["trigger_id"], view=mute_view(command, body["channel"]["id"]))
        ack()

    @app.view(views.MUTE)
    def mute_confirmed(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        line, channel, errors = mute_asked(view)
        if errors:
            ack(response_action="errors", errors=errors)
            return
        tell(body, line, view["id"], channel)
        ack()

    @app.action(UNMUTE)
    def unmute_clicked(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        tell(body, to_line(Command("unmute", target=action["value"])))
        ack()

    @app.action(_SAID)
    def said(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        tell(body, action["value"])
        ack()

    @app.event("app_home_opened")
    def home(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            tell({"user": event["user"], "team": body["team_id"]}, HOME, body["event_id"])

    @app.command(_ANY)
    def commanded(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        understood = parse(body.get("text", ""))
        if isinstance(understood, Mistake):
            ack(**answers.mistake(understood, body["command"]))
        elif understood.verb == "help":
            ack(**answers.help(body["command"], understood.argument))
        elif understood.missing:
            client.views_open(trigger_id=body["trigger_id"], view=mute_view(understood, body["channel_id"]))
            ack()
        else:
            tell(body, to_line(understood))
            ack()

    @app.action(_ANY)
    def unknown(ack: Callable[[], None]) -> None:
        log.warning("click.unknown", extra={"reason": "action id"})
        ack()

    return app
