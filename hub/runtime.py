"""What every entry point needs of its surroundings: the time, AWS's clients, and how patient these are."""

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
