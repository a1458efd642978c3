"""Slack's errors: what it does not do, sorted by what the caller does about it. Pure.

SlackError
├── InDoubt     Slack may or may not have done it: find out before doing it again
├── NotNow      rate limit or a pause: `seconds` until the next try
└── Rejected    Slack says no: wrong channel, wrong token, wrong blocks; a person has to mend it
"""

import re
from collections.abc import Sequence
from math import ceil

_IN_DOUBT = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
# Slack's words for what it has not done and will do later, some of them with HTTP 200. None says how long that takes.
_PASSING = {
    "accesslimited",
    "external_channel_migrating",
    "message_limit_exceeded",
    "rate_limited",
    "ratelimited",
    "update_failed",
}
_PASSING_SECONDS = 10
LOST = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "is_inactive",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
}
"""Slack's words for a channel that we cannot post to, and will not until a person mends it."""
STALE = {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
"""Slack's words for a token that is good no more; it says so before it does anything."""
THREADLESS = {"cannot_reply_to_message", "restricted_action_non_threadable_channel"}
"""Slack's words for a message that takes no replies, in a channel that is well."""
NO_CHANNEL = "channel_not_found"
"""Slack's word for a channel that it does not know, or not any more under that id."""
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]+)?$")
_WORD = re.compile(r"[a-z][a-z0-9_]*")


class SlackError(Exception):
    """Slack did not do what we asked."""


class InDoubt(SlackError):
    """Nobody knows whether Slack did it."""


class NotNow(SlackError):
    """Try again in `seconds`."""

    def __init__(self, text: str, seconds: int) -> None:
        super().__init__(text)
        self.seconds = seconds


class Rejected(SlackError):
    """Slack refuses, and will again until somebody mends the cause. `word` is Slack's own for it."""

    def __init__(self, text: str, word: str) -> None:
        super().__init__(text)
        self.word = word


def sorted_error(
    method: str, status: int, said: str, *, retry_after: str | None = None, details: Sequence[object] = ()
) -> SlackError:
    """Sort Slack's answer by what the caller does about it: its HTTP status, and the word that it `said`."""
    if status == 429:
        return NotNow(f"{method}: rate limit", _seconds(retry_after or ""))
    if said in _PASSING:
        return NotNow(f"{method}: {said}", _PASSING_SECONDS)
    if not _WORD.fullmatch(said):  # somebody's error page on the way, say
        return InDoubt(f"{method}: an answer that is not Slack's, with status {status}")
    if status >= 500 or said in _IN_DOUBT:
        return InDoubt(f"{method}: {said}")
    return Rejected(": ".join([method, said, *map(str, details[:3])]), said)


def _seconds(told: str) -> int:
    """Read a header that is whole seconds by Slack's word, and on its way may have become none, 0.5 or a date."""
    found = _SECONDS.match(told)
    return max(ceil(float(found[0])), 1) if found else 1
