"""AWS's clients in the hub: how long they wait, and what they try again."""

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
