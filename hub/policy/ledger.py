"""A ledger: which requests have used what a policy's cap limits, and when. Pure, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from hub.policy.policy import Cap


@dataclass(frozen=True, slots=True)
class Ledger:
    """What has been used of one cap; `used` has the time by request id."""

    used: Mapping[str, datetime] = field(default_factory=dict)
    version: int = 0

    def lately(self, cap: Cap, now: datetime) -> Self:
        """Leave out what no longer counts."""
        return replace(self, used={request: at for request, at in self.used.items() if now - at < cap.per})

    def free_at(self, cap: Cap) -> datetime | None:
        """Say when a cap of one or more has room again, None if it has now; of a ledger as it is `lately`."""
        if len(self.used) < cap.most:
            return None
        return sorted(self.used.values())[len(self.used) - cap.most] + cap.per

    def having(self, request: str, at: datetime) -> Self:
        """Add a use; one that comes twice counts once."""
        return replace(self, used={request: at, **self.used})
