"""The clock: what time it is, and how much of it a function has left. Only entry points hold one."""

import math
from collections.abc import Callable
from datetime import UTC, datetime


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def time_left(context: object) -> Callable[[], float]:
    """Return what tells how many seconds a function has left, by Lambda's context; without one, for ever."""
    milliseconds = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: milliseconds() / 1_000) if milliseconds else (lambda: math.inf)
