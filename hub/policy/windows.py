"""Maintenance windows: hours that come again, and whether one is in force. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.policy.matching import ANYWHERE, Match

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of maintenance that come again. `days` are those on which it begins, 0 is Monday; `start` is of the zone.

    `length` is time that passes, so where clocks are changed meanwhile they show another end. A start that clocks skip
    is as much later as they skip, one that comes twice is the first.
    """

    days: tuple[int, ...]
    start: time
    length: timedelta
    zone: str
    where: Match = ANYWHERE
    reason: str = ""
    line: int = field(default=0, compare=False)

    def span(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Say from when until when it is in force now, in the zone's time; None if it is not."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        for back in range(self.length.days + 2):
            day = today - timedelta(days=back)
            if day.weekday() in self.days:
                begins = datetime.combine(day, self.start, zone).astimezone(UTC)
                if begins <= now < begins + self.length:
                    return begins.astimezone(zone), (begins + self.length).astimezone(zone)
        return None


@dataclass(frozen=True, slots=True)
class InForce:
    """A window that is in force now, and when that began and ends."""

    window: Window
    since: datetime
    until: datetime
