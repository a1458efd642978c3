"""Entry point of the function that reads the delay queue."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from hub.runtime.init_phase import begin, init_phase

with init_phase():
    from hub.looks.ingestion import Ingestion
    from hub.policy.terms import Terms
    from hub.queues import Queues, answer, records
    from hub.runtime.clients import AWS, HubSession
    from hub.runtime.clock import clock
    from hub.runtime.settings import read
    from hub.runtime.telemetry import Counts, invocation, log_as_json


@dataclass(frozen=True, slots=True)
class Settings:
    """What ingest is told."""

    looks_queue_url: str
    delay_queue_url: str
    dead_queue_url: str
    grace_seconds: int
    longer_grace: str = ""


@cache
def wire() -> tuple[Ingestion, Counts]:
    """Make what ingest works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    queues = Queues(HubSession().client("sqs", config=AWS))
    sorter = Ingestion(
        queues=queues,
        looks_url=settings.looks_queue_url,
        delay_url=settings.delay_queue_url,
        dead_url=settings.dead_queue_url,
        terms=Terms.read(settings.grace_seconds, channel="", longer=settings.longer_grace),
        clock=clock,
        count=counts.add,
    )
    return sorter, counts


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Sort a batch of mail."""
    sorter, counts = wire()
    try:
        with invocation(context):
            return answer(sorter.sort(records(event)))
    finally:
        counts.flush()


begin(wire)
