"""The clock: what time it is, and how much of it a function has left. Only entry points hold one."""

import math
from collections.abc import Callable
from datetime import UTC, datetime


def clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def time_left(context: object) -> Callable[[], float]:
    """Return a function that says how many seconds are left by Lambda's context; without a context, no end of them."""
    milliseconds = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: milliseconds() / 1_000) if milliseconds else (lambda: math.inf)
