"""Hearing: whether people hear of an episode now, and how. Pure: the decision that follows that of an incident.

The notifier (hub.notify.notifier) gathers what is asked for here, does what the answer says, and asks again until
nothing is left to do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.incidents.content import Content, Tone
from hub.incidents.delivery import Delivery
from hub.incidents.episode import Episode
from hub.incidents.growth import Growth
from hub.incidents.hints import Hint, Why
from hub.incidents.mute import Mute
from hub.incidents.reminders import reminder
from hub.incidents.storm import Storm


class Cause(StrEnum):
    """Why an episode is heard of, or not."""

    CLOSED = "its last word is said"
    FALLS_SILENT = "it is muted by now"
    HEARD_AGAIN = "it is no longer muted"
    IN_DOUBT = "it is muted, and may have been posted before"
    ENDED_UNHEARD = "it was over before anybody was told of it by name"
    SILENT = "it is muted, and was never posted"
    LEFT_TO_STORM = "a storm posts it in its thread"
    GROWN = "it has grown since somebody acknowledged it"
    UNHEEDED = "nobody has acknowledged it for too long"
    MUTED = "it is muted, and its message says so"
    OVER = "it is over"
    STANDS = "its message shows how it stands"


class Action(StrEnum):
    """What is to be done about it. What follows from it is asked anew, but for the last four."""

    MUTE = "note that it is muted"
    UNMUTE = "note that it is no longer muted, and have it heard"
    FIND = "find out whether it was posted"
    TELL_GROWTH = "tell that it has grown"
    REMIND = "remind people"
    SHOW = "bring every receiver in line"
    CLOSE = "close it without a word"
    CALL_STORM = "call the storm's group"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is to be done, and why."""

    reason: Cause
    action: Action


def hearing(  # noqa: C901, PLR0911, PLR0913  # a line for each reason, of all that is known
    episode: Episode,
    delivery: Delivery,
    mute: Mute | None,
    storm: Storm | None,
    hint: Hint,
    content: Content,
    now: datetime,
    *,
    remind_after: timedelta | None = None,
    growth: Growth | None = None,
) -> Hearing:
    """Decide by an episode and what Slack has of it; `storm` is the standing one that it belongs to.

    `growth` is what has grown of the episode since it was acknowledged; of a storm's clusters together the storm tells.
    """
    over = content.over
    # One that is over while its post is in doubt may stand in the channel, or the storm's thread: it is found and
    # brought in line.
    unposted = not delivery.handle and not (over and delivery.doubt_since)
    # In a storm's thread nobody is reminded of each cluster.
    reminds = remind_after if content.tone is Tone.OPEN and delivery.handle and not delivery.thread else None
    if episode.closed:
        return Hearing(Cause.CLOSED, Action.NOTHING)
    if not over and mute and not episode.muted:
        return Hearing(Cause.FALLS_SILENT, Action.MUTE)
    if not over and episode.muted and not mute:
        return Hearing(Cause.HEARD_AGAIN, Action.UNMUTE)
    if episode.muted and delivery.doubt_since and not delivery.handle:
        return Hearing(Cause.IN_DOUBT, Action.FIND)
    if unposted and over and (storm or delivery.aside or episode.muted):
        return Hearing(Cause.ENDED_UNHEARD, Action.CLOSE)
    if unposted and episode.muted:
        return Hearing(Cause.SILENT, Action.NOTHING)
    if unposted and (storm or delivery.aside) and hint.why != Why.ALONE:
        return Hearing(Cause.LEFT_TO_STORM, Action.CALL_STORM)
    if growth and delivery.handle and not (storm or episode.muted) and growth.due(episode.grown_at) <= now:
        return Hearing(Cause.GROWN, Action.TELL_GROWTH)
    if reminds is not None and reminder(episode, (*content.rows, *content.more), reminds, now):
        return Hearing(Cause.UNHEEDED, Action.REMIND)
    if episode.muted and not over:
        return Hearing(Cause.MUTED, Action.SHOW)
    return Hearing(Cause.OVER if over else Cause.STANDS, Action.SHOW)
