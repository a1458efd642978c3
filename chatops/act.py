"""Entry point of the function that reads acts.fifo: the only one that changes anything in a member account."""

import os
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from hub.runtime.init_phase import begin, init_phase

with init_phase():
    from chatops.acting import Act, assemble
    from hub.policy.source import PolicySource
    from hub.policy.terms import Terms
    from hub.queues import Queues, answer, records
    from hub.runtime.clients import AWS, HubSession
    from hub.runtime.clock import clock, time_left
    from hub.runtime.secrets import Vault
    from hub.runtime.settings import read
    from hub.runtime.telemetry import Counts, invocation, log_as_json
    from hub.slack.client import Slack
    from hub.table.store import Store
    from hub.wiring import Addresses, Hub
    from spoke.accounts import Accounts
    from spoke.deadline import within

# What a last call of a member may take that is not answered (spoke.accounts), and recording what came of it.
_TO_END = 15


@dataclass(frozen=True, slots=True)
class Settings:
    """What act is told. `regions` are the member Regions, comma-separated."""

    table: str
    acts_queue_url: str
    looks_queue_url: str
    slack_secret_arn: str
    slack_team: str
    slack_channel: str
    slack_api_url: str
    remediator_role: str
    grace_seconds: int
    regions: str
    longer_grace: str = ""
    cluster_tags: str = ""
    group_channels: str = ""
    policy_place: str = ""
    slack_command: str = "/ecs"


@cache
def wire() -> tuple[Act, Counts]:
    """Make what act works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    session = HubSession()
    vault = Vault(session.client("secretsmanager", config=AWS), settings.slack_secret_arn, clock)
    hub = Hub(
        table=Store(settings.table, session.region_name),
        queues=Queues(session.client("sqs", config=AWS)),
        addresses=Addresses(looks=settings.looks_queue_url, acts=settings.acts_queue_url),
        slack=lambda: Slack(vault.slack().bot_token, settings.slack_api_url, renew=vault.token),
        clock=clock,
        count=counts.add,
    )
    act = assemble(
        hub,
        accounts=Accounts(session),
        remediator=settings.remediator_role,
        team=settings.slack_team,
        terms=Terms.read(
            settings.grace_seconds,
            settings.slack_channel,
            settings.longer_grace,
            settings.cluster_tags,
            settings.group_channels,
        ),
        policy=PolicySource(settings.policy_place, partial(session.client, config=AWS), clock),
        regions=[region.strip() for region in settings.regions.split(",")],
        command=settings.slack_command,
    )
    return act, counts


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off requests."""
    act, counts = wire()
    left = time_left(context)
    try:
        with invocation(context), within(lambda: left() - _TO_END):
            return answer(act.hub.queues.work_off(act.hub.addresses.acts, records(event), act.attend))
    finally:
        counts.flush()


begin(wire)
