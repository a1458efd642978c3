import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from moto import mock_aws
from moto.core.models import MockAWS
from starlette.applications import Starlette

from coastguard.local.fleet import moto_gaps
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.incidents.bulletin import compose
from hub.slack.bulletin_message import render
from hub.slack.client import Slack
from spoke.accounts import Accounts, Role
from spoke.models import LeanLoader
from tests.chatops.factories import CHANNEL, Clock, Ears, Posted, bulletin, incident
from tests.chatops.fronts import Doorway, Front
from tests.chatops.story import Hub, Story
from tests.local_slack.serving import App, served
from tests.spoke.fleet import ACCOUNT, REGION, Fleet


def forget_who_runs_this(environment: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be signed in to a real account: not here."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        environment.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        environment.setenv(name, "/dev/null")
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_who_runs_this(monkeypatch)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a second for each test, and nobody asks for one


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
    message = render(compose(bulletin(), [incident()]), bulletin())
    with served(Starlette(routes=routes(workspace))) as address:
        slack = Slack(BOT_TOKEN, f"{address}/api/")
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
def hub(loader: Loader) -> Hub:
    with pytest.MonkeyPatch.context() as environment:
        forget_who_runs_this(environment)
        return Hub(_session(loader), loader)


@pytest.fixture(scope="session")
def owners(loader: Loader) -> Accounts:
    """The member accounts' own people, whose calls nobody counts."""
    with pytest.MonkeyPatch.context() as environment:
        forget_who_runs_this(environment)
        return Accounts(_session(loader), loader)


@pytest.fixture(scope="module")
def moto() -> Iterator[MockAWS]:
    """Moto's AWS, with the gaps filled. To begin it takes longer than to empty it."""
    moto_gaps.fill()
    gc.freeze()  # AWS's models are a million objects: to look through them again and again takes its time
    with mock_aws() as moto:
        yield moto


@pytest.fixture
def aws(moto: MockAWS) -> None:
    """The same with nothing in it."""
    moto.reset()
    moto_gaps.PINGS.clear()


_owners = count(1)


@pytest.fixture
def story(
    aws: None,  # noqa: ARG001 - moto must be up
    hub: Hub,
    owners: Accounts,
    workspace: Workspace,
    slack: str,
    ears: Ears,
    doorway: Doorway,
    clock: Clock,
) -> Story:
    """Plays an hour ago: moto's clock is the machine's, and what it launches must be newer than any click."""
    clock.now, clock.tick = datetime.now(UTC) - timedelta(hours=1), timedelta(milliseconds=1)
    fleet = Fleet(owners.member(ACCOUNT, REGION, Role("owner", f"owner-{next(_owners)}")))
    return Story(hub, hub.deploy(), fleet, fleet.cluster(), clock, workspace, slack, ears, doorway)


def _session(loader: Loader) -> boto3.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return boto3.Session(
        aws_access_key_id="AKIAHUB0000000000000",
        aws_secret_access_key="hub-not-a-secret",
        region_name=REGION,
        botocore_session=session,
    )
