"""What every entry point needs of its surroundings: the time and how much is left, AWS's clients and their patience."""

import math
from collections.abc import Callable
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from spoke import USER_AGENT
from spoke.curing import cure

AWS = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent=USER_AGENT,
)


def hub_session() -> boto3.Session:
    """Make a session with the function's own credentials, whose clients try once more what is refused as stale."""
    made = boto3.Session()
    cure(made.events)
    return made


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def time_left(context: object) -> Callable[[], float]:
    """Return what tells how many seconds a function has left, by Lambda's context; without one, for ever."""
    milliseconds = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: milliseconds() / 1_000) if milliseconds else (lambda: math.inf)
