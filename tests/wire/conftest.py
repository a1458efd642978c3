from typing import Any

import boto3
import pytest

from tests.signed_in import HUB_REGION
from tests.wire.table import Tables
from tests.wire.wire import Wire


@pytest.fixture(scope="session", autouse=True)
def environment(signed_in: None) -> None:
    """Every session that is begun here is the hub's."""


@pytest.fixture(scope="session")
def wired(environment: None) -> tuple[Wire, Any]:  # noqa: ARG001 - it reads the environment
    wire = Wire()
    with wire.hung():  # no longer than this: other tests' sessions are none of ours
        return wire, boto3.Session(region_name=HUB_REGION)


@pytest.fixture
def wire(wired: tuple[Wire, Any]) -> Wire:
    wired[0].services.clear()
    wired[0].faults.mend()
    return wired[0]


@pytest.fixture
def session(wired: tuple[Wire, Any]) -> Any:
    """The hub's own session; its clients talk to the wire."""
    return wired[1]


@pytest.fixture(scope="session")
def shared_dynamodb(wired: tuple[Wire, Any]) -> Any:
    return wired[1].client("dynamodb")


@pytest.fixture
def dynamodb(wire: Wire, shared_dynamodb: Any) -> Any:
    Tables().hang(wire)
    return shared_dynamodb


@pytest.fixture(scope="session")
def moto_dynamodb(environment: None) -> Any:  # noqa: ARG001 - it reads the environment
    """A client that moto answers under mock_aws, and nobody elsewhere."""
    return boto3.Session(region_name=HUB_REGION).client("dynamodb")
