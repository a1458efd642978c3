"""Acknowledgements of all that a bulletin or a storm is about. Pure, no clock.

Somebody has seen how bad it is and takes it on: one fact on the bulletin's or the storm's row, however many incidents
it is about. Their own rows know nothing of it; whoever shows them asks here (`covered`). What comes up later is not
covered, and what gets worse is news (hub.incidents.growth).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from hub.incidents.breakdown import Breakdown
from hub.incidents.incident import Incident, State


@dataclass(frozen=True, slots=True)
class Extent:
    """How much was in trouble at a time: so many instances in these zones, of a cluster that has `registered`.

    0 of them registered: nobody knows.
    """

    instances: int = 0
    zones: tuple[str, ...] = ()
    registered: int = 0

    @classmethod
    def of(cls, tally: Breakdown, registered: int = 0) -> Self:
        """Take what a breakdown has counted."""
        return cls(tally.instances, tuple(sorted(tally.zones)), registered)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken on all that a bulletin or a storm was about at that time, which was so much."""

    by: str
    at: datetime
    extent: Extent = Extent()

    def covers(self, incident: Incident) -> bool:
        """Whether it is about an incident: one that was in trouble then."""
        return incident.opened_at <= self.at and (incident.resolved_at is None or incident.resolved_at > self.at)


def as_they_were(incidents: Iterable[Incident], then: datetime) -> Breakdown:
    """Count those that were in trouble at a time, of all that are kept."""
    there = (i for i in incidents if i.opened_at <= then and (i.resolved_at is None or i.resolved_at > then))
    return Breakdown.of(replace(incident, state=State.OPEN) for incident in there)


def covered(incidents: Iterable[Incident], fact: Acknowledgement | None) -> list[Incident]:
    """Return incidents as people see them: acknowledged, where that is so by the fact alone."""
    if fact is None:
        return list(incidents)
    return [_by_fact(incident, fact) for incident in incidents]


def _by_fact(incident: Incident, fact: Acknowledgement) -> Incident:
    if incident.acknowledged_by or not fact.covers(incident):
        return incident
    state = State.ACKNOWLEDGED if incident.state is State.OPEN else incident.state
    return replace(incident, state=state, acknowledged_by=fact.by, acknowledged_at=fact.at)
