"""Breakdowns: how many instances are in trouble, and what they have in common. Pure.

A cause that many share (a zone, an image, a release of the agent) is worth more than a list of instances.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from hub.incidents.incident import Incident

# From this share on, what instances have in common is worth naming.
SHARED = 0.8
# A tally is part of a row: a fleet may have any number of images.
_KINDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How many instances are in trouble, and how many of them have which zone, image and agent version."""

    instances: int = 0
    zones: Mapping[str, int] = field(default_factory=dict)
    images: Mapping[str, int] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, incidents: Iterable[Incident]) -> Self:
        """Count the unresolved ones."""
        seen = [incident.sighting for incident in incidents if incident.unresolved]
        return cls(
            len(seen),
            _counted(sighting.zone for sighting in seen),
            _counted(sighting.ami for sighting in seen),
            _counted(sighting.agent_version for sighting in seen),
        )

    @classmethod
    def together(cls, tallies: Iterable[Self]) -> Self:
        """Add up."""
        several = list(tallies)
        return cls(
            sum(tally.instances for tally in several),
            _added(tally.zones for tally in several),
            _added(tally.images for tally in several),
            _added(tally.agents for tally in several),
        )

    def shared(self) -> list[tuple[str, str, int]]:
        """Name what most of them have in common: "zone", "AMI" or "agent", which one, and of how many it is true."""
        found = []
        for what, counted in (("zone", self.zones), ("AMI", self.images), ("agent", self.agents)):
            which = max(counted, key=lambda name: (counted[name], name), default="")
            if which and self.instances > 1 and counted[which] >= SHARED * self.instances:
                found.append((what, which, counted[which]))
        return found


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(name for name in names if name).most_common(_KINDS_KEPT)))


def _added(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counted in several:
        total.update(counted)
    return dict(sorted(total.most_common(_KINDS_KEPT)))
