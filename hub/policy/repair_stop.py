"""The stop of repairs: whether all repairs are stopped. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RepairStop:
    """Repairs are stopped while `stopped_by` names somebody, a Slack user id."""

    stopped_by: str = ""
    at: datetime | None = None
    reason: str = ""
    version: int = 0

    @property
    def stopped(self) -> bool:
        """Whether nothing may be repaired now."""
        return bool(self.stopped_by)
