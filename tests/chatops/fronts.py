"""A front as it stands in AWS, but for its queue: what it has taken on is here to be looked at."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import App

from chatops import app
from chatops.gate import Gate
from chatops.requests import Request
from coastguard.local.slack.directory import TEAM
from hub.secrets import SlackSecret
from tests.chatops.factories import SECRET, Clock, http_event, signed

# Nobody answers there: whoever calls Slack before the click is acknowledged fails.
NO_SLACK = "http://127.0.0.1:1/api/"


class QueueIsDown(Exception):
    """What SQS's client raises, say."""


@dataclass
class Front:
    """The gate with its app. `taken` is what went into the queue, unless that `is_down`."""

    clock: Clock
    secret: SlackSecret = SECRET
    is_down: bool = False
    taken: list[Request] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    apps: int = 0

    def __post_init__(self) -> None:
        self.gate = Gate(secret=lambda: self.secret, app=self._make, clock=self.clock, count=self._count)

    def hear(self, body: bytes) -> dict[str, Any]:
        """Answer a request that Slack signs now."""
        return self.answer(http_event(body, signed(body, self.clock())))

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return self.gate.answer(event)

    def _make(self, secret: SlackSecret) -> App:
        self.apps += 1
        return app.make(app.Workspace(TEAM.id, NO_SLACK, secret), self._take, self.clock)

    def _take(self, request: Request) -> None:
        if self.is_down:
            raise QueueIsDown("the queue does not answer")
        self.taken.append(request)

    def _count(self, name: str, number: int) -> None:
        self.counts[name] += number
