"""Entry point of the function behind the HTTP API that Slack calls. It has no rights in any member account."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from chatops import app, requests
from chatops.gate import Gate
from hub.queues import Queues
from hub.runtime import AWS, clock
from hub.secrets import Vault
from hub.settings import read
from hub.telemetry import Counts, log_as_json


@dataclass(frozen=True, slots=True)
class Settings:
    """What front is told."""

    acts_queue_url: str
    slack_secret_arn: str
    slack_team: str
    slack_api_url: str
    policy_place: str = ""


@cache
def wire() -> tuple[Gate, Counts]:
    """Make what front works with."""
    log_as_json(quiet=("slack_bolt", "slack_sdk"))  # both log the bodies of requests they do not like
    settings = read(Settings, os.environ)
    counts = Counts()
    session = boto3.Session()
    queues = Queues(session.client("sqs", config=AWS))

    def enqueue(request: requests.Request) -> None:
        queues.send_in_order(settings.acts_queue_url, request.cluster, requests.to_message(request), request.id)

    gate = Gate(
        secret=Vault(session.client("secretsmanager", config=AWS), settings.slack_secret_arn, clock).slack,
        app=lambda secret: app.make(app.Workspace(settings.slack_team, settings.slack_api_url, secret), enqueue, clock),
        clock=clock,
        count=counts.add,
    )
    return gate, counts


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request from Slack."""
    gate, counts = wire()
    try:
        return gate.answer(event)
    finally:
        counts.flush()
