"""What tests are made of: requests from Slack as API Gateway hands them on, clicks, incidents, a clock to turn."""

import asyncio
import base64
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from chatops.clicks.requests import Request
from coastguard.local.slack import clicks, modals, payloads
from coastguard.local.slack.clicks import Press, Typed
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.directory import CHANNELS, PEOPLE, TEAM
from coastguard.local.slack.modals import Submitted
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Workspace
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident, State
from hub.runtime.secrets import SlackSecret
from hub.slack.button_values import ACKNOWLEDGE, REPAIR
from spoke.places import Cluster
from spoke.sighting import Sighting
from tests.hub import factories
from tests.local_slack.serving import App

ALICE, BOB, CAROL = (person.id for person in PEOPLE)
CHANNEL = CHANNELS[0].id
SECRET = SlackSecret(BOT_TOKEN, SIGNING_SECRET)
TERMINATE = REPAIR + "terminate"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLUSTER = Cluster("222233334444", "eu-west-1", "prod-payments")
INSTANCE = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    """Tells the time that a test has set; each time it is asked, `tick` later."""

    now: datetime = NOW
    tick: timedelta = timedelta()

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def go_on(self, by: timedelta) -> None:
        self.now += by


def request(**changes: Any) -> Request:
    usual = Request(
        id="3f2a9c81d4e5b6077788",
        wish="terminate",
        cluster=CLUSTER,
        instance=INSTANCE,
        incident="inc-0a1b2c3d4e",
        user=ALICE,
        team=TEAM.id,
        channel=CHANNEL,
        message="1772443800.000100",
        at=NOW,
    )
    return replace(usual, **changes)


def incident(**changes: Any) -> Incident:
    usual = Incident(
        id="inc-0a1b2c3d4e",
        cluster=CLUSTER,
        instance=INSTANCE,
        episode="ep-1",
        state=State.OPEN,
        since=NOW - timedelta(minutes=5),
        opened_at=NOW,
        sighting=Sighting(INSTANCE, "ACTIVE", connected=False, host="i-0123456789abcdef0", running_tasks=2, others=()),
    )
    return replace(usual, **changes)


def bulletin(**changes: Any) -> Bulletin:
    usual = {"cluster": CLUSTER, "episode": "ep-1", "channel": CHANNEL, "handle": "", "noted": ""}
    return factories.bulletin(**(usual | changes))


# From Slack to the front ----------------------------------------------------------------------------------------------


@dataclass
class Ears:
    """Stands where Slack believes the app to be, and keeps what it is sent."""

    app: App
    url: str

    def click(self, workspace: Workspace, press: Press) -> bytes:
        """The body that Slack sends when somebody presses a button of a posted message."""
        return self._hear(workspace, clicks.click(workspace, "https://slack.test", press))

    def submit(self, workspace: Workspace, submitted: Submitted) -> bytes:
        """The body that Slack sends when somebody submits a modal."""
        workspace.request_url = self.url
        outcome = asyncio.run(modals.submit(workspace, "https://slack.test", submitted))
        assert (outcome.delivery.error, outcome.errors) == (None, {})
        body, _ = self.app.heard[-1]
        return body

    def command(self, workspace: Workspace, text: str = "status") -> bytes:
        """The body that Slack sends for a slash command."""
        return self._hear(
            workspace, clicks.command(workspace, "https://slack.test", Typed(ALICE, CHANNEL, "/ecs", text))
        )

    def _hear(self, workspace: Workspace, sending: Coroutine[Any, Any, AppAnswer]) -> bytes:
        workspace.request_url = self.url
        assert asyncio.run(sending).error is None
        body, _ = self.app.heard[-1]
        return body


@dataclass
class Posted:
    """A bulletin in a workspace's channel, about the usual incident; `api` is that workspace's address."""

    workspace: Workspace
    ts: str
    ears: Ears
    api: str

    def click(self, action: str = ACKNOWLEDGE, user: str = ALICE) -> bytes:
        return self.ears.click(self.workspace, Press(user, CHANNEL, self.ts, action))

    def command(self, text: str = "status") -> bytes:
        return self.ears.command(self.workspace, text)


def payload_of(body: bytes) -> dict[str, Any]:
    """What stands in a click's form."""
    payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    return payload


def form_of(payload: object) -> bytes:
    """A form with a payload, be it one that Slack would never send."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Slack's headers under a body."""
    return payloads.signed_headers(secret, at.timestamp(), body)


def http_event(body: bytes, headers: Mapping[str, str], *, encoded: bool = True) -> dict[str, Any]:
    """One request as an HTTP API hands it to a function, payload format 2.0: forms arrive in base64.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    return {
        "version": "2.0",
        "routeKey": "POST /slack/events",
        "rawPath": "/slack/events",
        "rawQueryString": "",
        "headers": {
            "accept": "application/json,*/*",
            "content-length": str(len(body)),
            "host": "abcde12345.execute-api.eu-west-1.amazonaws.com",
            "x-amzn-trace-id": "Root=1-65a1b2c3-0123456789abcdef01234567",
            "x-forwarded-for": "198.51.100.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **{name.lower(): value for name, value in headers.items()},
        },
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "abcde12345",
            "domainName": "abcde12345.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abcde12345",
            "http": {
                "method": "POST",
                "path": "/slack/events",
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /slack/events",
            "stage": "$default",
            "time": "02/Mar/2026:09:30:00 +0000",
            "timeEpoch": 1772443800000,
        },
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
    }
