"""The gate: whose requests are heard, and what whoever sends one is told that nobody can read.

What Slack has signed and we cannot read is of a person all the same, who waits: a button of another release, say. They
are answered where they are: a command and a modal by the answer itself, a button by its response URL, one in the Home
tab by a modal.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk.errors import SlackClientError

from chatops import modals
from chatops.commands import answers
from chatops.commands.answer_parts import Answer
from hub.slack.blocks import Block
from hub.slack.client import SlackError

log = logging.getLogger(__name__)

_UNREAD = (
    "Nothing was done, because Coastguard cannot read this. It may be from another release: please use the newest"
    " message, or say it again."
)


# A class: for a function, Bolt gathers at each click all that it can hand to one.
class OnlyOurTeam(Middleware):
    """Refuses other workspaces, and names ours where Slack names none."""

    def __init__(self, team: str) -> None:
        self._team = team

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002, ARG002  # Bolt's names
        """Pass on what is ours."""
        if not (req.context.team_id == self._team or self._is_of_organization(req.body)):
            log.warning("request.refused", extra={"reason": "foreign team"})
            return BoltResponse(status=403)
        if "team" in req.body and not req.body["team"]:
            req.body["team"] = {"id": self._team}
        return next()

    def _is_of_organization(self, body: Mapping[str, Any]) -> bool:
        """Whether an app that is installed in a whole Enterprise Grid organization is told of something there.

        Of an interaction it is told no team but the one that Slack counts the person to, which may be any that they are
        in. That they are in ours is what Slack is asked of everybody (chatops.slack_users).
        """
        if body.get("is_enterprise_install") is True and "team" in body:
            return body["team"] is None
        grants = body.get("authorizations")
        grant = grants[0] if isinstance(grants, list) and grants else None
        everywhere = isinstance(grant, Mapping) and grant.get("is_enterprise_install") is True
        return everywhere and body.get("team_id") == self._team


@dataclass(frozen=True, slots=True)
class Unread:
    """How whoever has sent what cannot be read is told: at a response URL, or in a modal."""

    respond: Callable[[str, Answer], object]
    open: Callable[[Mapping[str, Any], Block], object]

    def answer(self, ack: Ack, body: Mapping[str, Any], reason: str) -> None:
        """Acknowledge it, and tell the person; the reason is for the log."""
        log.warning("click.unknown", extra={"reason": reason})
        if "command" in body:
            text, blocks = answers.refused(_UNREAD)
            ack(text=text, blocks=blocks, response_type="ephemeral")
        elif body.get("type") == "view_submission":
            ack(response_action="update", view=modals.told_view("Coastguard", _UNREAD))
        else:
            if body.get("type") == "block_actions":
                self._answer_click(body)
            ack()

    def _answer_click(self, body: Mapping[str, Any]) -> None:
        url = body.get("response_url")
        try:
            if isinstance(url, str) and url:
                self.respond(url, answers.refused(_UNREAD))
            elif isinstance(body.get("trigger_id"), str):
                self.open(body, modals.told_view("Coastguard", _UNREAD))
        except (SlackError, SlackClientError, OSError) as error:
            log.warning("click.untold", extra={"error": type(error).__name__})
