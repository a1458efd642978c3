"""The stage: everything around the hub in one process, with a meter at each door.

One stage serves a whole run, for its clients are expensive; `clear` puts a new, empty world around them.
"""

import gc
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3

from coastguard.local.slack.directory import TEAM
from coastguard.local.slack.workspace import BOT_TOKEN
from tests.hub.factories import CHANNEL, GRACE
from tests.hub.stack import create_table, queue
from tests.signed_in import FOREIGN, HUB, HUB_REGION
from tests.wire.members import Members
from tests.wire.meter import Meter
from tests.wire.queues import Queue
from tests.wire.slack import Slack
from tests.wire.sqs import Sqs
from tests.wire.table import Tables
from tests.wire.wire import Call, Stray, Wire

TABLE = "coastguard"
READER = "coastguard/coastguard-reader"
_SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:coastguard-slack"
SIGNING_SECRET = "local-signing-secret-not-a-secret"


@dataclass
class Stage:
    """What the hub's functions see of the world."""

    wire: Wire
    slack: Slack
    dynamodb: Any
    members: Members = field(init=False)
    tables: Tables = field(init=False)
    delay: Queue = field(init=False)
    delay_dead: Queue = field(init=False)
    looks: Queue = field(init=False)
    looks_dead: Queue = field(init=False)
    acts: Queue = field(init=False)

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew: nobody is there, nothing is kept, nothing lies in a queue, nothing goes wrong.

        But for an account: sweep writes them all when it first runs.
        """
        self.wire.faults.mend()
        self.members, self.tables = Members(), Tables()
        self.delay_dead, self.looks_dead = queue(Queue, "DelayDeadQueue", _time), queue(Queue, "LooksDeadQueue", _time)
        self.delay, self.looks = (
            queue(Queue, "DelayQueue", _time, self.delay_dead),
            queue(Queue, "LooksQueue", _time, self.looks_dead),
        )
        self.acts = queue(Queue, "ActsQueue", _time)
        self.members.hang(self.wire)
        self.tables.hang(self.wire)
        Sqs(self.delay, self.delay_dead, self.looks, self.looks_dead, self.acts).hang(self.wire)
        self.wire.services["secrets-manager"] = _secret
        create_table(self.dynamodb)
        account = {"pk": "account", "sk": "222233334444", "data": '{"id": "222233334444"}'}
        self.dynamodb.put_item(TableName=TABLE, Item={name: {"S": value} for name, value in account.items()})
        self.slack.said.clear()
        self.wire.meter = Meter()

    @contextmanager
    def latency(self, aws: float, sts: float, slack: float) -> Iterator[None]:
        """Let the world take its time meanwhile: seconds a call."""
        wire = self.wire.latency
        wire.aws, wire.sts, self.slack.latency = aws, sts, slack
        try:
            yield
        finally:
            wire.aws = wire.sts = self.slack.latency = 0.0

    @contextmanager
    def measured(self) -> Iterator[Meter]:
        """A meter for what is done meanwhile.

        What exists already is kept from the garbage collector: it would walk through the stand-ins' worlds again and
        again, at the expense of whoever allocates.
        """
        gc.collect()
        gc.freeze()
        meter = self.wire.meter = Meter()
        try:
            yield meter
        finally:
            meter.stop()
            gc.unfreeze()
        if self.slack.strays:
            raise Stray(f"Slack was asked for {self.slack.strays}")

    def settings(self, api_url: str = "") -> dict[str, str]:
        """What the functions' environment says."""
        return {
            "COASTGUARD_TABLE": TABLE,
            "COASTGUARD_DELAY_QUEUE_URL": self.delay.url,
            "COASTGUARD_DEAD_QUEUE_URL": self.delay_dead.url,
            "COASTGUARD_LOOKS_QUEUE_URL": self.looks.url,
            "COASTGUARD_GRACE_SECONDS": str(int(GRACE.total_seconds())),
            "COASTGUARD_SLACK_SECRET_ARN": _SECRET,
            "COASTGUARD_SLACK_CHANNEL": CHANNEL,
            "COASTGUARD_SLACK_API_URL": api_url or self.slack.url,
            "COASTGUARD_READER_ROLE": READER,
            "COASTGUARD_REGIONS": HUB_REGION,
            "COASTGUARD_INCIDENT_PAGES": "yes",
        }

    def front_settings(self) -> dict[str, str]:
        """What front's environment says besides."""
        return {"COASTGUARD_ACTS_QUEUE_URL": self.acts.url, "COASTGUARD_SLACK_TEAM": TEAM.id}


@contextmanager
def staged() -> Iterator[Stage]:
    """Set the stage. Whoever runs this may be signed in to a real account: not here."""
    wire = Wire()
    slack = Slack(lambda: wire.meter)
    # The entry points use boto3's default session: here it must be one that the wire hangs in, and elsewhere not.
    default = patch.object(boto3, "DEFAULT_SESSION", None)
    with patch.dict(os.environ, HUB), wire.hung(), slack.served(), default:
        for name in FOREIGN:
            os.environ.pop(name, None)
        yield Stage(wire, slack, boto3.Session(region_name=HUB_REGION).client("dynamodb"))


def now() -> datetime:
    return datetime.now(UTC)


def _time() -> float:
    return time.time()  # looked up anew: it may be moved


def _secret(call: Call) -> bytes:
    if call.operation != "GetSecretValue" or call.fields != {"SecretId": _SECRET}:
        raise Stray(f"secretsmanager:{call.operation} with {call.fields}")
    text = json.dumps({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET})
    return json.dumps({"ARN": _SECRET, "Name": "coastguard-slack", "SecretString": text}).encode()
