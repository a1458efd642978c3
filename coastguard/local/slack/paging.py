"""Windows over a channel's history, as conversations.history and conversations.replies know them."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.messages import Message

DEFAULT_LIMIT = 100
MAX_LIMIT = 999

_TS = re.compile(r"(\d{1,12})(?:\.(\d{1,6}))?", re.ASCII)
_CURSOR_PREFIX = "next_ts:"


@dataclass(frozen=True, slots=True)
class Window:
    """Which messages are wanted; times in microseconds, None where the window is open."""

    oldest: int | None = None
    latest: int | None = None
    inclusive: bool = False
    limit: int = DEFAULT_LIMIT
    start: int | None = None

    def holds(self, message: Message) -> bool:
        """Whether the message is in the window; its edges are only with `inclusive`, as at Slack."""
        at = _at(message)
        if at in (self.oldest, self.latest):
            return self.inclusive
        return (self.oldest is None or at > self.oldest) and (self.latest is None or at < self.latest)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of messages, and the cursor of the next one ("" when there is none)."""

    messages: list[Message]
    next_cursor: str


def window(oldest: str, latest: str, limit: int, cursor: str, *, inclusive: bool) -> Window:
    """The window an app asks for. Raises SlackError for edges, limits and cursors that make no sense."""
    if not 1 <= limit <= MAX_LIMIT:
        raise SlackError("invalid_limit")
    return Window(
        oldest=_edge(oldest, "invalid_ts_oldest"),
        latest=_edge(latest, "invalid_ts_latest"),
        inclusive=inclusive,
        limit=limit,
        start=_decoded(cursor) if cursor else None,
    )


def newest_first(messages: Iterable[Message], wanted: Window) -> Page:
    """A page of a channel's history: the newest come first, each page goes further back."""
    held = [message for message in messages if wanted.holds(message)]
    held.sort(key=_at, reverse=True)
    return _page([m for m in held if wanted.start is None or _at(m) <= wanted.start], wanted.limit)


def oldest_first(messages: Iterable[Message], wanted: Window) -> Page:
    """A page of a thread: from its first message on."""
    held = sorted((message for message in messages if wanted.holds(message)), key=_at)
    return _page([m for m in held if wanted.start is None or _at(m) >= wanted.start], wanted.limit)


def _page(messages: list[Message], limit: int) -> Page:
    rest = messages[limit:]
    return Page(messages[:limit], _encoded(_at(rest[0])) if rest else "")


def _at(message: Message) -> int:
    return int(message.ts.replace(".", ""))


def _edge(ts: str, error: str) -> int | None:
    if not ts:
        return None
    match = _TS.fullmatch(ts)
    if match is None:
        raise SlackError(error)
    seconds, fraction = match.groups(default="")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0"))


def _encoded(start: int) -> str:
    return base64.b64encode(f"{_CURSOR_PREFIX}{start}".encode()).decode()


def _decoded(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
    start = text.removeprefix(_CURSOR_PREFIX)
    if start == text or not re.fullmatch(r"\d{1,18}", start, re.ASCII):
        raise SlackError("invalid_cursor")
    return int(start)
