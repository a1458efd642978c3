"""Reminders: when people are told again of what nobody has acknowledged. Pure, no clock.

    opened ──T──▶ ──2T──▶ ──4T──▶ ──8T──▶ …   at most LONGEST_GAP apart, for KEEPS_ON, or until somebody acknowledges it

T is the policy's time. Each instance has times of its own, and those that come up in turn are reminded of together: no
sooner than T after anything was said aloud. Who hears of it again after a mute is reminded as if it began then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.incidents.acknowledgement import covered
from hub.incidents.episode import Episode
from hub.incidents.incident import Incident, State

LONGEST_GAP = timedelta(hours=24)
KEEPS_ON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reminder:
    """What people are reminded of, and how long the first of it has waited."""

    incidents: tuple[Incident, ...]
    waited: timedelta


def reminder(episode: Episode, incidents: Iterable[Incident], after: timedelta, now: datetime) -> Reminder | None:
    """Say what people are to be reminded of now; `after` is the policy's time. None: of nothing."""
    if episode.opened_at is None:
        return None
    heard = max(episode.opened_at, episode.heard_at or episode.opened_at)
    last = episode.said_again_at
    if now - max(filter(None, (heard, last, episode.grown_at))) < after:
        return None
    mine = [i for i in covered(incidents, episode.acknowledged) if i.episode == episode.episode]
    due = []
    for incident in mine:
        begins = max(incident.opened_at, heard)
        waited = max((time for time in times(after) if begins + time <= now), default=None)
        if incident.state is State.OPEN and waited and not (last and begins + waited <= last):
            due.append((waited, incident))
    return Reminder(tuple(i for _, i in due), max(waited for waited, _ in due)) if due else None


def times(after: timedelta) -> Iterator[timedelta]:
    """Return how long after it began there are reminders of something."""
    gap, time = after, after
    while time <= KEEPS_ON:
        yield time
        gap = min(2 * gap, LONGEST_GAP)
        time += gap
