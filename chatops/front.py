"""Entry point of the function behind the HTTP API that Slack calls. It has no rights in any member account."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from hub.runtime.init_phase import begin, init_phase

with init_phase():
    from botocore.config import Config

    from chatops import app
    from chatops.clicks import requests
    from chatops.clicks.requests import Request
    from chatops.commands import message
    from chatops.commands.answer_parts import Answer
    from chatops.commands.message import CommandMessage
    from chatops.http_adapter import HttpAdapter
    from chatops.rights import Rights
    from chatops.slack_users import SlackUsers
    from hub.fifo import cluster_group, send_in_order
    from hub.policy.source import PolicySource
    from hub.runtime.clients import AWS, HubSession
    from hub.runtime.clock import clock
    from hub.runtime.secrets import SlackSecret, Vault
    from hub.runtime.settings import read
    from hub.runtime.telemetry import Counts, invocation, log_as_json
    from hub.slack.client import Slack

# Slack waits three seconds for an answer, and front may have to ask it who somebody is and who is in a group: so long
# for each, and then for no more groups. Without an answer the click goes on to act, which asks again.
_TIMEOUT_SECONDS, _PATIENCE = 1, timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Settings:
    """What front is told."""

    acts_queue_url: str
    slack_secret_arn: str
    slack_team: str
    slack_api_url: str
    policy_place: str = ""


def assemble(  # noqa: PLR0913  # what a front works with, each of it once
    *,
    team: str,
    slack: Callable[[], Slack],
    policy: PolicySource,
    send: Callable[[str, str, str], object],
    clock: Callable[[], datetime],
    renew: Callable[[], str] | None = None,
) -> app.SlackApp:
    """Put together what the app passes things on to.

    `send` puts a message into a group of acts.fifo, once for each id; `renew` is Slack's.
    """

    def enqueue(request: Request) -> None:
        send(cluster_group(request.cluster), requests.to_message(request), request.id)

    def enqueue_ask(asked: CommandMessage) -> None:
        send(asked.group, message.to_message(asked), asked.id)

    def respond(url: str, answer: Answer) -> None:
        slack().respond(url, *answer)

    rights = Rights(policy, SlackUsers(slack, team, clock, _PATIENCE))
    return app.SlackApp(enqueue, enqueue_ask, rights, clock, respond, renew)


def make_front(
    settings: Settings,
    connect: Callable[[str], Any],
    secret: Callable[[], SlackSecret],
    renew: Callable[[], str] | None = None,
) -> app.SlackApp:
    """Make a front by its settings. `connect` makes a boto3 client of a service; `renew` is Slack's."""
    return assemble(
        team=settings.slack_team,
        slack=lambda: Slack(secret().bot_token, settings.slack_api_url, _TIMEOUT_SECONDS, renew),
        policy=PolicySource(settings.policy_place, connect, clock),
        send=partial(send_in_order, connect("sqs"), settings.acts_queue_url),
        clock=clock,
        renew=renew,
    )


@cache
def wire() -> tuple[HttpAdapter, Counts]:
    """Make what front works with."""
    log_as_json(quiet=("slack_bolt", "slack_sdk"))  # both log the bodies of requests they do not like
    settings = read(Settings, os.environ)
    counts = Counts()
    # Checking parameters against the model finds what tests have found, and each click would pay for it.
    connect = partial(HubSession().client, config=AWS.merge(Config(parameter_validation=False)))
    vault = Vault(connect("secretsmanager"), settings.slack_secret_arn, clock)
    front = make_front(settings, connect, vault.slack, vault.token)
    gate = HttpAdapter(
        secret=vault.slack,
        app=lambda secret: app.make(app.Workspace(settings.slack_team, settings.slack_api_url, secret), front),
        clock=clock,
        count=counts.add,
    )
    return gate, counts


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request from Slack."""
    gate, counts = wire()
    try:
        with invocation(context):
            return gate.answer(event)
    finally:
        counts.flush()


begin(wire)
