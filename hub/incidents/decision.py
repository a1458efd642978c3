"""The one decision about incidents: what does this sighting make of what we knew? Pure, no clock.

hub.incidents.incident draws the states. What `decide` asks stands in modules of its own: what a sighting says
(condition), since when the agent is gone (gone_since), how far a repair has come (repair_progress), and whether the
agent goes again and again (flapping). Whether people hear of it is decided in hub.notify.hearing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.incidents.condition import Condition, condition
from hub.incidents.flapping import back_for_now, drops_with, is_calm, recent
from hub.incidents.gone_since import believed_since, gone_since
from hub.incidents.hints import Drop
from hub.incidents.incident import Incident, State, end_repair, incident_id
from hub.incidents.repair_progress import (
    awaits_replacement,
    back_again,
    gone_again,
    is_ending,
    is_overdue,
    is_steadying,
    note_end,
    why_in_vain,
    why_it_never_ends,
    why_overdue,
)
from spoke.places import Cluster
from spoke.sighting import Sighting

# How soon to look again at something that is changing right now.
SOON = timedelta(seconds=10)
REMOVED = "old registration removed"
"""How an incident ends whose repair took out one registration of a host that is well."""


class Reason(StrEnum):
    """Why a verdict is what it is."""

    NO_TROUBLE = "no trouble"
    TOO_YOUNG = "within grace"
    CONFIRMED = "confirmed"
    STILL = "still in trouble"
    CHANGING = "changing right now"
    AWAITING = "awaiting the replacement"
    ENDING = "its host is still being terminated"
    HELD = "something holds up the end of its host"
    FLAPPING = "back for now"
    LAPSED = "nobody approved in time"
    STEADYING = "back, and watched for a while"
    OVERDUE = "the repair did not finish"
    IN_VAIN = "the repair cannot help"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an incident and why; `again` and `drop` say when to look again and for what."""

    reason: Reason
    incident: Incident | None
    again: timedelta | None = None
    drop: Drop | None = None


def decide(  # noqa: C901, PLR0911, PLR0913  # the one decision on one screen: its whole input, one return a case
    current: Incident | None,
    sighting: Sighting,
    drop: Drop | None,
    *,
    cluster: Cluster,
    episode: str,
    now: datetime,
    grace: timedelta,
    replacement: str = "",
) -> Verdict:
    """Say what `current` becomes in the light of `sighting`. The sighting is the truth, `drop` only dates it."""
    known = current if current and current.unresolved else None
    match condition(sighting), known:
        case ((Condition.DISCONNECTED | Condition.UNREADABLE), None):
            since = believed_since(current, sighting, drop, now, grace)
            if since is None or now - since < grace:
                return _wait(current, sighting, drop, since, now, grace)
            opened = Incident(
                id=incident_id(cluster, sighting.instance, now),
                cluster=cluster,
                instance=sighting.instance,
                episode=episode,
                state=State.OPEN,
                since=since,
                opened_at=now,
                sighting=sighting,
                drops=drops_with(current, since),
                version=current.version if current else 0,
            )
            return Verdict(Reason.CONFIRMED, opened)
        case _, None:
            return Verdict(Reason.NO_TROUBLE, current)
        case seen, Incident() as live if is_ending(seen, live, sighting):
            return _await_end(live, sighting, replacement, now)
        case seen, Incident() as live if _lasts(seen, live, now):
            return _go_on(live, sighting, drop, now)
        case Condition.CHANGING, Incident():
            return Verdict(Reason.CHANGING, known, again=SOON)
        case Condition.CONNECTED, Incident() as live if is_steadying(live, now):
            return Verdict(Reason.STEADYING, back_again(live, sighting, now), again=SOON)
        case Condition.CONNECTED, Incident(flapping=True) if not is_calm(known, drop, now):
            return Verdict(Reason.FLAPPING, back_for_now(known, sighting, drop, now))
        case (Condition.DEREGISTERED | Condition.TERMINATED) as ending, Incident() as live:
            ended, new = note_end(live, now), replacement or live.replacement
            if not new and awaits_replacement(ended, now):
                return Verdict(Reason.AWAITING, ended, again=SOON)
            return Verdict(Reason.OVER, _resolve(ended, ending, now, new))
        case ending, _:
            return Verdict(Reason.OVER, _resolve(known, ending, now))


def confirms(current: Incident | None, sighting: Sighting, drop: Drop | None, now: datetime, grace: timedelta) -> bool:
    """Return whether `decide` opens an incident because of an agent that a look has seen to be gone."""
    return condition(sighting) is Condition.DISCONNECTED and opens(current, sighting, drop, now, grace)


def opens(current: Incident | None, sighting: Sighting, drop: Drop | None, now: datetime, grace: timedelta) -> bool:
    """Return whether `decide` opens an incident, also of an agent that nobody can look at."""
    trouble = condition(sighting) in {Condition.DISCONNECTED, Condition.UNREADABLE}
    if not trouble or (current and current.unresolved):
        return False
    since = believed_since(current, sighting, drop, now, grace)
    return since is not None and now - since >= grace


def _wait(  # noqa: PLR0913  # the same input as decide's
    current: Incident | None,
    sighting: Sighting,
    drop: Drop | None,
    since: datetime | None,
    now: datetime,
    grace: timedelta,
) -> Verdict:
    waits = drop.waits if drop else 0
    if since is None and drop and drop.at is None and condition(sighting) is Condition.UNREADABLE:
        # Nobody has said that the agent is gone: it was only worth a look, and nobody can look.
        return Verdict(Reason.NO_TROUBLE, current)
    if since is None:
        put_back = Drop(sighting.instance, now, sighting.version, waits + 1 if drop else 0)
        return Verdict(Reason.TOO_YOUNG, current, again=grace, drop=put_back)
    put_back = Drop(sighting.instance, since, sighting.version, waits)
    return Verdict(Reason.TOO_YOUNG, current, again=since + grace - now, drop=put_back)


def _go_on(known: Incident, sighting: Sighting, drop: Drop | None, now: datetime) -> Verdict:
    repair = known.repair
    seen = replace(known, sighting=sighting)
    if known.calm_since and sighting.connected is False:
        seen = replace(seen, drops=recent(known.drops, gone_since(sighting, drop) or now), calm_since=None)
    if known.pending and now >= known.pending.expires:
        return Verdict(Reason.LAPSED, replace(seen, pending=None))
    if known.state is not State.REPAIRING or repair is None:
        return Verdict(Reason.STILL, seen)
    if problem := why_in_vain(repair, sighting):
        return Verdict(Reason.IN_VAIN, end_repair(seen, replace(repair, problem=problem)))
    if not is_overdue(known, now):
        return Verdict(Reason.STILL, gone_again(seen), again=SOON)
    overdue = replace(repair, finished=now, problem=why_overdue(repair, sighting))
    return Verdict(Reason.OVERDUE, end_repair(seen, overdue))


def _await_end(known: Incident, sighting: Sighting, replacement: str, now: datetime) -> Verdict:
    """Go on looking at a host that is being terminated: within seconds at first, and then as often as the sweep does.

    That it is held for hours is no failure of the repair, unless its group has given up or nothing can hold it so long.
    """
    host = replace(
        known.sighting,
        status=sighting.status,
        connected=False,
        host_state=sighting.host_state,
        lifecycle=sighting.lifecycle or known.sighting.lifecycle,
        unchecked=sighting.unchecked,
    )
    seen = replace(known, sighting=host, replacement=replacement or known.replacement)
    if known.repair and (problem := why_it_never_ends(known.repair, sighting, now)):
        return Verdict(Reason.OVERDUE, end_repair(seen, replace(known.repair, problem=problem)))
    if not is_overdue(known, now):
        return Verdict(Reason.ENDING, seen, again=SOON)
    if known.repair is None or known.repair.held:
        return Verdict(Reason.ENDING, seen)
    return Verdict(Reason.HELD, replace(seen, repair=replace(known.repair, held=True)))


def _resolve(known: Incident, ending: Condition, now: datetime, replacement: str = "") -> Incident:
    how = str(ending)
    if (repair := known.repair) and repair.finished and not repair.problem:
        brought = Condition.CONNECTED if repair.by_then else Condition.DEREGISTERED
        # What began in an older release was one of these two, and does not know what it is called.
        unnamed = str(Condition.TERMINATED) if repair.hits_host else REMOVED
        how = (repair.called or unnamed) if ending is brought else how
    return replace(known, state=State.RESOLVED, resolved_at=now, ending=how, replacement=replacement, pending=None)


def _lasts(seen: Condition, known: Incident, now: datetime) -> bool:
    """Whether the trouble goes on. During a repair of ours, Auto Scaling takes the host out because of that repair."""
    if seen is Condition.OUT_OF_SERVICE:
        return known.state is State.REPAIRING and not is_overdue(known, now)
    return seen in {Condition.DISCONNECTED, Condition.UNREADABLE, Condition.DRAINING}
