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

_OURS = re.compile(
    "|".join([re.escape(ACKNOWLEDGE), re.escape(LIST), f"{re.escape(PICK)}.+", f"{re.escape(REPAIR)}.+"])
)
_ANY = re.compile(".*")
_NO_COMMANDS = (
    "There are no commands in this release. Use the buttons under a bulletin: "
    f"Acknowledge, {', '.join(remedy.label for remedy in REMEDIES.values())}."
)


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

    @app.action(_OURS)
    def clicked(ack: Callable[[], None], body: dict[str, Any], action: dict[str, Any]) -> None:
        try:
            request = from_click(body, action, clock())
        except BadRequest as error:
            log.warning("click.unknown", extra={"reason": str(error)})
        else:
            enqueue(request)
        ack()

    @app.command(_ANY)
    def commanded(ack: Callable[[str], None]) -> None:
        ack(_NO_COMMANDS)

    @app.action(_ANY)
    def unknown(ack: Callable[[], None]) -> None:
        log.warning("click.unknown", extra={"reason": "action id"})
        ack()

    return app
