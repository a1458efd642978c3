"""Absences: what was there to be watched and is no more, accounts of the organization and Regions. Pure, no clock.

One answer of AWS Organizations without an account proves nothing. What is missing from TIMES of them, each APART from
the one before, is gone until it is there again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

TIMES, APART = 3, timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Absence:
    """How often in a row an account (its id) or a Region (its name) was missing, and when it was last counted."""

    name: str
    times: int
    at: datetime

    @property
    def proven(self) -> bool:
        """Whether it is gone."""
        return self.times >= TIMES


def missed(before: Absence | None, name: str, at: datetime) -> Absence:
    """Count that a name is missing from an answer of that time."""
    if before is None or not before.times:
        return Absence(name, 1, at)
    return before if at - before.at < APART else Absence(name, before.times + 1, at)
