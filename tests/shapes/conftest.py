from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from starlette.applications import Starlette

from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import BOT_TOKEN, Workspace
from hub.slack.client import Slack
from hub.table.store import Store
from tests.chatops.factories import Clock
from tests.chatops.fronts import Doorway, Front
from tests.chatops.policies import Ssm
from tests.hub.stack import create_table
from tests.local_slack.serving import served
from tests.patience import PATIENCE_SECONDS
from tests.shapes.recording import take_rows
from tests.signed_in import HUB_REGION
from tests.wire.table import Tables
from tests.wire.wire import Wire

# Whoever clicks in these tests may do everything: whether a sample is understood must not depend on rights.
POLICY = """
[[rights]]
who = ["U0ALICE01"]
may = "*"
"""


@pytest.fixture(scope="session", autouse=True)
def environment(signed_in: None) -> None:
    """Every session that is begun here is the hub's."""


@pytest.fixture(scope="session")
def wired(environment: None) -> tuple[Wire, Any, Store]:  # noqa: ARG001 - it reads the environment
    wire = Wire()
    with wire.hung():  # no longer than this: other tests' sessions are none of ours
        return wire, boto3.Session(region_name=HUB_REGION).client("dynamodb"), Store("coastguard", HUB_REGION)


@dataclass(frozen=True)
class Kept:
    """A table, what reads it, and the way of a raw row into it."""

    store: Store
    tables: Tables
    dynamodb: Any

    def put(self, row: dict[str, Any]) -> None:
        item = {name: {"B": b64decode(value["B"])} if "B" in value else value for name, value in row.items()}
        self.dynamodb.put_item(TableName="coastguard", Item=item)

    def taken(self) -> list[dict[str, Any]]:
        return take_rows(self.tables, self.dynamodb)


@pytest.fixture
def kept(wired: tuple[Wire, Any, Store]) -> Kept:
    wire, client, store = wired
    tables = Tables()
    tables.hang(wire)
    create_table(client)
    return Kept(store, tables, client)


@dataclass(frozen=True)
class Office:
    """A workspace, and the app that hears of what people do there."""

    workspace: Workspace
    address: str
    slack: Slack
    front: Front


@pytest.fixture(scope="session")
def offices() -> Iterator[tuple[Workspace, str, Doorway]]:
    workspace, doorway = Workspace(Clock().seconds), Doorway()
    with served(Starlette(routes=routes(workspace))) as address, served(doorway.starlette()) as app:
        doorway.url = workspace.request_url = f"{app}/slack/events"
        yield workspace, address, doorway


@pytest.fixture
def office(offices: tuple[Workspace, str, Doorway]) -> Office:
    workspace, address, doorway = offices
    front = Front(Clock(), api=f"{address}/api/", ssm=Ssm(POLICY))
    doorway.answer = front.answer
    return Office(workspace, address, Slack(BOT_TOKEN, f"{address}/api/", PATIENCE_SECONDS), front)
