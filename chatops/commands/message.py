"""Command messages: what somebody says to Coastguard, by a command, a button that holds one, or the Home tab. Pure.

An ask travels as the line of a command (chatops.commands) from front to act, which answers the person alone.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from chatops.clicks.requests import BadRequest, slack_id, team_of

HOME = "home"
"""The line of somebody who opens the Home tab, or should see it drawn anew."""

_LONGEST_LINE = 2_500
_URL = re.compile(r"https?://[^\s]{1,500}")


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """Who says what. `channel` is where, "" in the Home tab; `answers` the response URL, "" if there is none.

    `refused` is why front knows that they may not.
    """

    id: str
    line: str
    user: str
    team: str
    channel: str
    at: datetime
    answers: str = ""
    refused: str = ""

    @property
    def has_room(self) -> bool:
        """Whether something can be said later on where it was said: the Home tab has no room for that."""
        return bool(self.answers or self.channel)

    @property
    def group(self) -> str:
        """Its FIFO group: what one person says is worked off in order."""
        return f"ask/{self.team}/{self.user}"


def ask(  # noqa: PLR0913  # what a modal has kept of who opened it
    body: Mapping[str, Any], line: str, at: datetime, once: str = "", channel: str = "", answers: str = ""
) -> CommandMessage:
    """Make an ask of an interaction's payload, an event or a command's form. Raises BadRequest.

    `once` names what is the same ask when it comes twice; without it, the trigger does.
    """
    try:
        user = body["user"] if "user" in body else body["user_id"]
        where = body.get("channel") or {}
        place = channel or (where.get("id", "") if isinstance(where, Mapping) else where) or body.get("channel_id", "")
        answers = answers or str(body.get("response_url") or "")
        return CommandMessage(
            id=hashlib.sha256(f"{once or body['trigger_id']} {line}".encode()).hexdigest()[:20],
            line=line[:_LONGEST_LINE],
            user=slack_id(user["id"] if isinstance(user, Mapping) else user),
            team=slack_id(team_of(body)),
            channel=slack_id(place) if place else "",
            at=at,
            answers=answers if _URL.fullmatch(answers) else "",
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest(f"nothing that somebody said: {type(error).__name__}") from error


def to_message(asked: CommandMessage) -> str:
    """Write an ask for acts.fifo."""
    return json.dumps(asdict(asked) | {"at": asked.at.timestamp()}, separators=(",", ":"))


def from_message(text: str) -> CommandMessage | None:
    """Read a message of acts.fifo; None if it is no ask. Raises BadRequest."""
    try:
        fields = json.loads(text)
        if "line" not in fields:
            return None
        asked = CommandMessage(**(fields | {"at": datetime.fromtimestamp(fields["at"], UTC)}))
        slack_id(asked.user), slack_id(asked.team)
    except (KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise BadRequest(f"not an ask: {error}") from error
    return asked
