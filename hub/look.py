"""Entry point of the function that reads looks.fifo."""

import os
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from hub.runtime.init_phase import begin, init_phase

with init_phase():
    from hub.looks.batch import Batch
    from hub.looks.reconciler import Reconciler, assemble
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
    from spoke.accounts import Accounts, Role
    from spoke.deadline import within


@dataclass(frozen=True, slots=True)
class Settings:
    """What look is told."""

    table: str
    delay_queue_url: str
    looks_queue_url: str
    grace_seconds: int
    slack_secret_arn: str
    slack_channel: str
    slack_api_url: str
    reader_role: str
    longer_grace: str = ""
    cluster_tags: str = ""
    group_channels: str = ""
    policy_place: str = ""
    incident_pages: str = ""


@cache
def wire() -> tuple[Reconciler, Counts]:
    """Make what look works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    session = HubSession()
    vault = Vault(session.client("secretsmanager", config=AWS), settings.slack_secret_arn, clock)
    hub = Hub(
        table=Store(settings.table, session.region_name, opens_in_pages=settings.incident_pages == "yes"),
        queues=Queues(session.client("sqs", config=AWS)),
        addresses=Addresses(looks=settings.looks_queue_url, delay=settings.delay_queue_url),
        slack=lambda: Slack(vault.slack().bot_token, settings.slack_api_url, renew=vault.token),
        clock=clock,
        count=counts.add,
    )
    reconciler = assemble(
        hub,
        accounts=Accounts(session),
        reader=Role(settings.reader_role, session_name="coastguard-look"),
        terms=Terms.read(
            settings.grace_seconds,
            settings.slack_channel,
            settings.longer_grace,
            settings.cluster_tags,
            settings.group_channels,
        ),
        policy=PolicySource(settings.policy_place, partial(session.client, config=AWS), clock),
        connect=partial(session.client, config=AWS),
    )
    return reconciler, counts


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Look at each cluster of a batch."""
    reconciler, counts = wire()
    try:
        with invocation(context), within(time_left(context)):
            hub, looks = reconciler.hub, Batch(reconciler)
            return answer(hub.queues.work_off(hub.addresses.looks, records(event), looks.attend, looks.prepare))
    finally:
        counts.flush()


begin(wire)
