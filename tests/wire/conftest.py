import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.wire.table import Tables
from tests.wire.wire import Wire

REGION = "eu-west-1"


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Whoever runs the tests may be signed in to a real account: not here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAHUB0000000000000")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hub-not-a-secret")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def wired(environment: None) -> tuple[Wire, Any]:  # noqa: ARG001 - it reads the environment
    wire = Wire()
    with wire.hung():  # no longer than this: other tests' sessions are none of ours
        return wire, boto3.Session(region_name=REGION)


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
    return boto3.Session(region_name=REGION).client("dynamodb")
