"""Caps: no remedy is begun more often than the policy allows. Fails closed.

A repair is counted before it is begun, under its request's id: a crash in between counts it, and once.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hub.mrkdwn import date
from hub.policy import Facts, written
from hub.rules import Rules
from hub.store import Conflict, Store

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Caps:
    """Counts in the table what the policy limits."""

    store: Store
    rules: Rules
    clock: Callable[[], datetime]

    def take(self, request: str, remedy: str, facts: Facts) -> str:
        """Count a repair under every cap that may fit, or return why it would be one too many.

        Raises Conflict if others count at the same time again and again.
        """
        for _ in range(_TRIES - 1):
            with suppress(Conflict):
                return self._take(request, remedy, facts)
        return self._take(request, remedy, facts)

    def _take(self, request: str, remedy: str, facts: Facts) -> str:
        now = self.clock()
        caps = self.rules.policy.caps_on(remedy, facts)
        ledgers = [(cap, self.store.ledger(cap.id).lately(cap, now)) for cap in caps]
        new = [(cap, ledger) for cap, ledger in ledgers if request not in ledger.used]
        for cap, ledger in new:
            if not cap.most:
                return "The policy allows no such repairs here."
            if free := ledger.free_at(cap):
                allowed = f"{cap.most:,} such {'repair' if cap.most == 1 else 'repairs'} in {written(cap.per)}"
                return f"The policy allows {allowed} here, and they are used up. There is room again {date(free)}."
        for cap, ledger in new:
            self.store.keep_ledger(cap.id, ledger.having(request, now), now + cap.per)
        return ""
