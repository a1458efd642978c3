import signal
from collections.abc import Iterator

import boto3
import pytest

from coastguard.cli import console
from tests.redrive.office import Office, Stack, make_queues
from tests.signed_in import sign_in
from tests.wire.sqs import Sqs
from tests.wire.wire import Wire


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator is signed in, to the hub's account."""
    sign_in(monkeypatch)
    monkeypatch.setattr(console.out, "width", 400)  # tables in one piece
    monkeypatch.setattr(console.out, "height", 50)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The command line takes the signals over, for the whole process: put back what was before."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def shared_wire() -> Wire:
    return Wire()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, shared_wire: Wire) -> boto3.Session:
    """The operator's session. There is no hub in AWS yet."""
    shared_wire.services.clear()
    with shared_wire.hung():  # no longer than this: other tests' sessions are none of ours
        session = boto3.Session()
    monkeypatch.setattr(boto3, "Session", lambda: session)
    session.events.register("before-call.cloudformation.DescribeStacks", Stack(None))
    return session


@pytest.fixture
def office(session: boto3.Session, shared_wire: Wire) -> Office:
    """The hub's queues, and an operator whose calls of SQS can be watched and disturbed."""
    service = Sqs()
    service.hang(shared_wire)
    outputs = make_queues(service)
    session.events.register_first("before-call.cloudformation.DescribeStacks", Stack(outputs))
    office = Office(session.client("sqs"), service, outputs)
    office.disturb(session.events)
    return office
