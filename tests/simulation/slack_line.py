"""The line to Slack: slack_sdk's requests reach the local Slack's Web API without a socket.

What the app sends is what it would send over HTTP, byte for byte; what the Web API makes of it (arguments, token,
methods, strict checks, budgets) is the local Slack's own. Only Starlette, Hypercorn and the kernel are left out.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.client import RemoteDisconnected
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError, URLError
from urllib.request import Request

from slack_sdk.web import base_client

from coastguard.local.slack import tickets, webapi
from coastguard.local.slack.arguments import read
from coastguard.local.slack.content import Content
from coastguard.local.slack.errors import RateLimited, SlackError
from coastguard.local.slack.strict import Strict
from coastguard.local.slack.workspace import Workspace
from tests.simulation.fate import Fate

Json = dict[str, Any]
API = "http://127.0.0.1/api/"
# Refusals that a crash, an outage or a person may bring about; any other one says that a message was wrong.
_MAY_BE = {"message_not_found", "thread_not_found", "ratelimited"}
# Slack's words for what passes by itself, with HTTP 200; of the second kind nobody knows whether it was done.
PASSING = (
    "rate_limited",
    "ratelimited",
    "message_limit_exceeded",
    "accesslimited",
    "external_channel_migrating",
    "update_failed",
)
IN_DOUBT = ("service_unavailable", "internal_error", "fatal_error", "request_timeout", "team_added_to_org")
# For a channel that nobody can post to until a person mends it, and for a thread or a message that is closed for good.
LOST = (
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "is_inactive",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
)
CLOSED_THREAD = ("cannot_reply_to_message", "thread_not_found", "restricted_action_non_threadable_channel")
SEALED = ("edit_window_closed", "cant_update_message")
# What a person may be told in vain: they have left, or the channel is no place for it.
UNHEARD = ("user_not_in_channel", "is_archived", "channel_not_found", "messages_tab_disabled", "restricted_action")
# HTTP 429 as it also comes: without a Retry-After, or with one that is no whole number of seconds.
RETRY_AFTER = (None, "0.5", "Fri, 20 Nov 2026 12:00:30 GMT")
_POSTS, _EDITS = {"chat.postMessage", "chat.postEphemeral"}, {"chat.update"}


def once_shared(channel: str) -> str:
    """The id that a channel has once it can be shared, whichever of its ids this is: the line knows it by that."""
    return f"C{channel[1:]}" if channel.startswith("G") else channel


class Checked(Strict):
    """Slack's judgement, which is always the same of the same content: each is judged once."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: set[str] = set()

    def check_message(self, content: Content) -> None:
        key = json.dumps([content.text, content.blocks, content.attachments, content.metadata], sort_keys=True)
        if key not in self._passed:
            super().check_message(content)
            self._passed.add(key)


@dataclass
class Word:
    """What Slack says to the next `times` calls of a method ("*": any) instead of doing it, or after it has `done` it.

    A `word` that is empty is HTTP 429, with such a `retry_after`.
    """

    method: str
    word: str
    times: int = 1
    done: bool = False
    retry_after: str | None = None


@dataclass
class Line:
    """The line to the workspace that is played just now. `down`: nothing gets through.

    Nobody can post to the channels of `lost`, with Slack's word for it. Threads that are `closed` take no replies any
    more, and messages that are `sealed` no edits, for ever: both by channel and ts. Channels go by the id that they
    have once they can be shared. `refusals` counts each 429, and `replies` what was said in threads.
    """

    fate: Fate
    workspace: Workspace | None = None
    down: bool = False
    refused: list[str] = field(default_factory=list)
    struck: Callable[[], None] = lambda: None
    words: list[Word] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    closed: dict[tuple[str, str], str] = field(default_factory=dict)
    sealed: dict[tuple[str, str], str] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    replies: int = 0

    def begin(self, workspace: Workspace, struck: Callable[[], None]) -> None:
        """Another workspace is at the end of the line, and all is well with it. `struck` hears of all that is not."""
        self.workspace, self.struck, self.refused = workspace, struck, []
        self.refusals = self.replies = 0
        self.closed, self.sealed, self.given_up, self.said = {}, {}, set(), Counter()
        self.heal()

    def heal(self) -> None:
        """All is well; what is closed or sealed stays so."""
        self.down, self.lost = False, {}
        self.words.clear()

    @property
    def ails(self) -> bool:
        return bool(self.down or self.lost or self.words)

    @contextmanager
    def laid(self) -> Iterator[None]:
        """Every slack_sdk client uses it meanwhile. Ids that the workspace makes up are the same in every run."""
        numbers = iter(range(1, 10**9))
        same = SimpleNamespace(randbelow=lambda _: next(numbers), token_hex=lambda n: f"{next(numbers):0{2 * n}x}")
        with patch.object(base_client, "urlopen", self.open), patch.object(tickets, "secrets", same):
            yield

    def open(self, request: Request, context: object = None, timeout: float = 4) -> "_Answer":  # noqa: ARG002 - urlopen's
        method = request.full_url.partition("?")[0].rsplit("/", 1)[-1]
        return self.fate.effect(f"slack:{method}", lambda: self._call(method, request, timeout))

    def _call(self, method: str, request: Request, timeout: float) -> "_Answer":
        workspace = self.workspace
        assert workspace is not None
        if self.down:
            self.struck()
            raise URLError(ConnectionRefusedError("nobody is there"))
        fault = workspace.faults.take(method, reply=b"thread_ts" in (request.data or b""))  # type: ignore[operator]  # bytes
        if fault is None:
            word = self._word(method, request)
            return self._refused(word, method, request) if word else self._answer(method, request)
        self.struck()
        match fault.kind:
            case "ratelimit":
                raise _refusal(request, 429, {"ok": False, "error": "ratelimited"}, fault.retry_after)
            case "word":
                return _Answer({"ok": False, "error": fault.word})
            case "slow":
                self.fate.clock.forward(seconds=min(fault.seconds, timeout))
                answer = self._answer(method, request)
                if fault.seconds >= timeout:
                    raise TimeoutError("The read operation timed out")
                return answer
            case "lost_answer":
                self._answer(method, request)
                raise RemoteDisconnected("Remote end closed connection without response")
        if fault.accepted:
            self._answer(method, request)
        raise _refusal(request, 500, {"ok": False, "error": "internal_error"})

    def _word(self, method: str, request: Request) -> Word | None:
        """What Slack says instead of doing it, if it does."""
        if self.lost or self.closed or self.sealed:
            values = read(request.get_header("Content-type", ""), request.data or b"", {}).values  # type: ignore[arg-type]
            channel = once_shared(str(values.get("channel", "")))
            if method in _POSTS | _EDITS and channel in self.lost:
                self.given_up.add(channel)
                return Word(method, self.lost[channel])
            if method in _POSTS and (channel, str(values.get("thread_ts", ""))) in self.closed:
                return Word(method, self.closed[channel, str(values["thread_ts"])])
            if method in _EDITS and (channel, str(values.get("ts", ""))) in self.sealed:
                return Word(method, self.sealed[channel, str(values["ts"])])
        for word in self.words:
            if word.method in {method, "*"}:
                word.times -= 1
                if not word.times:
                    self.words.remove(word)
                if word.word in LOST and method in _POSTS | _EDITS:
                    values = read(request.get_header("Content-type", ""), request.data or b"", {}).values  # type: ignore[arg-type]
                    self.given_up.add(once_shared(str(values.get("channel", ""))))
                return word
        return None

    def _refused(self, word: Word, method: str, request: Request) -> "_Answer":
        self.struck()
        self.said[word.word or "429"] += 1
        if word.done:
            self._answer(method, request)
        if word.word:
            return _Answer({"ok": False, "error": word.word})
        raise _refusal(request, 429, {"ok": False, "error": "ratelimited"}, word.retry_after)

    def _answer(self, method: str, request: Request) -> "_Answer":
        workspace = self.workspace
        assert workspace is not None
        body = request.data or b""
        assert isinstance(body, bytes)
        try:
            arguments = read(request.get_header("Content-type", ""), body, {})
            webapi._authorise(request.get_header("Authorization", ""), arguments)
            called = webapi._called(workspace, method, arguments)
        except RateLimited as error:
            self.struck()
            self.refusals += 1
            raise _refusal(request, 429, {"ok": False, "error": error.code}, error.retry_after) from error
        except SlackError as error:
            channel = str(arguments.values.get("channel", ""))
            converted = error.code == "channel_not_found" and workspace.moved(channel) != channel
            if error.code not in _MAY_BE and not converted:
                self.refused.append(f"{method}: {error.code} {'; '.join(error.problems[:3])}")
            return _Answer({"ok": False, "error": error.code})
        self.replies += method == "chat.postMessage" and "thread_ts" in arguments.values
        return _Answer({"ok": True} | called)


class _Answer:
    """As urlopen returns it."""

    code = status = 200

    def __init__(self, body: Json) -> None:
        self.headers = _headers()
        self._body = json.dumps(body).encode()

    def read(self) -> bytes:
        return self._body


def _headers(retry_after: float | str | None = None) -> Headers:
    headers = Headers()
    headers["Content-Type"] = "application/json"
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers


def _refusal(request: Request, status: int, body: Json, retry_after: float | str | None = None) -> HTTPError:
    content = BytesIO(json.dumps(body).encode())
    return HTTPError(request.full_url, status, "", _headers(retry_after), content)
