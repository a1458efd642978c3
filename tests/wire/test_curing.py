"""What the hub asks AWS with its own credentials is asked once more, if AWS does not know these for once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub.policy.repair_stop import RepairStop
from hub.runtime.clients import AWS, HubSession
from hub.sweeping.organization import Organization
from hub.table.store import Store
from tests.hub.stack import create_table
from tests.signed_in import HUB_REGION
from tests.wire.members import Members, Place
from tests.wire.table import Tables
from tests.wire.wire import Call, Failure, Service, Wire

PLACE = Place("222233334444", HUB_REGION, "prod-payments")


@contextmanager
def forgetful(wire: Wire, service: str, times: int) -> Iterator[Counter[str]]:
    """The service refuses so many calls as stale; how often each operation was called."""
    answers: Service = wire.services[service]
    called: Counter[str] = Counter()

    def answer(call: Call) -> bytes:
        called[call.operation] += 1
        if called.total() <= times:
            raise Failure("UnrecognizedClientException", "The security token included in the request is invalid.")
        return answers(call)

    wire.services[service] = answer
    yield called
    wire.services[service] = answers


@pytest.fixture
def organization(wire: Wire) -> Organization:
    members = Members()
    members.grow(PLACE, 1)
    members.hang(wire)
    with wire.hung():
        client = HubSession().client("organizations", config=AWS)
    return Organization(client, lambda: datetime(2026, 11, 20, 12, tzinfo=UTC), lambda: None)


def test_the_organization_is_asked_once_more(wire: Wire, organization: Organization) -> None:
    with forgetful(wire, "organizations", 1) as called:
        assert PLACE.account in organization.names()
    assert called == {"ListAccounts": 2}


def test_who_is_not_known_twice_is_told_so(wire: Wire, organization: Organization) -> None:
    with forgetful(wire, "organizations", 2) as called, pytest.raises(ClientError, match="UnrecognizedClient"):
        organization.names()
    assert called == {"ListAccounts": 2}


def test_the_table_is_written_once_whatever_is_asked_twice(wire: Wire, dynamodb: Any) -> None:
    create_table(dynamodb)
    tables = wire.services["dynamodb"]
    with wire.hung():
        store = Store("coastguard", HUB_REGION)
        with forgetful(wire, "dynamodb", 1) as called:
            store.turn(RepairStop("U0ALICE01"))
        assert store.switch() == RepairStop("U0ALICE01", version=1)
    assert called["PutItem"] == 2
    assert isinstance(tables, Tables)
    assert len(tables.rows("coastguard")) == 1
