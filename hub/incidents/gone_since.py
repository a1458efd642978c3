"""Since when an agent is gone, as far as ECS's and EventBridge's word can be believed. Pure, no clock."""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.incidents.hints import MOST_WAITS, Drop
from hub.incidents.incident import Incident
from spoke.sighting import Sighting


def gone_since(sighting: Sighting, drop: Drop | None) -> datetime | None:
    """Return since when at the latest the agent is gone, or None if nobody knows.

    ECS says it (`sighting.since`) once the agent is gone for long. A drop counts only if nothing about the instance has
    changed since it was reported: otherwise the agent may have been back meanwhile and the grace begins anew. So one
    that names no version does not count: whoever reports so (a round, ECS's own check of the agent) may be late by
    hours. One that was put back too often, or whose instance cannot be read, is believed.
    """
    dates = [sighting.since] if sighting.since else []
    if (
        drop
        and drop.at
        and (
            sighting.version is None
            or (drop.version is not None and drop.version >= sighting.version)
            or drop.waits >= MOST_WAITS
        )
    ):
        dates.append(drop.at)
    return min(dates, default=None)


def believed_since(
    current: Incident | None, sighting: Sighting, drop: Drop | None, now: datetime, grace: timedelta
) -> datetime | None:
    """Return since when the agent is gone, as far as that can be believed."""
    return gone_since(sighting, _without_credit(current, drop, now, grace))


def _without_credit(current: Incident | None, drop: Drop | None, now: datetime, grace: timedelta) -> Drop | None:
    """Forget how often a drop was put back, which is why it is believed, if the trouble now may be another one.

    It may be another one if the agent has been back since, as far as anybody knows; or if the hint came a grace after
    it was due, because SQS or something else held it up. That counts only so often: alerts fail open.
    """
    if drop is None or drop.at is None:
        return drop
    back_at = current.resolved_at if current and current.ended_connected else None
    held_up = now - drop.at >= 2 * grace and drop.waits < 2 * MOST_WAITS
    return replace(drop, waits=0) if held_up or (back_at and drop.at <= back_at) else drop
