"""The Slack app: what people do there, and where it leads, in Bolt.

    a button, a modal submitted ─▶ one message on acts.fifo, and only then acknowledged; if the queue refuses, Slack
    a command, the Home tab        shows the person that it did not work
    before something drastic    ─▶ a modal, opened at once: Slack gives three seconds for that

Who may not do a thing is shown no modal. That they may not is for act to say, which looks closer and logs it.
No lazy listeners: they lose work (docs/how-it-works.md).
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial, wraps
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from chatops import modals
from chatops.clicks import requests
from chatops.clicks.requests import BadRequest, Request, from_click, from_view, view_id
from chatops.commands import answer_parts, answers
from chatops.commands.answer_parts import SAY
from chatops.commands.help_pages import help_text
from chatops.commands.message import HOME, CommandMessage, ask
from chatops.commands.parse import Command, Mistake, parse, to_line
from chatops.gate import OnlyOurTeam, Unread
from chatops.rights import Rights
from hub.runtime.log_keys import about
from hub.runtime.secrets import SlackSecret
from hub.slack.blocks import Block
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL, APPROVE, DECLINE, LIST, MUTE, PICK, REPAIR, UNMUTE
from hub.slack.client import STALE
from hub.slack.mrkdwn import visible
from spoke.repairs import REMEDIES

log = logging.getLogger(__name__)

Body = dict[str, Any]

_REQUESTS = re.compile(
    "|".join([*map(re.escape, (ACKNOWLEDGE, LIST, APPROVE, DECLINE)), f"{re.escape(PICK)}.+", f"{re.escape(REPAIR)}.+"])
)
_SAID = re.compile(f"{re.escape(SAY)}.+")
_ANY = re.compile(".*")
_LONGEST_COMMAND = 32
_TIMEOUT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Workspace:
    """The one workspace the app works for, and its secrets there."""

    team: str
    api_url: str
    secret: SlackSecret


@dataclass(frozen=True, slots=True)
class SlackApp:
    """What the app passes things on to; both raise if they cannot. `rights` knows who may do something at all.

    `respond` answers at a response URL, `renew` returns the bot token as it is by now.
    """

    enqueue: Callable[[Request], None]
    enqueue_ask: Callable[[CommandMessage], None]
    rights: Rights
    clock: Callable[[], datetime]
    respond: Callable[[str, answer_parts.Answer], None]
    renew: Callable[[], str] | None = None

    def open(self, client: WebClient, body: Body, view: Block) -> None:
        """Open a modal. What Slack refuses for the token that we have is tried once with the one of today."""
        try:
            client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            before = client.token
            if self.renew is None or error.response.get("error") not in STALE or before == (token := self.renew()):
                raise
            client.views_open(trigger_id=body["trigger_id"], view=view, token=token)

    def checked(self, request: Request) -> Request:
        """Mark a request that will be refused, however much closer anybody looks."""
        about(request.cluster, incident=request.incident, request=request.id)
        return replace(request, refused=self._refusal(requests.verb(request.wish), request.user))

    def checked_ask(self, asked: CommandMessage, right: str) -> CommandMessage:
        """Mark what somebody says that takes a right which they have nowhere."""
        about(request=asked.id)
        return replace(asked, refused=self._refusal(right, asked.user))

    def _refusal(self, right: str, user: str) -> str:
        refusal = self.rights.somewhere(right, user) if right else None
        return refusal.sentence if refusal else ""


# A class: for a function, Bolt gathers at each click all that it can hand to one.
class _Constant(Authorize):
    """Whose app it is, without an auth.test in the way of a click."""

    def __init__(self, identity: AuthorizeResult) -> None:
        self._identity = identity

    def __call__(self, **_who: object) -> AuthorizeResult:
        return self._identity


def make(workspace: Workspace, front: SlackApp) -> App:
    """Make the app. Whoever dispatches to it has checked the signature."""
    identity = AuthorizeResult(enterprise_id=None, team_id=workspace.team, bot_token=workspace.secret.bot_token)
    app = App(
        name="coastguard",  # else Bolt looks for one in the sources of all modules, which takes longer than the rest
        client=WebClient(base_url=workspace.api_url, timeout=_TIMEOUT_SECONDS, retry_handlers=[]),
        authorize=_Constant(identity),
        request_verification_enabled=False,  # the door has verified it; Bolt has a clock of its own and logs bodies
        logger=logging.getLogger("slack_bolt"),  # else each of Bolt's loggers takes the root's level for its own
        process_before_response=True,
        # We are no function of a workflow.
        attaching_function_token_enabled=False,
    )

    app.use(OnlyOurTeam(workspace.team))
    client = WebClient(workspace.secret.bot_token, workspace.api_url, timeout=_TIMEOUT_SECONDS, retry_handlers=[])
    unread = Unread(front.respond, partial(front.open, client))
    _hear_buttons(app, front, unread)
    _hear_modals(app, front, unread)
    _hear_words(app, front, unread)

    @app.action(_ANY)
    def unknown_action(ack: Ack, body: Body, action: Body) -> None:
        if action.get("url"):
            ack()  # Slack tells of links, too, which it has followed itself
        else:
            unread.answer(ack, body, "action id")

    @app.view(_ANY)
    def unknown_view(ack: Ack, body: Body) -> None:
        unread.answer(ack, body, "callback id")

    return app


def _hear_buttons(app: App, front: SlackApp, unread: Unread) -> None:
    @app.action(_REQUESTS)
    @_of_ours(unread)
    def clicked(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        request = front.checked(from_click(body, action, front.clock()))
        remedy = REMEDIES.get(request.wish)
        if remedy and remedy.drastic and not request.refused:
            approval = front.rights.foreseen(remedy.name, request.cluster)
            front.open(client, body, modals.repair_view(remedy, body, action, approval))
        else:
            front.enqueue(request)
        ack()

    @app.action(ACKNOWLEDGE_ALL)
    @_of_ours(unread)
    def all_acknowledged(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        _say(front, Command("ack", target=_value(action)), body, client)
        ack()

    @app.action(MUTE)
    @_of_ours(unread)
    def mute_clicked(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        _say(front, Command("mute", target=f"cluster:{_value(action)}"), body, client)
        ack()

    @app.action(UNMUTE)
    @_of_ours(unread)
    def unmute_clicked(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        _say(front, Command("unmute", target=_value(action)), body, client)
        ack()

    @app.action(_SAID)
    @_of_ours(unread)
    def said(ack: Ack, body: Body, action: Body, client: WebClient) -> None:
        understood = parse(_value(action))
        if isinstance(understood, Mistake):
            raise BadRequest("a button that says nothing")
        _say(front, understood, body, client)
        ack()


def _hear_modals(app: App, front: SlackApp, unread: Unread) -> None:
    @app.view(modals.REPAIR)
    @_of_ours(unread)
    def repair_confirmed(ack: Ack, body: Body, view: Body) -> None:
        request = from_view(body, front.clock())
        errors = modals.proof_missing(view)
        if errors:
            ack(response_action="errors", errors=errors)
            return
        front.enqueue(front.checked(request))
        ack()

    @app.view(modals.MUTE)
    @_of_ours(unread)
    def mute_confirmed(ack: Ack, body: Body, view: Body) -> None:
        line, channel, answers_to, errors = modals.mute_asked(view)
        if errors:
            ack(response_action="errors", errors=errors)
            return
        asked = ask(body, line, front.clock(), view_id(view), channel, answers_to)
        front.enqueue_ask(front.checked_ask(asked, "mute"))
        ack()


def _hear_words(app: App, front: SlackApp, unread: Unread) -> None:
    @app.command(_ANY)
    @_of_ours(unread)
    def commanded(ack: Ack, body: Body, client: WebClient) -> None:
        understood, called = parse(body.get("text", "")), visible(body["command"], _LONGEST_COMMAND)
        if isinstance(understood, Mistake):
            _answer(ack, answers.mistaken(called, understood))
        elif understood.verb == "help":
            _answer(ack, answers.helped(called, help_text(understood.argument)))
        else:
            _say(front, understood, body, client)
            ack()

    @app.event("app_home_opened")
    @_of_ours(unread)
    def home_opened(ack: Ack, body: Body, event: Body) -> None:
        if event.get("tab") == "home":
            whose = {"user": event.get("user"), "team": body.get("team_id")}
            front.enqueue_ask(ask(whose, HOME, front.clock(), str(body.get("event_id") or "")))
        ack()


def _of_ours(unread: Unread) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Have a listener do nothing about what we have never made, or made in another release, but tell the person so.

    Not Bolt's error handler: to call one, Bolt reads the request, and fails if that is what is wrong.
    """

    def of_ours(listener: Callable[..., None]) -> Callable[..., None]:
        @wraps(listener)
        def heard(ack: Ack, body: Body, **parts: Any) -> None:  # noqa: ANN401  # what Bolt hands to listeners
            try:
                listener(ack=ack, body=body, **parts)
            except BadRequest as error:
                unread.answer(ack, body, str(error))

        return heard

    return of_ours


def _value(action: Body) -> str:
    """Return what a button says. Raises BadRequest."""
    value = action.get("value")
    if not isinstance(value, str):
        raise BadRequest("a button without a value")
    return value


def _say(front: SlackApp, command: Command, body: Body, client: WebClient) -> None:
    """Pass on a command, or ask in a modal for what a mute lacks; whoever may not is told so by act instead."""
    asked = front.checked_ask(ask(body, to_line(command), front.clock()), command.right)
    # Where a name ends that runs on into a reason, act finds out, which knows names.
    if command.verb == "mute" and command.missing and not command.run_on and not asked.refused:
        front.open(client, body, modals.mute_view(command, asked.channel, asked.answers))
    else:
        front.enqueue_ask(asked)


def _answer(ack: Ack, answer: answer_parts.Answer) -> None:
    text, blocks = answer
    ack(text=text, blocks=blocks, response_type="ephemeral")
