"""The page's Slack with a small app behind it, and no AWS."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from playwright.sync_api import Page
from slack_sdk import WebClient

from coastguard.local.page_server import Server, application
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from tests.browser.calm import Calm
from tests.browser.small_app import SmallApp
from tests.local_slack.serving import served

Visit = Callable[..., Page]
ALICE, BOB, CAROL, GUEST, FOREIGNER = "U0ALICE01", "U0BOB0002", "U0CAROL03", "U0DMITRI4", "U0ERIN005"


@dataclass
class Clock:
    """The world's, which may be ahead of the browser's."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> float:
        return time.time() + self.ahead.total_seconds()


@dataclass
class Stage:
    workspace: Workspace
    client: WebClient
    app: SmallApp
    url: str
    clock: Clock


@contextmanager
def slack_stage() -> Iterator[Stage]:
    clock = Clock()
    workspace, server = Workspace(clock), Server(0)
    client = WebClient(BOT_TOKEN, base_url=f"{server.url}/api/", retry_handlers=[])
    app = SmallApp(client)
    server.start(application(Calm(), workspace, 5))  # type: ignore[arg-type]  # as much of AWS as the page needs
    with served(app.starlette()) as address:
        workspace.request_url = f"{address}/slack/events"
        yield Stage(workspace, client, app, server.url, clock)
    server.stop()


def say(page: Page, text: str) -> None:
    """Type into the field below the messages."""
    page.locator("#composer input").fill(text)
    page.keyboard.press("Enter")
