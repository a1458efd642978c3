"""Entry point of the function that reads acts.fifo: the only one that changes anything in a member account."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from chatops.execution import Execution
from hub.desk import Desk
from hub.queues import Queues, answer, records
from hub.runtime import AWS, clock
from hub.secrets import Vault
from hub.settings import read
from hub.slack import Slack
from hub.store import Store
from hub.telemetry import Counts, log_as_json
from spoke.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Settings:
    """What act is told."""

    table: str
    acts_queue_url: str
    looks_queue_url: str
    slack_secret_arn: str
    slack_team: str
    slack_api_url: str
    remediator_role: str
    policy_place: str = ""


@cache
def wire() -> tuple[Execution, str, Counts]:
    """Make what act works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    session = boto3.Session()
    vault = Vault(session.client("secretsmanager", config=AWS), settings.slack_secret_arn, clock)
    store = Store(settings.table, session.region_name)
    execution = Execution(
        store=store,
        desk=Desk(store),
        accounts=Accounts(session),
        remediator=settings.remediator_role,
        queues=Queues(session.client("sqs", config=AWS)),
        looks_url=settings.looks_queue_url,
        slack=lambda: Slack(vault.slack().bot_token, settings.slack_api_url),
        team=settings.slack_team,
        clock=clock,
        count=counts.add,
    )
    return execution, settings.acts_queue_url, counts


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Work off requests."""
    execution, acts_url, counts = wire()
    try:
        return answer(execution.queues.work_off(acts_url, records(event), execution.attend))
    finally:
        counts.flush()
