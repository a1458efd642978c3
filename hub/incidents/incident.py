"""Incidents, and the one decision about them: what does this sighting make of what we knew? Pure, no clock.

    (nothing) ──confirmed──▶ OPEN ──click──▶ ACKNOWLEDGED ──click──▶ REPAIRING ──▶ RESOLVED
                               └────────────────click────────────────▶┘  │            ▲
                               ▲                                         │ overdue    │ reconnected, terminated,
                               └─────────────────────────────────────────┘            │ deregistered, stopped
                                        any unresolved state ─────────────────────────┘

Only `decide` opens and resolves. Clicks move an incident between the states in the middle (`acknowledge`,
`begin_repair`, `end_repair`). A repair that somebody else has to approve waits in the incident (`await_approval`): so
it is bound to that incident, used up by the repair, and withdrawn when the incident ends.

An instance that was confirmed to be in trouble FLAPS times within FLAP_WINDOW is flapping: its incident stays one, and
unresolved, until the agent has been connected for STEADY.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.incidents.hints import MOST_WAITS, Drop
from spoke.places import Cluster
from spoke.sighting import Sighting
from spoke.states import Duty, Power, Standing, duty, power, standing

# How long a repair may take, and how long its replacement may take to register, before we say that it did not.
REPAIR_PATIENCE = timedelta(minutes=10)
# Lifecycle hooks and managed draining hold a host for up to 48 hours; what has not ended after that, nothing ends.
LONGEST_HELD = timedelta(hours=50)
INCIDENT_ID = re.compile(r"inc-[0-9a-f]{10}")
# How soon to look again at something that is changing right now.
SOON = timedelta(seconds=10)
# Agents drop several times an hour by design and are back within seconds; these are drops that outlasted the grace.
FLAPS, FLAP_WINDOW = 3, timedelta(hours=1)
STEADY = timedelta(minutes=20)
# A look reads all that is kept, so not for long: what happened stands in the log. While the bulletin that tells of it
# has not said its last, what would go within KEPT_ON is kept anew: looks may fail for so long.
RESOLVED_KEPT, KEPT_ON = timedelta(days=3), timedelta(days=2)
# Of an agent that never comes to rest, so many drops are kept.
_DROPS_KEPT = 20

REMOVED = "old registration removed"
"""How an incident ends whose repair took out one registration of a host that is well."""
UNWATCHED = "UNWATCHED"
"""Status of an instance in a cluster that has been opted out."""
ACCOUNT_GONE, REGION_GONE = "ACCOUNT_GONE", "REGION_GONE"
"""Status of an instance whose account has left the organization, or whose Region is no longer watched."""
# What Auto Scaling has hosts for whose agents are gone on purpose.
_OFF_DUTY = {Duty.SET_ASIDE, Duty.CHANGING, Duty.WARM, Duty.ENDING}


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REPAIRING = "repairing"
    RESOLVED = "resolved"


class Condition(StrEnum):
    """What a sighting says of an instance, worst news last."""

    CONNECTED = "reconnected"
    DEREGISTERED = "deregistered"
    TERMINATED = "terminated"
    STOPPED = "stopped"
    OUT_OF_SERVICE = "taken out of service by Auto Scaling"
    UNWATCHED = "no longer monitored"
    ACCOUNT_GONE = "the account is no longer in the organization"
    REGION_GONE = "the Region is no longer watched"
    CHANGING = "changing"
    DRAINING = "draining"
    DISCONNECTED = "disconnected"
    UNREADABLE = "unreadable"


_OF_OURS = {
    UNWATCHED: Condition.UNWATCHED,
    ACCOUNT_GONE: Condition.ACCOUNT_GONE,
    REGION_GONE: Condition.REGION_GONE,
}
# How an incident ends of which nobody has seen that the agent is back.
_OUT_OF_SIGHT = {Condition.OUT_OF_SERVICE, Condition.UNWATCHED, Condition.ACCOUNT_GONE, Condition.REGION_GONE}


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
    OVERDUE = "the repair did not finish"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Repair:
    """What somebody had done, or is having done, about an incident.

    `approval` is the request by which `approved_by` has agreed. A repair that `hits_host` is done when EC2 says that
    the host has ended: `held` tells that this takes longer than our patience, `gone` when a held one was over at last.
    """

    request: str
    remedy: str
    by: str
    at: datetime
    finished: datetime | None = None
    group: str = ""
    steps: tuple[str, ...] = ()
    problem: str = ""
    reason: str = ""
    approved_by: str = ""
    approval: str = ""
    hits_host: bool = True
    held: bool = False
    gone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A repair that somebody asked for, and that one of `approvers` (Slack ids, of users or groups) has to approve."""

    request: str
    remedy: str
    by: str
    at: datetime
    expires: datetime
    approvers: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One container instance's trouble. `version` grows with each change and guards its row.

    `drops` are the times within FLAP_WINDOW before the last of them at which its agent was confirmed to have gone, over
    several incidents; `calm_since` is since when a flapping one is back; `picked_at` when somebody asked to see it;
    `keep_until` until when a resolved one is kept, if that is longer than others are.
    """

    id: str
    cluster: Cluster
    instance: str
    episode: str
    state: State
    since: datetime
    opened_at: datetime
    sighting: Sighting
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    repair: Repair | None = None
    resolved_at: datetime | None = None
    ending: str = ""
    replacement: str = ""
    drops: tuple[datetime, ...] = ()
    calm_since: datetime | None = None
    picked_at: datetime | None = None
    pending: Pending | None = None
    keep_until: datetime | None = None
    version: int = 0

    @property
    def expires(self) -> datetime | None:
        """From when on its row may go; None while the trouble goes on."""
        return self.resolved_at and (self.keep_until or self.resolved_at + RESOLVED_KEPT)

    @property
    def unresolved(self) -> bool:
        """Whether the trouble goes on as far as we know."""
        return self.state is not State.RESOLVED

    @property
    def flapping(self) -> bool:
        """Whether its agent goes again and again."""
        return len(self.drops) >= FLAPS


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
            since = _believed(current, sighting, drop, now, grace)
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
                drops=_drops(current, since),
                version=current.version if current else 0,
            )
            return Verdict(Reason.CONFIRMED, opened)
        case _, None:
            return Verdict(Reason.NO_TROUBLE, current)
        case seen, Incident() as live if _is_ending(seen, live, sighting):
            return _await_end(live, sighting, replacement, now)
        case seen, Incident() as live if _lasts(seen, live, now):
            return _go_on(live, sighting, drop, now)
        case Condition.CHANGING, Incident():
            return Verdict(Reason.CHANGING, known, again=SOON)
        case Condition.CONNECTED, Incident(flapping=True) if not _calm(known, drop, now):
            return Verdict(Reason.FLAPPING, _back_for_now(known, sighting, drop, now))
        case (Condition.DEREGISTERED | Condition.TERMINATED) as ending, Incident() as live:
            ended, new = _note_end(live, now), replacement or live.replacement
            if not new and awaits_replacement(ended, now):
                return Verdict(Reason.AWAITING, ended, again=SOON)
            return Verdict(Reason.OVER, _resolve(ended, ending, now, new))
        case ending, _:
            return Verdict(Reason.OVER, _resolve(known, ending, now))


def condition(sighting: Sighting) -> Condition:  # noqa: PLR0911  # one return for each thing a sighting can say
    """Name what a sighting says of an instance. A word of AWS's that nobody knows excuses nothing."""
    match sighting, standing(sighting.status), power(sighting.host_state):
        case _, Standing.OUT, _:
            return Condition.DEREGISTERED
        case Sighting(status=status), _, _ if status in _OF_OURS:
            return _OF_OURS[status]
        case Sighting(connected=True), _, _:
            return Condition.CONNECTED
        case _, _, Power.ENDED:
            return Condition.TERMINATED
        case _, _, Power.OFF:
            return Condition.STOPPED
        case (_, _, Power.ENDING) | (_, Standing.COMING, _):
            return Condition.CHANGING
        case Sighting(lifecycle=state), _, _ if duty(state) in _OFF_DUTY:
            return Condition.OUT_OF_SERVICE
        case Sighting(connected=None), _, _:
            return Condition.UNREADABLE
        case _, Standing.DRAINING, _:
            return Condition.DRAINING
    return Condition.DISCONNECTED


def confirms(current: Incident | None, sighting: Sighting, drop: Drop | None, now: datetime, grace: timedelta) -> bool:
    """Tell whether `decide` opens an incident because of an agent that a look has seen to be gone."""
    if condition(sighting) is not Condition.DISCONNECTED or (current and current.unresolved):
        return False
    since = _believed(current, sighting, drop, now, grace)
    return since is not None and now - since >= grace


def gone_since(sighting: Sighting, drop: Drop | None) -> datetime | None:
    """Tell since when at the latest the agent is gone, or None if nobody knows.

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


def awaits_replacement(incident: Incident, now: datetime) -> bool:
    """Whether the end of this repaired incident should name an instance that has not registered yet."""
    repair = incident.repair
    if incident.state is not State.REPAIRING or repair is None or incident.replacement:
        return False
    if repair.held and repair.gone is None:
        return bool(repair.group)
    if now - (repair.gone or repair.at) >= REPAIR_PATIENCE:
        return False
    return repair.finished is None or bool(repair.group)


def acknowledge(incident: Incident, by: str, now: datetime) -> Incident:
    """Somebody takes the incident on."""
    return replace(incident, state=State.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=now)


def pick(incident: Incident, at: datetime) -> Incident:
    """Somebody wants to see the incident among many."""
    return replace(incident, picked_at=at)


def begin_repair(incident: Incident, repair: Repair) -> Incident:
    """Somebody has the incident repaired. An approval that it waited for is used up."""
    return replace(incident, state=State.REPAIRING, repair=repair, pending=None)


def await_approval(incident: Incident, pending: Pending) -> Incident:
    """Somebody wants the incident repaired, and somebody else has to say yes."""
    return replace(incident, pending=pending)


def withdraw(incident: Incident) -> Incident:
    """Somebody has said no."""
    return replace(incident, pending=None)


def end_repair(incident: Incident, repair: Repair) -> Incident:
    """The repair is done, or has failed and leaves the incident as it was before."""
    if repair.problem:
        return replace(incident, state=_before_repair(incident), repair=repair)
    return replace(incident, repair=repair)


def keep_on(incident: Incident, now: datetime) -> Incident:
    """Keep an incident, if it is about to expire: its bulletin has not said its last."""
    if incident.expires is None or incident.expires - now > KEPT_ON:
        return incident
    return replace(incident, keep_until=now + RESOLVED_KEPT)


def incident_id(cluster: Cluster, instance: str, opened_at: datetime) -> str:
    """Name an incident, the same whenever the same look is repeated."""
    digest = hashlib.sha256(f"{cluster.key}/{instance}/{opened_at.isoformat()}".encode())
    return f"inc-{digest.hexdigest()[:10]}"


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
        # Only worth a look, and nobody can look: that the agent is gone, nobody has said.
        return Verdict(Reason.NO_TROUBLE, current)
    if since is None:
        put_back = Drop(sighting.instance, now, sighting.version, waits + 1 if drop else 0)
        return Verdict(Reason.TOO_YOUNG, current, again=grace, drop=put_back)
    put_back = Drop(sighting.instance, since, sighting.version, waits)
    return Verdict(Reason.TOO_YOUNG, current, again=since + grace - now, drop=put_back)


def _believed(
    current: Incident | None, sighting: Sighting, drop: Drop | None, now: datetime, grace: timedelta
) -> datetime | None:
    """Tell since when the agent is gone, as far as that can be believed."""
    return gone_since(sighting, _without_credit(current, drop, now, grace))


def _without_credit(current: Incident | None, drop: Drop | None, now: datetime, grace: timedelta) -> Drop | None:
    """Take from a drop that was put back too often what it is believed for, if the trouble now may be another one.

    So it is if the agent has been back since, as far as anybody knows; or if SQS, or whatever failed meanwhile, has
    held up the hint for a grace after it was due. That counts only so often: alerts fail open.
    """
    if drop is None or drop.at is None:
        return drop
    back_at = current.resolved_at if current and current.ending == Condition.CONNECTED else None
    held_up = now - drop.at >= 2 * grace and drop.waits < 2 * MOST_WAITS
    return replace(drop, waits=0) if held_up or (back_at and drop.at <= back_at) else drop


def _go_on(known: Incident, sighting: Sighting, drop: Drop | None, now: datetime) -> Verdict:
    repair = known.repair
    seen = replace(known, sighting=sighting)
    if known.calm_since and sighting.connected is False:
        seen = replace(seen, drops=_recent(known.drops, gone_since(sighting, drop) or now), calm_since=None)
    if known.pending and now >= known.pending.expires:
        return Verdict(Reason.LAPSED, replace(seen, pending=None))
    if known.state is not State.REPAIRING or repair is None:
        return Verdict(Reason.STILL, seen)
    if not _overdue(known, now):
        return Verdict(Reason.STILL, seen, again=SOON)
    overdue = replace(repair, finished=now, problem="it did not finish within 10 minutes")
    return Verdict(Reason.OVERDUE, end_repair(seen, overdue))


def _is_ending(seen: Condition, known: Incident, sighting: Sighting) -> bool:
    """Whether our repair has been done and its host is not gone: our own call is a request, EC2's word its proof."""
    repair = known.repair
    asked = known.state is State.REPAIRING and repair and repair.hits_host and repair.finished and not repair.problem
    if not asked or power(sighting.host_state) is Power.ENDED:
        return False
    on_its_way = seen is Condition.OUT_OF_SERVICE and duty(sighting.lifecycle) is Duty.ENDING
    return seen is Condition.DEREGISTERED or on_its_way


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
    if known.repair and (problem := _never_ends(known.repair, sighting, now)):
        return Verdict(Reason.OVERDUE, end_repair(seen, replace(known.repair, problem=problem)))
    if not _overdue(known, now):
        return Verdict(Reason.ENDING, seen, again=SOON)
    if known.repair is None or known.repair.held:
        return Verdict(Reason.ENDING, seen)
    return Verdict(Reason.HELD, replace(seen, repair=replace(known.repair, held=True)))


def _never_ends(repair: Repair, sighting: Sighting, now: datetime) -> str:
    """Say why a host that was to be terminated will not be; "" while it may."""
    if duty(sighting.lifecycle) is Duty.RETAINED:
        return f"Auto Scaling keeps the host ({sighting.lifecycle}), which runs on outside of the cluster: end it there"
    if now - repair.at < LONGEST_HELD:
        return ""
    state = f"is {sighting.host_state}" if sighting.host_state else "cannot be checked"
    return f"the host {state} more than two days later, outside of the cluster: see to it in EC2"


def _note_end(known: Incident, now: datetime) -> Incident:
    """Note when a host was over that something had held: only then its group may replace it."""
    if known.repair is None or not known.repair.held or known.repair.gone:
        return known
    return replace(known, repair=replace(known.repair, gone=now))


def _drops(before: Incident | None, since: datetime) -> tuple[datetime, ...]:
    """Count the drop that begins an incident, unless the agent has not been back since the one before it."""
    never_back = before is not None and before.ending in _OUT_OF_SIGHT
    if before and never_back and before.drops:
        return before.drops
    return _recent(before.drops if before else (), since)


def _recent(drops: tuple[datetime, ...], newest: datetime) -> tuple[datetime, ...]:
    """Add a drop to those that came shortly before it."""
    return (*(drop for drop in drops if newest - drop < FLAP_WINDOW), newest)[-_DROPS_KEPT:]


def _calm(known: Incident, drop: Drop | None, now: datetime) -> bool:
    """Whether a flapping incident whose agent is back is over: somebody repaired it, or it has stayed for long."""
    if known.state is State.REPAIRING:
        return True
    return known.calm_since is not None and not _dropped_since(known, drop) and now - known.calm_since >= STEADY


def _dropped_since(known: Incident, drop: Drop | None) -> bool:
    return bool(known.calm_since and drop and drop.at and drop.at > known.calm_since)


def _back_for_now(known: Incident, sighting: Sighting, drop: Drop | None, now: datetime) -> Incident:
    if drop and drop.at and _dropped_since(known, drop):
        return replace(known, sighting=sighting, drops=_recent(known.drops, drop.at), calm_since=drop.at)
    return replace(known, sighting=sighting, calm_since=known.calm_since or now)


def _resolve(known: Incident, ending: Condition, now: datetime, replacement: str = "") -> Incident:
    how = str(ending)
    if ending is Condition.DEREGISTERED and known.repair and known.repair.finished and not known.repair.problem:
        how = str(Condition.TERMINATED) if known.repair.hits_host else REMOVED
    return replace(known, state=State.RESOLVED, resolved_at=now, ending=how, replacement=replacement, pending=None)


def _lasts(seen: Condition, known: Incident, now: datetime) -> bool:
    """Whether the trouble goes on. While a repair is at work, it is for us that Auto Scaling takes the host out."""
    if seen is Condition.OUT_OF_SERVICE:
        return known.state is State.REPAIRING and not _overdue(known, now)
    return seen in {Condition.DISCONNECTED, Condition.UNREADABLE, Condition.DRAINING}


def _overdue(incident: Incident, now: datetime) -> bool:
    return incident.repair is not None and now - incident.repair.at >= REPAIR_PATIENCE


def _before_repair(incident: Incident) -> State:
    return State.ACKNOWLEDGED if incident.acknowledged_by else State.OPEN
