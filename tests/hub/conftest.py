import json
import logging
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from typing import Any

import boto3
import botocore.session
import pytest
import time_machine
from botocore.loaders import Loader
from moto import mock_aws

from hub.queues import Queues
from hub.runtime.telemetry import log_as_json
from hub.table.store import Store
from spoke.accounts import Accounts, Role
from spoke.models import LeanLoader
from tests.hub.factories import NOON, Json
from tests.hub.faults import Faults
from tests.hub.slack_side import SlackSide, Stand, enter, slack_server
from tests.hub.stack import Mail, create_table
from tests.hub.station import Station
from tests.hub.timing import Clock
from tests.signed_in import HUB_ACCOUNT, HUB_REGION
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire.acting import Acting
from tests.wire.before_moto import AS_SIGNED_IN
from tests.wire.faults import Faults as FaultsOnTheWire
from tests.wire.fleet import Fleet
from tests.wire.organization import Enrolled, Organization
from tests.wire.parameters import Parameters
from tests.wire.table import Tables
from tests.wire.wire import Wire


@pytest.fixture(scope="session", autouse=True)
def environment(signed_in: None, wire_before_moto: Wire) -> None:
    """Every session that is begun here is the hub's, and finds its table and queues on the wire."""


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield Clock(traveller)


# AWS: clients take longer to make than most tests take to run, so one set of them serves all


@pytest.fixture
def wire(wire_before_moto: Wire) -> Iterator[Wire]:
    """The wire with nothing on it; nothing of it is left for the next test."""
    yield wire_before_moto
    wire_before_moto.services.clear()
    wire_before_moto.faults = FaultsOnTheWire()


@pytest.fixture(scope="session")
def loader() -> Loader:
    """Parsed service models, parsed once; the members' are as lean as in AWS."""
    return LeanLoader()


@pytest.fixture(scope="session")
def session(environment: None, loader: Loader) -> boto3.Session:  # noqa: ARG001 - it reads the environment
    core = botocore.session.Session()
    core.register_component("data_loader", loader)
    return boto3.Session(region_name=HUB_REGION, botocore_session=core)


@pytest.fixture(scope="session")
def sqs(session: boto3.Session) -> Any:
    return session.client("sqs")


@pytest.fixture(scope="session")
def client_of(session: boto3.Session) -> Callable[[str], Any]:
    """The hub's clients of what it seldom asks for."""
    return cache(session.client)


@pytest.fixture
def organization(wire: Wire, members: Acting) -> Organization:
    """An organization of the hub and the one member account of the tests."""
    members.region(HUB_ACCOUNT, REGION)
    organization = Organization({HUB_ACCOUNT: Enrolled("master"), ACCOUNT: Enrolled("payments")})
    organization.hang(wire)
    return organization


@pytest.fixture
def parameters(wire: Wire, members: Acting) -> Parameters:  # noqa: ARG001 - they answer for the same service
    parameters = Parameters()
    parameters.hang(wire)
    return parameters


@pytest.fixture(scope="session")
def dynamodb(session: boto3.Session) -> Any:
    return session.client("dynamodb")


@pytest.fixture(scope="session")
def shared_store(environment: None) -> Store:  # noqa: ARG001 - it reads the environment
    return Store("coastguard", HUB_REGION, opens_in_pages=True)


@pytest.fixture
def aws(clock: Clock) -> Iterator[None]:  # noqa: ARG001 - moto goes by it
    """Moto's AWS with nothing in it, for what the wire has not: what the hub seldom asks for."""
    with mock_aws(config=AS_SIGNED_IN):
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hold the wire's table to moto's: what a store does is played on both."""
    if metafunc.module.__name__.endswith(".test_store") and "keeper" in metafunc.fixturenames:
        both = ["the wire", pytest.param("moto", marks=pytest.mark.nightly)]
        metafunc.parametrize("keeper", both, indirect=True)


@pytest.fixture
def keeper(request: pytest.FixtureRequest, wire: Wire) -> None:
    """Who answers for the table: the wire, unless a test is told otherwise."""
    if getattr(request, "param", "the wire") == "the wire":
        Tables().hang(wire)
    else:
        request.getfixturevalue("aws")


@pytest.fixture
def store(keeper: None, clock: Clock, dynamodb: Any, shared_store: Store) -> Store:  # noqa: ARG001 - there must be an AWS
    create_table(dynamodb)
    return shared_store


@pytest.fixture
def mail(wire: Wire, sqs: Any, clock: Clock) -> Mail:
    mail = Mail(sqs, clock.seconds)
    mail.service.hang(wire)
    return mail


@pytest.fixture
def queues(sqs: Any) -> Queues:
    return Queues(sqs)


# Member accounts


@pytest.fixture(scope="session")
def wired(session: boto3.Session, loader: Loader) -> tuple[Accounts, Faults]:
    faults = Faults()
    session.events.register("before-call.sts.*", faults)
    accounts = Accounts(session, loader)
    accounts.events.register("before-call.*.*", faults)
    return accounts, faults


@pytest.fixture
def accounts(wired: tuple[Accounts, Faults]) -> Accounts:
    return wired[0]


@pytest.fixture
def faults(wired: tuple[Accounts, Faults]) -> Iterator[Faults]:
    """What goes wrong on the way to the member accounts; nothing of it is left for the next test."""
    wired[1].clear()
    yield wired[1]
    wired[1].clear()


_sessions = count(1)


@pytest.fixture
def reader() -> Role:
    """The role that looks. Each test signs in anew, because each has members of its own."""
    return Role("coastguard-reader", f"look-{next(_sessions)}")


@pytest.fixture
def members(wire: Wire, clock: Clock) -> Acting:
    members = Acting(clock)
    members.hang(wire)
    return members


@pytest.fixture
def fleet(members: Acting) -> Fleet:
    """The member account from inside."""
    members.region(ACCOUNT, REGION)
    return Fleet(members)


# Slack


@pytest.fixture(scope="session")
def slack_stand() -> Iterator[tuple[Stand, str]]:
    with slack_server() as served:
        yield served


@pytest.fixture
def slack(slack_stand: tuple[Stand, str], clock: Clock) -> SlackSide:
    return enter(*slack_stand, clock.seconds)


@pytest.fixture
def station(
    clock: Clock,
    mail: Mail,
    queues: Queues,
    store: Store,
    accounts: Accounts,
    reader: Role,
    slack: SlackSide,
    fleet: Fleet,
    faults: Faults,
    organization: Organization,
    parameters: Parameters,
    client_of: Callable[[str], Any],
) -> Station:
    """The whole hub between its queues, its table, Slack and a member account."""
    return Station(
        clock,
        mail,
        queues,
        store,
        accounts,
        reader,
        slack,
        fleet,
        faults,
        slack.client,
        organization,
        parameters,
        client_of,
    )


@pytest.fixture
def log_lines(quiet_logs: None, caplog: pytest.LogCaptureFixture) -> Callable[[], list[Json]]:  # noqa: ARG001 - to put the logs back
    """What has been logged, as CloudWatch gets it: a JSON object a line."""
    log_as_json()
    return lambda: [json.loads(line) for line in caplog.text.splitlines()]


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """The entry points make all logs JSON, for the whole process: put back what was before."""
    root = logging.getLogger()
    kept = root.level, [(handler, handler.formatter) for handler in root.handlers]
    levels = {name: logging.getLogger(name).level for name in ("botocore", "boto3", "urllib3", "chatty")}
    yield
    root.setLevel(kept[0])
    for handler in list(root.handlers):
        if handler not in [before for before, _ in kept[1]]:
            root.removeHandler(handler)
    for handler, formatter in kept[1]:
        handler.setFormatter(formatter)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
