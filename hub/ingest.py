"""Entry point of the function that reads the delay queue."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from hub.queues import Queues, answer, records
from hub.runtime import AWS
from hub.settings import read
from hub.sorting import Sorter
from hub.telemetry import Counts, log_as_json


@dataclass(frozen=True, slots=True)
class Settings:
    """What ingest is told."""

    looks_queue_url: str
    dead_queue_url: str


@cache
def wire() -> tuple[Sorter, Counts]:
    """Make what ingest works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    queues = Queues(boto3.client("sqs", config=AWS))
    return Sorter(queues, settings.looks_queue_url, settings.dead_queue_url, counts.add), counts


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Sort a batch of mail."""
    sorter, counts = wire()
    try:
        return answer(sorter.sort(records(event)))
    finally:
        counts.flush()
