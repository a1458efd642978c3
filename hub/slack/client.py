"""Slack as the hub needs it: messages, people, Home tabs. The only module of the hub that imports Slack's SDK.

    SlackError
    ├── InDoubt     Slack may or may not have done it: find out before doing it again
    ├── NotNow      rate limit or a pause: `seconds` until the next try
    └── Rejected    Slack says no: wrong channel, wrong token, wrong blocks; a person has to mend it

The SDK's own retries are off: they repeat a request whose answer was lost, and a message would stand there twice
(docs/how-it-works.md).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from math import ceil
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

# Shorter than the lease on a post (hub.incidents.delivery.LEASE), so that a lease never ends under somebody still
# waiting.
TIMEOUT_SECONDS = 4
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
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]+)?$")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PAGES = 5
# Where response URLs live; https://docs.slack.dev/interactivity/handling-user-interaction
_HOOKS = "https://hooks.slack.com/"


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


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours as Slack's history shows it."""

    ts: str
    payload: Mapping[str, Any]


class Slack:
    """What the hub says to Slack, with one token; `timeout` is in seconds.

    `renew` returns the token as it is by now: what is refused for the token that we have is tried once with that one.
    """

    def __init__(
        self, token: str, api_url: str, timeout: int = TIMEOUT_SECONDS, renew: Callable[[], str] | None = None
    ) -> None:
        self._renew = renew
        self._origin = "/".join(api_url.split("/")[:3]) + "/"
        self._client = WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])

    def post(  # noqa: PLR0913  # a message has these parts
        self,
        channel: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        attachments: Sequence[Mapping[str, Any]] = (),
        metadata: Mapping[str, Any] | None = None,
        thread: str = "",
        *,
        aloud: bool = False,
    ) -> str:
        """Post a message and return its ts; a reply in a thread is shown in the channel too if it is said `aloud`."""
        answer = self._call(
            self._client.chat_postMessage,
            channel=channel,
            text=text,
            blocks=list(blocks),
            unfurl_links=False,
            unfurl_media=False,
            **({"attachments": list(attachments)} if attachments else {}),
            **({"metadata": metadata} if metadata else {}),
            **({"thread_ts": thread} if thread else {}),
            **({"reply_broadcast": True} if thread and aloud else {}),
        )
        return str(answer["ts"])

    def update(  # noqa: PLR0913  # a message has these parts
        self,
        channel: str,
        ts: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        attachments: Sequence[Mapping[str, Any]],
        metadata: Mapping[str, Any],
    ) -> None:
        """Make a message of ours show something else. To do it twice is to do it once."""
        self._call(
            self._client.chat_update,
            channel=channel,
            ts=ts,
            text=text,
            blocks=list(blocks),
            attachments=list(attachments),
            metadata=metadata,
        )

    def delete(self, channel: str, ts: str) -> None:
        """Take a message of ours back."""
        self._call(self._client.chat_delete, channel=channel, ts=ts)

    def whisper(self, channel: str, user: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Tell one person something in a channel."""
        self._call(self._client.chat_postEphemeral, channel=channel, user=user, text=text, blocks=list(blocks))

    def user(self, user: str) -> Mapping[str, Any]:
        """Read what Slack says of a person; https://docs.slack.dev/reference/objects/user-object."""
        found: Mapping[str, Any] = self._call(self._client.users_info, user=user)["user"]
        return found

    def group(self, group: str) -> frozenset[str]:
        """Read the ids of a user group's members."""
        return frozenset(self._call(self._client.usergroups_users_list, usergroup=group).get("users") or [])

    def publish(self, user: str, view: Mapping[str, Any]) -> None:
        """Make a person's Home tab show something."""
        self._call(self._client.views_publish, user_id=user, view=view)

    def respond(self, url: str, text: str, blocks: Sequence[Mapping[str, Any]], *, aloud: bool = False) -> None:
        """Answer a command or a click by its response URL: the person alone, or the channel if it is said `aloud`.

        Raises Rejected for an address that is not Slack's, and for one that is used up or 30 minutes old.
        """
        if not url.startswith((_HOOKS, self._origin)):
            raise Rejected("a response URL that is not Slack's", "foreign_url")
        kind = "in_channel" if aloud else "ephemeral"
        client = WebhookClient(url, timeout=TIMEOUT_SECONDS, retry_handlers=[])
        try:
            answer = client.send(
                text=text, blocks=[dict(block) for block in blocks], response_type=kind, replace_original=False
            )
        except (SlackClientError, HTTPException, OSError, ValueError) as error:
            raise InDoubt(f"respond: {type(error).__name__}") from error
        if answer.status_code == 429:
            raise NotNow("respond: rate limit", 1)
        if answer.status_code >= 500:
            raise InDoubt(f"respond: status {answer.status_code}")
        if answer.status_code != 200:
            raise Rejected(f"respond: status {answer.status_code}", "expired_url")

    def home(self) -> str:
        """Read the workspace's address, with which those of its messages begin; "" if Slack does not tell."""
        return str(self._call(self._client.auth_test).get("url") or "")

    def mine(self, channel: str, since: datetime, until: datetime, event_type: str, thread: str = "") -> list[Posted]:
        """Read back our own messages of a kind from that time, in the channel or in a thread of it, oldest first."""
        bot = str(self._call(self._client.auth_test)["bot_id"])
        found = [
            Posted(str(message["ts"]), message["metadata"].get("event_payload", {}))
            for message in self._history(channel, since, until, thread)
            if message.get("bot_id") == bot and message.get("metadata", {}).get("event_type") == event_type
        ]
        return sorted(found, key=lambda posted: posted.ts)

    def _history(self, channel: str, since: datetime, until: datetime, thread: str) -> Iterator[Mapping[str, Any]]:
        read = self._client.conversations_replies if thread else self._client.conversations_history
        cursor = ""
        for _ in range(_PAGES):
            answer = self._call(
                read,
                channel=channel,
                **({"ts": thread} if thread else {}),
                oldest=f"{since.timestamp():.6f}",
                latest=f"{until.timestamp():.6f}",
                include_all_metadata=True,
                limit=200,
                **({"cursor": cursor} if cursor else {}),
            )
            yield from answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        raise InDoubt(f"the history of {channel} is too long to tell what was posted")

    def _call(self, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401  # JSON
        try:
            answer = method(**arguments)
        except SlackApiError as error:
            if self._renewed(error):
                return self._call(method, **arguments)
            raise _sorted_error(method.__name__, error) from error
        except (SlackClientError, HTTPException, OSError, ValueError) as error:
            raise InDoubt(f"{method.__name__}: {type(error).__name__}") from error
        data: Mapping[str, Any] = answer.data if isinstance(answer.data, dict) else {}
        return data

    def _renewed(self, error: SlackApiError) -> bool:
        """Take the token of today, if Slack refuses ours and there is another one; once, then it is for people."""
        renew, self._renew = self._renew, None
        if renew is None or error.response.get("error") not in STALE:
            self._renew = renew
            return False
        before, self._client.token = self._client.token, renew()
        return before != self._client.token


def _sorted_error(method: str, error: SlackApiError) -> SlackError:
    """Sort Slack's answer by what the caller does about it."""
    response = error.response
    said = str(response.get("error"))
    if response.status_code == 429:
        return NotNow(f"{method}: rate limit", _retry_after(str(response.headers.get("Retry-After"))))
    if said in _PASSING:
        return NotNow(f"{method}: {said}", _PASSING_SECONDS)
    if not _WORD.fullmatch(said):  # somebody's error page on the way, say
        return InDoubt(f"{method}: an answer that is not Slack's, with status {response.status_code}")
    if response.status_code >= 500 or said in _IN_DOUBT:
        return InDoubt(f"{method}: {said}")
    details = (response.get("response_metadata") or {}).get("messages") or []
    return Rejected(": ".join([method, said, *map(str, details[:3])]), said)


def _retry_after(told: str) -> int:
    """Read a header that is whole seconds by Slack's word, and on its way may have become none, 0.5 or a date."""
    found = _SECONDS.match(told)
    return max(ceil(float(found[0])), 1) if found else 1
