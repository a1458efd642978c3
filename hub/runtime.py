"""What every entry point needs of its surroundings: the time, and how patient AWS's clients are."""

from datetime import UTC, datetime

from botocore.config import Config

from spoke import USER_AGENT

AWS = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent=USER_AGENT,
)


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)
