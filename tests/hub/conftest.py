import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from itertools import count
from threading import Lock
from typing import Any

import boto3
import botocore.session
import pytest
import time_machine
from botocore.loaders import Loader
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.organizations.models import organizations_backends

from coastguard.local.fleet import moto_gaps
from hub.queues import Queues
from hub.runtime.telemetry import log_as_json
from hub.table.store import Store
from spoke.accounts import Accounts, Role
from spoke.models import LeanLoader
from tests.hub.factories import NOON, Json
from tests.hub.faults import Faults
from tests.hub.reluctance import Reluctance
from tests.hub.slack_side import SlackSide, Stand, enter, slack_server
from tests.hub.stack import Mail, create_table
from tests.hub.station import Station
from tests.hub.timing import Clock
from tests.spoke.fleet import ACCOUNT, REGION, Fleet

HUB_REGION = "eu-west-1"


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Whoever runs the tests may be signed in to a real account: not here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/dev/null")
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAHUB0000000000000")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hub-not-a-secret")
        patch.setenv("AWS_DEFAULT_REGION", HUB_REGION)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a second for each test, and nobody asks for one
        yield


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield Clock(traveller)


# AWS: clients take longer to make than most tests take to run, so one set of them serves all


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
def shared_reluctant_sqs(session: boto3.Session) -> tuple[Any, Reluctance]:
    client, reluctance = session.client("sqs"), Reluctance()
    reluctance.hook(client)
    return client, reluctance


@pytest.fixture
def reluctant_sqs(shared_reluctant_sqs: tuple[Any, Reluctance]) -> tuple[Any, Reluctance]:
    """An SQS that refuses what a test tells it to."""
    shared_reluctant_sqs[1].willing()
    return shared_reluctant_sqs


@pytest.fixture(scope="session")
def shared_organizations(session: boto3.Session) -> Any:
    return session.client("organizations")


@pytest.fixture
def organizations(aws: None, shared_organizations: Any) -> Any:  # noqa: ARG001 - moto must be up
    """An organization of the hub and the one member account of the tests."""
    shared_organizations.create_organization(FeatureSet="ALL")
    shared_organizations.create_account(AccountName="payments", Email="payments@example.com")
    organizations_backends["123456789012"]["aws"].accounts[-1].id = ACCOUNT  # moto makes ids up
    return shared_organizations


@pytest.fixture(scope="session")
def dynamodb(session: boto3.Session) -> Any:
    return session.client("dynamodb")


@pytest.fixture(scope="session")
def shared_store(environment: None) -> Store:  # noqa: ARG001 - it reads the environment
    return Store("coastguard", HUB_REGION)


@pytest.fixture(scope="session")
def one_transaction_at_a_time() -> Iterator[None]:
    """Moto copies the table before a transaction, and puts the copy back if it fails: two at once spoil each other.

    It copies it once for each row, and every row of it. What is put takes a row's place, so the places are copy enough.
    """
    lock, write = Lock(), DynamoDBBackend.transact_write_items

    def locked(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        with lock:
            write(backend, items)

    def copied(table: Table, _memo: dict[int, Any]) -> Table:
        twin = copy(table)
        twin.items = defaultdict(dict, {pk: dict(rows) for pk, rows in table.items.items()})
        return twin

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoDBBackend, "transact_write_items", locked)
        patch.setattr(Table, "__deepcopy__", copied, raising=False)
        yield


@pytest.fixture
def aws(clock: Clock, one_transaction_at_a_time: None) -> Iterator[None]:  # noqa: ARG001 - moto goes by it
    """Moto's AWS, with the gaps filled and nothing in it."""
    moto_gaps.fill()
    moto_gaps.PINGS.clear()
    with mock_aws():
        yield


@pytest.fixture
def store(aws: None, dynamodb: Any, shared_store: Store) -> Store:  # noqa: ARG001 - moto must be up
    create_table(dynamodb)
    return shared_store


@pytest.fixture
def mail(aws: None, sqs: Any) -> Mail:  # noqa: ARG001 - moto must be up
    return Mail.create(sqs)


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


@pytest.fixture(scope="session")
def owners(session: boto3.Session, loader: Loader) -> Accounts:
    """The member accounts' own people, whom no fault touches."""
    return Accounts(session, loader)


_sessions = count(1)


@pytest.fixture
def reader() -> Role:
    """The role that looks. Each test signs in anew, because each has a moto of its own."""
    return Role("coastguard-reader", f"look-{next(_sessions)}")


@pytest.fixture
def fleet(aws: None, owners: Accounts) -> Fleet:  # noqa: ARG001 - moto must be up
    """The member account from inside."""
    return Fleet(owners.member(ACCOUNT, REGION, Role("owner", f"owner-{next(_sessions)}")))


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
    organizations: Any,
) -> Station:
    """The whole hub between its queues, its table, Slack and a member account."""
    return Station(clock, mail, queues, store, accounts, reader, slack, fleet, faults, slack.client, organizations)


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
