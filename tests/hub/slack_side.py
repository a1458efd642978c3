"""The local Slack for tests of the hub: one server for all tests, a workspace for each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from coastguard.local.slack.content import Content
from coastguard.local.slack.directory import CHANNELS, Channel
from coastguard.local.slack.faults import Fault
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.slack.client import Slack
from tests.hub.factories import ALICE, CHANNEL, Json
from tests.local_slack.serving import served
from tests.patience import PATIENCE_SECONDS

OTHERS = (
    Channel("C0PUBLIC1", "elsewhere", bot_is_member=False),
    Channel("C0PRIVATE", "secret", bot_is_member=False, private=True),
    Channel("C0ARCHIVE", "old", archived=True),
    Channel("C0SECOND1", "second"),
    Channel("C0THIRD01", "third"),
)


class Stand:
    """Whoever is played stands here; the address stays the same."""

    def __init__(self) -> None:
        self.app = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass
class SlackSide:
    """A workspace, and what people there see."""

    workspace: Workspace
    url: str

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def client(self) -> Slack:
        return Slack(BOT_TOKEN, self.api_url, PATIENCE_SECONDS)

    def messages(self, channel: str = CHANNEL) -> list[Json]:
        """What the channel shows, oldest first, with its threads; tombstones are none of it."""
        channels = {each["id"]: each["messages"] for each in self.workspace.state()["channels"]}
        return [message for message in channels[channel] if not message["deleted"]]

    def replies(self) -> list[str]:
        """What the threads say, one line each."""
        return [reply["text"] for message in self.messages() for reply in message["replies"]]

    def change(self, channel: str, **more: object) -> None:
        """Somebody archives a channel, say, or takes the bot out of it."""
        conversation = self.workspace.conversation(channel)
        assert conversation is not None
        conversation.channel = replace(conversation.channel, **more)  # type: ignore[arg-type]  # any field of a channel

    def fault(self, method: str, kind: str, **more: object) -> None:
        self.workspace.faults.order(Fault(method, kind, **more))  # type: ignore[arg-type]  # any field of a fault

    def chat(self, count: int, channel: str = CHANNEL) -> None:
        """Somebody talks."""
        conversation = self.workspace.conversation(channel)
        assert conversation is not None
        for number in range(count):
            self.workspace.add(conversation, ALICE, Content(text=f"talk {number}"))


@contextmanager
def slack_server() -> Iterator[tuple[Stand, str]]:
    stand = Stand()
    with served(stand) as url:  # type: ignore[arg-type]  # an ASGI app as good as Starlette's
        yield stand, url


def enter(stand: Stand, url: str, clock: Callable[[], float]) -> SlackSide:
    """A new workspace takes the stand."""
    workspace = Workspace(clock, channels=(*CHANNELS, *OTHERS))
    stand.app = Starlette(routes=routes(workspace))
    return SlackSide(workspace, url)
