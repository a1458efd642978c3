from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from moto import mock_aws
from starlette.applications import Starlette

from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.incidents.content import compose
from hub.slack.bulletin_message import render
from hub.slack.client import Slack
from spoke.models import LeanLoader
from tests.chatops.factories import CHANNEL, Clock, Ears, Posted, bulletin, incident
from tests.chatops.fronts import Doorway, Front
from tests.chatops.story import Hub, Story
from tests.local_slack.serving import App, served
from tests.patience import PATIENCE_SECONDS
from tests.spoke.fleet import REGION
from tests.wire.acting import Acting
from tests.wire.before_moto import AS_SIGNED_IN
from tests.wire.fleet import Fleet
from tests.wire.wire import Wire


@pytest.fixture(scope="session", autouse=True)
def environment(signed_in: None, wire_before_moto: Wire) -> None:
    """Every session that is begun here is the hub's, and finds its table and queues on the wire."""


@pytest.fixture(scope="session")
def ears() -> Iterator[Ears]:
    app = App()
    with served(app.starlette()) as address:
        yield Ears(app, f"{address}/slack/events")


@pytest.fixture(scope="session")
def doorway() -> Iterator[Doorway]:
    """Where Slack finds the front of the story that is told."""
    doorway = Doorway()
    with served(doorway.starlette()) as address:
        doorway.url = f"{address}/slack/events"
        yield doorway


@pytest.fixture(scope="session")
def posted(ears: Ears) -> Iterator[Posted]:
    """Clicking changes nothing in Slack, so one bulletin serves all who need no more than a true click."""
    workspace = Workspace(Clock().seconds)
    message = render(compose(bulletin().episode, [incident()]), bulletin().episode)
    with served(Starlette(routes=routes(workspace))) as address:
        slack = Slack(BOT_TOKEN, f"{address}/api/", PATIENCE_SECONDS)
        ts = slack.post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
        yield Posted(workspace, ts, ears, f"{address}/api/")


@pytest.fixture(scope="session")
def click(posted: Posted) -> bytes:
    """Alice clicks on Acknowledge."""
    return posted.click()


@pytest.fixture(scope="session")
def command(posted: Posted) -> bytes:
    """Alice types /ecs status."""
    return posted.command()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(clock: Clock) -> Front:
    return Front(clock)


@pytest.fixture
def front_with_slack(clock: Clock, posted: Posted) -> Front:
    """One that reaches the workspace in which the bulletin is posted."""
    return Front(clock, api=posted.api)


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    return Workspace(clock.seconds)


@pytest.fixture
def slack(workspace: Workspace) -> Iterator[str]:
    """Slack, served: the address of its Web API."""
    with served(Starlette(routes=routes(workspace))) as address:
        yield f"{address}/api/"


@pytest.fixture(scope="session")
def loader() -> Loader:
    """Parsed service models, parsed once."""
    return LeanLoader()


@pytest.fixture(scope="session")
def hub(environment: None, loader: Loader) -> Hub:  # noqa: ARG001 - it reads the environment
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return Hub(boto3.Session(region_name=REGION, botocore_session=session), loader)


@pytest.fixture
def moto() -> Iterator[None]:
    """Moto's AWS, for what the wire has not."""
    with mock_aws(config=AS_SIGNED_IN):
        yield


@pytest.fixture
def wire(wire_before_moto: Wire) -> Iterator[Wire]:
    """The wire with nothing on it; nothing of it is left for the next test."""
    yield wire_before_moto
    wire_before_moto.services.clear()


@pytest.fixture
def story(wire: Wire, hub: Hub, workspace: Workspace, slack: str, ears: Ears, doorway: Doorway, clock: Clock) -> Story:
    """Plays an hour ago: the members' clock is the machine's, and what they launch must be newer than any click."""
    clock.now, clock.tick = datetime.now(UTC) - timedelta(hours=1), timedelta(milliseconds=1)
    members = Acting()
    members.hang(wire)
    fleet = Fleet(members)
    return Story(hub, hub.deploy(wire, clock.seconds), fleet, fleet.cluster(), clock, workspace, slack, ears, doorway)
