import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from slack_sdk import WebClient
from starlette.applications import Starlette

from coastguard.local.slack.directory import CHANNELS, Channel
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from tests.local_slack.serving import App, served


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(time.time())))


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    others = (
        Channel("C0PUBLIC1", "elsewhere", bot_is_member=False),
        Channel("C0PRIVATE", "secret", bot_is_member=False, private=True),
        Channel("C0ARCHIVE", "old", archived=True),
    )
    return Workspace(clock, channels=(*CHANNELS, *others))


@pytest.fixture
def app(workspace: Workspace) -> Iterator[App]:
    """The app, deployed: clicks and commands reach it."""
    app = App()
    with served(app.starlette()) as address:
        workspace.request_url = f"{address}/slack/events"
        yield app


@pytest.fixture
def address(workspace: Workspace) -> Iterator[str]:
    with served(Starlette(routes=routes(workspace))) as address:
        yield address


@pytest.fixture
def client(address: str) -> WebClient:
    """The bot's client, without the retries that slack_sdk makes on its own."""
    return WebClient(BOT_TOKEN, base_url=f"{address}/api/", retry_handlers=[])


@pytest.fixture
def page(address: str) -> Iterator[httpx.Client]:
    """Whoever sits at the page."""
    with httpx.Client(base_url=address) as page:
        yield page
