"""Slack as the hub needs it: messages, people, Home tabs. The only module of the hub that imports Slack's SDK.

What it raises is told in hub.slack.errors. The SDK's own retries are off: they repeat a request whose answer was lost,
and a message would stand there twice (docs/how-it-works.md).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient, WebhookResponse

from hub.slack.errors import LOST, NO_CHANNEL, STALE, THREADLESS, InDoubt, NotNow, Rejected, SlackError, sorted_error

__all__ = [
    "LOST",
    "STALE",
    "THREADLESS",
    "InDoubt",
    "NotNow",
    "Placed",
    "Posted",
    "Rejected",
    "Slack",
    "SlackError",
    "moved",
    "same_channel",
]

# Shorter than the lease on a post (hub.incidents.delivery.LEASE), so that a lease never ends under somebody still
# waiting.
TIMEOUT_SECONDS = 4
_PAGES = 5
# Where response URLs live; https://docs.slack.dev/interactivity/handling-user-interaction, and those of GovSlack,
# https://docs.slack.dev/govslack
_HOOKS = ("https://hooks.slack.com/", "https://hooks.slack-gov.com/")


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours as Slack's history shows it."""

    ts: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message stands, in Slack's words: the id that the channel has by now, and its ts."""

    channel: str
    ts: str


class Slack:
    """What the hub says to Slack, with one token; `timeout` is in seconds.

    `renew` returns the token as it is by now: what is refused for the token that we have is tried once with that one.
    A private channel that was made one to be shared is found under the id that it has since then.
    """

    def __init__(
        self, token: str, api_url: str, timeout: int = TIMEOUT_SECONDS, renew: Callable[[], str] | None = None
    ) -> None:
        self._renew = renew
        self._timeout = timeout
        self._origin = "/".join(api_url.split("/")[:3]) + "/"
        self._client = WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])

    def put(  # noqa: PLR0913  # a message has these parts
        self,
        channel: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        attachments: Sequence[Mapping[str, Any]] = (),
        metadata: Mapping[str, Any] | None = None,
        thread: str = "",
        *,
        aloud: bool = False,
    ) -> Placed:
        """Post a message and return where it stands, or its reply in a thread, shown in the channel too if `aloud`.

        In place of a channel's id, a person's means their direct messages with the app.
        """
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
        return Placed(str(answer.get("channel") or channel), str(answer["ts"]))

    def post(self, channel: str, *parts: Any, **more: Any) -> str:  # noqa: ANN401  # those of `put`
        """Post a message as `put` does, and return its ts."""
        return self.put(channel, *parts, **more).ts

    def update(  # noqa: PLR0913  # a message has these parts
        self,
        channel: str,
        ts: str,
        text: str,
        blocks: Sequence[Mapping[str, Any]],
        attachments: Sequence[Mapping[str, Any]],
        metadata: Mapping[str, Any],
    ) -> str:
        """Make a message of ours show something else; return the id that its channel has by now.

        To do it twice is to do it once.
        """
        answer = self._call(
            self._client.chat_update,
            channel=channel,
            ts=ts,
            text=text,
            blocks=list(blocks),
            attachments=list(attachments),
            metadata=metadata,
        )
        return str(answer.get("channel") or channel)

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

    def group(self, group: str, team: str) -> frozenset[str]:
        """Read the ids of a team's user group's members. An app that is installed in several teams has to say which."""
        answer = self._call(self._client.usergroups_users_list, usergroup=group, team_id=team)
        return frozenset(answer.get("users") or [])

    def publish(self, user: str, view: Mapping[str, Any]) -> None:
        """Make a person's Home tab show something."""
        self._call(self._client.views_publish, user_id=user, view=view)

    def respond(self, url: str, text: str, blocks: Sequence[Mapping[str, Any]], *, aloud: bool = False) -> None:
        """Answer a command or a click by its response URL: the person alone, or the channel if it is said `aloud`.

        Raises Rejected for an address that is not Slack's, and for one that is used up or 30 minutes old.
        """
        if not self.is_response_url(url):
            raise Rejected("a response URL that is not Slack's", "foreign_url")
        kind = "in_channel" if aloud else "ephemeral"
        client = WebhookClient(url, timeout=self._timeout, retry_handlers=[])
        try:
            answer = client.send(
                text=text, blocks=[dict(block) for block in blocks], response_type=kind, replace_original=False
            )
        except (SlackClientError, HTTPException, OSError, ValueError) as error:
            raise InDoubt(f"respond: {type(error).__name__}") from error
        refused = _refused(answer)
        if refused:
            raise refused

    def is_response_url(self, url: str) -> bool:
        """Whether an address is one at which Slack takes answers."""
        return url.startswith((*_HOOKS, self._origin))

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
            channel, word = str(arguments.get("channel")), error.response.get("error")
            if word == NO_CHANNEL and moved(channel) != channel:
                return self._call(method, **arguments | {"channel": moved(channel)})
            raise _sorted(method.__name__, error.response) from error
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


def moved(channel: str) -> str:
    """Return the id that a private channel gets when it is made one to be shared: the same with a C in front.

    https://docs.slack.dev/reference/events/channel_id_changed
    """
    return f"C{channel[1:]}" if channel.startswith("G") else channel


def same_channel(one: str, other: str) -> bool:
    """Whether two ids mean the same channel, one of them from before it was made one to be shared."""
    return moved(one) == moved(other)


def _sorted(method: str, response: SlackResponse) -> SlackError:
    details = (response.get("response_metadata") or {}).get("messages") or []
    retry_after = response.headers.get("Retry-After")
    return sorted_error(
        method, response.status_code, str(response.get("error")), retry_after=retry_after, details=details
    )


def _refused(answer: WebhookResponse) -> SlackError | None:
    """Say what a response URL has answered, None if it took what was said; with HTTP 200 it may have refused that."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    told = said if isinstance(said, dict) else {"ok": answer.status_code == 200}
    if answer.status_code == 200 and told.get("ok") is not False:
        return None
    word = str(told.get("error") or "expired_url") if answer.status_code < 500 else "internal_error"
    return sorted_error("respond", answer.status_code, word, retry_after=answer.headers.get("Retry-After"))
