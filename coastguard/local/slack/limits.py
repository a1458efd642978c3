"""Slack's rate limits, for those who want to live with them: off until switched on."""

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds, for the whole app or for each channel."""

    calls: int
    seconds: float
    per_channel: bool = False


_TIER_2 = Limit(20, 60)
_TIER_3 = Limit(50, 60)
_TIER_4 = Limit(100, 60)

LIMITS = {
    "chat.postMessage": Limit(1, 1, per_channel=True),
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.replies": _TIER_3,
    "usergroups.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "views.open": _TIER_4,
    "views.publish": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
}


@dataclass(slots=True)
class Budgets:
    """What was called lately, measured against LIMITS. Times are the caller's, in seconds."""

    on: bool = False
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def spend(self, method: str, channel: str, now: float) -> int | None:
        """Counts a call; or, when the budget is used up, tells in how many whole seconds to come back."""
        limit = LIMITS.get(method)
        if not self.on or limit is None:
            return None
        calls = self._calls.setdefault((method, channel if limit.per_channel else ""), deque())
        while calls and now - calls[0] >= limit.seconds:
            calls.popleft()
        if len(calls) >= limit.calls:
            return max(1, math.ceil(limit.seconds - (now - calls[0])))
        calls.append(now)
        return None
