"""Caps: no remedy is begun more often than the policy allows. Fails closed.

What a repair uses up is written together with its beginning, or not at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.notify.routing import Routing
from hub.policy.ledger import Ledger
from hub.policy.matching import Facts
from hub.policy.policy import written
from hub.slack.mrkdwn import date
from hub.table.store import Store

# A transaction has a hundred rows, and the repair's own are among them.
_MOST = 90


class UsedUp(Exception):
    """One more repair would be one too many; the text tells the person why."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Counts in the table what the policy limits."""

    store: Store
    rules: Routing
    clock: Callable[[], datetime]

    def used(self, request: str, remedy: str, facts: Facts) -> Mapping[str, tuple[Ledger, datetime]]:
        """Return what a repair uses up of every cap that may fit, to be written as it begins. Raises UsedUp."""
        now = self.clock()
        caps = self.rules.policy.caps_on(remedy, facts)
        if len(caps) > _MOST:
            raise UsedUp(f"More than {_MOST} of the policy's caps are meant for this, so nobody can count it.")
        using: dict[str, tuple[Ledger, datetime]] = {}
        for cap in caps:
            ledger = self.store.ledger(cap.id).lately(cap, now)
            if request in ledger.used:
                continue
            if not cap.most:
                raise UsedUp("The policy allows no such repairs here.")
            if free := ledger.free_at(cap):
                allowed = f"{cap.most:,} such {'repair' if cap.most == 1 else 'repairs'} in {written(cap.per)}"
                raise UsedUp(
                    f"The policy allows {allowed} here, and they are used up. There is room again {date(free)}."
                )
            using[cap.id] = ledger.having(request, now), now + cap.per
        return using
