"""A front as it stands in AWS, but for its queue: what it has taken on is here to be looked at."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import App
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from chatops import app, front
from chatops.clicks import requests
from chatops.clicks.requests import Request
from chatops.commands import message
from chatops.commands.message import CommandMessage
from chatops.http_adapter import HttpAdapter
from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.workspace import BOT_TOKEN
from hub.policy.source import PolicySource
from hub.queues import Record
from hub.runtime.secrets import SlackSecret
from hub.slack.client import Slack
from tests.chatops.factories import SECRET, Clock, http_event, signed
from tests.chatops.policies import Ssm
from tests.patience import PATIENCE_SECONDS

# Nobody answers there: whoever calls Slack before the click is acknowledged fails.
NO_SLACK = "http://127.0.0.1:1/api/"


class QueueIsDown(Exception):
    """What SQS's client raises, say."""


@dataclass
class Front:
    """The gate with its app. `taken` and `said` are what went into the queue, unless that `is_down`.

    `sent` are the messages as they wait in acts.fifo, which takes what it has had for the last minutes only once.
    """

    clock: Clock
    secret: SlackSecret = SECRET
    is_down: bool = False
    api: str = NO_SLACK
    ssm: Ssm = field(default_factory=Ssm)
    taken: list[Request] = field(default_factory=list)
    said: list[CommandMessage] = field(default_factory=list)
    sent: list[Record] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    apps: int = 0
    renew: Callable[[], str] | None = None

    def __post_init__(self) -> None:
        self.policy = PolicySource("ssm:/coastguard/policy", lambda _: self.ssm, self.clock)
        self.gate = HttpAdapter(secret=lambda: self.secret, app=self._make, clock=self.clock, count=self._count)
        self._tokens: set[str] = set()

    def hear(self, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> dict[str, Any]:
        """Answer a request that Slack signs now."""
        return self.answer(http_event(body, signed(body, self.clock()) | {"Content-Type": content_type}))

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return self.gate.answer(event)

    def take_all(self) -> list[Record]:
        """Empty the queue."""
        sent, self.sent = self.sent, []
        return sent

    def _make(self, secret: SlackSecret) -> App:
        self.apps += 1
        passed_on = front.assemble(
            team=TEAM.id,
            slack=lambda: Slack(BOT_TOKEN, self.api, PATIENCE_SECONDS),
            policy=self.policy,
            send=self._send,
            clock=self.clock,
            renew=self.renew,
        )
        return app.make(app.Workspace(TEAM.id, self.api, secret), passed_on)

    def _send(self, group: str, body: str, token: str) -> None:
        if self.is_down:
            raise QueueIsDown("the queue does not answer")
        if token not in self._tokens:
            self._tokens.add(token)
            self.sent.append(Record(f"m-{len(self._tokens)}", body, group, "r", 1))
        asked = message.from_message(body)
        if asked:
            self.said.append(asked)
        else:
            self.taken.append(requests.from_message(body))

    def _count(self, name: str, number: int) -> None:
        self.counts[name] += number


@dataclass
class Doorway:
    """What an HTTP API does between Slack and whatever front stands behind it just now."""

    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    url: str = ""

    def starlette(self) -> Starlette:
        return Starlette(routes=[Route("/slack/events", self._let_in, methods=["POST"])])

    async def _let_in(self, request: HttpRequest) -> Response:
        assert self.answer is not None
        answer = await run_in_threadpool(self.answer, http_event(await request.body(), request.headers))
        return Response(answer["body"], answer["statusCode"], answer.get("headers"))
