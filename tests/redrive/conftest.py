import signal
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from coastguard.cli import console
from tests.hub.reluctance import Reluctance
from tests.redrive.office import Office, Stack, create_queues


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be signed in to a real account: not here."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operator-not-a-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(console.out, "width", 400)  # tables in one piece
    monkeypatch.setattr(console.out, "height", 50)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The command line takes the signals over, for the whole process: put back what was before."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def reluctance() -> Reluctance:
    return Reluctance()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """The operator's session, in moto's AWS. There is no hub in it yet."""
    with mock_aws():
        session = boto3.Session()
        monkeypatch.setattr(boto3, "Session", lambda: session)
        session.events.register("before-call.cloudformation.DescribeStacks", Stack(None))
        yield session


@pytest.fixture
def office(session: boto3.Session, reluctance: Reluctance) -> Office:
    """The hub's queues, and an operator whose calls of SQS can be watched and disturbed."""
    ours = session.client("sqs")
    outputs = create_queues(ours)
    session.events.register_first("before-call.cloudformation.DescribeStacks", Stack(outputs))
    office = Office(ours, outputs)
    office.disturb(session.events, reluctance)
    return office
