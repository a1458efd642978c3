"""Flapping: an agent that goes again and again is one incident. Pure, no clock.

An instance that was confirmed to be in trouble FLAPS times within FLAP_WINDOW is flapping: its incident stays one, and
unresolved, until the agent has been connected for STEADY.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.incidents.condition import Condition
from hub.incidents.hints import Drop
from hub.incidents.incident import FLAP_WINDOW, Incident, State
from spoke.sighting import Sighting

STEADY = timedelta(minutes=20)
# So many drops are kept of an agent that never comes to rest.
_DROPS_KEPT = 20
# How an incident ends of which nobody has seen that the agent is back.
_OUT_OF_SIGHT = {Condition.OUT_OF_SERVICE, Condition.UNWATCHED, Condition.ACCOUNT_GONE, Condition.REGION_GONE}


def drops_with(before: Incident | None, since: datetime) -> tuple[datetime, ...]:
    """Count the drop that begins an incident, unless the agent has not been back since the one before it."""
    never_back = before is not None and before.ending in _OUT_OF_SIGHT
    if before and never_back and before.drops:
        return before.drops
    return recent(before.drops if before else (), since)


def recent(drops: tuple[datetime, ...], newest: datetime) -> tuple[datetime, ...]:
    """Add a drop to those that came shortly before it."""
    return (*(drop for drop in drops if newest - drop < FLAP_WINDOW), newest)[-_DROPS_KEPT:]


def is_calm(known: Incident, drop: Drop | None, now: datetime) -> bool:
    """Whether a flapping incident whose agent is back is over: somebody repaired it, or it has stayed for long."""
    if known.state is State.REPAIRING:
        return True
    return known.calm_since is not None and not _dropped_since(known, drop) and now - known.calm_since >= STEADY


def _dropped_since(known: Incident, drop: Drop | None) -> bool:
    return bool(known.calm_since and drop and drop.at and drop.at > known.calm_since)


def back_for_now(known: Incident, sighting: Sighting, drop: Drop | None, now: datetime) -> Incident:
    """Note since when the agent of a flapping incident is back, and a drop that nobody has seen since."""
    if drop and drop.at and _dropped_since(known, drop):
        return replace(known, sighting=sighting, drops=recent(known.drops, drop.at), calm_since=drop.at)
    return replace(known, sighting=sighting, calm_since=known.calm_since or now)
