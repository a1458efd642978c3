"""Entry point of the function that makes the rounds every minute: what is unfinished is looked at again.

It finds what no event tells: agents that came back, posts that Slack never took, repairs that never ended.
"""

import os
from dataclasses import dataclass
from functools import cache

import boto3

from hub.hints import SWEEP, Hint
from hub.queues import Queues
from hub.runtime import AWS, clock
from hub.settings import read
from hub.store import Store
from hub.telemetry import Counts, log_as_json


@dataclass(frozen=True, slots=True)
class Settings:
    """What sweep is told."""

    table: str
    looks_queue_url: str


@cache
def wire() -> tuple[Store, Queues, Settings, Counts]:
    """Make what sweep works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    session = boto3.Session()
    return Store(settings.table, session.region_name), Queues(session.client("sqs", config=AWS)), settings, Counts()


def handler(_event: object, _context: object) -> None:
    """Ask for a look at every cluster with an unresolved incident or an unfinished bulletin."""
    store, queues, settings, counts = wire()
    hints = [Hint(cluster, SWEEP) for cluster in sorted(store.unfinished(), key=lambda cluster: cluster.key)]
    refused = queues.ask_looks(settings.looks_queue_url, hints, f"{clock():%Y%m%dT%H%M}")
    counts.add("swept", len(hints))
    counts.flush()
    if refused:
        raise RuntimeError(f"looks.fifo refused {len(refused)} of {len(hints)} clusters; the next round asks again")
