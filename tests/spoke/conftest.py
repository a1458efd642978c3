from collections.abc import Iterator
from itertools import count

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from moto import mock_aws

from coastguard.local.fleet import moto_gaps, systems_manager
from spoke.accounts import Accounts, Member, Role
from spoke.models import LeanLoader
from spoke.repairs.restart_agent import DOCUMENT
from tests.signed_in import KEYS, NOBODY, sign_in
from tests.spoke.fleet import ACCOUNT, REGION, Faults, Fleet


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed in here."""
    sign_in(monkeypatch, NOBODY)


@pytest.fixture(scope="session")
def loader() -> Loader:
    """Parsed service models, parsed once."""
    return LeanLoader()


@pytest.fixture(scope="session")
def hub(loader: Loader) -> boto3.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    return boto3.Session(
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name="eu-west-1",
        botocore_session=session,
    )


@pytest.fixture
def aws() -> Iterator[None]:
    """Moto's AWS, with the gaps filled and nothing in it."""
    moto_gaps.fill()
    systems_manager.PINGS.clear()
    systems_manager.DOCUMENTS[ACCOUNT, REGION] = {DOCUMENT: {}}
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def wired(hub: boto3.Session, loader: Loader) -> tuple[Accounts, Faults]:
    """Clients take longer to make than most tests take to run: one set of them serves all."""
    accounts, faults = Accounts(hub, loader), Faults()
    accounts.events.register("before-call.*.*", faults)
    return accounts, faults


@pytest.fixture
def accounts(wired: tuple[Accounts, Faults]) -> Accounts:
    return wired[0]


@pytest.fixture
def faults(wired: tuple[Accounts, Faults]) -> Iterator[Faults]:
    wired[1].clear()
    yield wired[1]
    wired[1].clear()


_sessions = count(1)


@pytest.fixture
def member(accounts: Accounts, faults: Faults) -> Member:  # noqa: ARG001 - no fault of another test may be left
    """The member account as the hub sees it. Each test signs in anew, because each has a moto of its own."""
    return accounts.member(ACCOUNT, REGION, Role("coastguard-reader", f"look-{next(_sessions)}"))


@pytest.fixture(scope="session")
def owners(hub: boto3.Session, loader: Loader) -> Accounts:
    """The member accounts' own people, whom no fault touches."""
    return Accounts(hub, loader)


@pytest.fixture
def fleet(aws: None, owners: Accounts) -> Fleet:  # noqa: ARG001 - moto must be up
    """The member account from inside."""
    return Fleet(owners.member(ACCOUNT, REGION, Role("owner", f"owner-{next(_sessions)}")))
