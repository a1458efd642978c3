"""The line to Slack: slack_sdk's requests reach the local Slack's Web API without a socket.

What the app sends is what it would send over HTTP, byte for byte; what the Web API makes of it (arguments, token,
methods, strict checks, budgets) is the local Slack's own. Only Starlette, Hypercorn and the kernel are left out.
"""

import json
from collections.abc import Iterator
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
class Line:
    """The line to the workspace that is played just now. `down`: nothing gets through."""

    fate: Fate
    workspace: Workspace | None = None
    down: bool = False
    refused: list[str] = field(default_factory=list)
    trouble: int = 0

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
            self.trouble += 1
            raise URLError(ConnectionRefusedError("nobody is there"))
        fault = workspace.faults.take(method, reply=b"thread_ts" in (request.data or b""))  # type: ignore[operator]  # bytes
        if fault is None:
            return self._answer(method, request)
        self.trouble += 1
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

    def _answer(self, method: str, request: Request) -> "_Answer":
        workspace = self.workspace
        assert workspace is not None
        body = request.data or b""
        assert isinstance(body, bytes)
        try:
            arguments = read(request.get_header("Content-type", ""), body, {})
            webapi._authorise(request.get_header("Authorization", ""), arguments)
            return _Answer({"ok": True} | webapi._called(workspace, method, arguments))
        except RateLimited as error:
            self.trouble += 1
            raise _refusal(request, 429, {"ok": False, "error": error.code}, error.retry_after) from error
        except SlackError as error:
            if error.code not in _MAY_BE:
                self.refused.append(f"{method}: {error.code} {'; '.join(error.problems[:3])}")
            return _Answer({"ok": False, "error": error.code})


class _Answer:
    """As urlopen returns it."""

    code = status = 200

    def __init__(self, body: Json) -> None:
        self.headers = _headers()
        self._body = json.dumps(body).encode()

    def read(self) -> bytes:
        return self._body


def _headers(retry_after: int | None = None) -> Headers:
    headers = Headers()
    headers["Content-Type"] = "application/json"
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers


def _refusal(request: Request, status: int, body: Json, retry_after: int | None = None) -> HTTPError:
    content = BytesIO(json.dumps(body).encode())
    return HTTPError(request.full_url, status, "", _headers(retry_after), content)
