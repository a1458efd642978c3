"""Entry point of the function that sweeps every minute: over what is unfinished, and over a tenth of the members.

It finds what no event tells: agents that came back, posts that Slack never took, repairs that never ended, agents that
were lost before Coastguard came.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

from hub.runtime.init_phase import begin, init_phase

with init_phase():
    from hub.policy.source import PolicySource
    from hub.policy.terms import Terms
    from hub.queues import Queues
    from hub.runtime.clients import AWS, HubSession
    from hub.runtime.clock import clock
    from hub.runtime.rate_limit import RateLimit
    from hub.runtime.settings import read
    from hub.runtime.telemetry import Counts, invocation, log_as_json
    from hub.sweeping.account_sync import PACE
    from hub.sweeping.organization import Organization
    from hub.sweeping.sweeper import Sweeper, assemble
    from hub.table.store import Store
    from spoke.accounts import Accounts, Role

# A visit that is under way when this is over ends within the function's 55 seconds.
_PATIENCE = timedelta(seconds=25)


@dataclass(frozen=True, slots=True)
class Settings:
    """What sweep is told. `regions` are the member Regions, comma-separated."""

    table: str
    looks_queue_url: str
    reader_role: str
    regions: str
    cluster_tags: str = ""
    policy_place: str = ""


@cache
def wire() -> tuple[Sweeper, Counts]:
    """Make what sweep works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    session = HubSession()
    counts = Counts()
    pace = RateLimit(*PACE, time.monotonic, time.sleep)
    organization = Organization(session.client("organizations", config=AWS), clock, pace)
    policy = PolicySource(settings.policy_place, partial(session.client, config=AWS), clock)
    sweeper = assemble(
        store=Store(settings.table, session.region_name),
        queues=Queues(session.client("sqs", config=AWS)),
        looks_url=settings.looks_queue_url,
        accounts=Accounts(session),
        reader=Role(settings.reader_role, session_name="coastguard-sweep"),
        organization=organization,
        regions=tuple(region.strip() for region in settings.regions.split(",")),
        terms=Terms.read(0, channel="", clusters=settings.cluster_tags),
        policy=policy,
        patience=_PATIENCE,
        clock=clock,
        ticks=time.monotonic,
        sleep=time.sleep,
        count=counts.add,
    )
    return sweeper, counts


def handler(event: Mapping[str, Any], context: object) -> None:
    """Sweep. The event {"sweep": "all"} visits every member Region at once, {"sweep": "accounts"} none."""
    sweeper, counts = wire()
    asked = event.get("sweep")
    try:
        with invocation(context):
            sweeper.unfinished()
            sweeper.visit(everywhere=asked == "all", nowhere=asked == "accounts")
    finally:
        counts.flush()


begin(wire)
