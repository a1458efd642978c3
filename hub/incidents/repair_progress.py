"""How far a repair has come: what it waits for, and when it has taken too long. Pure, no clock."""

from dataclasses import replace
from datetime import datetime, timedelta

from hub.incidents.condition import Condition
from hub.incidents.incident import Incident, Repair, State
from hub.times import span_words
from spoke.findings import AGENT_UP, why_not
from spoke.sighting import Sighting
from spoke.states import Course, Duty, Power, course, duty, power

# How long a repair may take, and how long its replacement may take to register, before we say that it did not.
REPAIR_PATIENCE = timedelta(minutes=10)
# Lifecycle hooks and managed draining hold a host for up to 48 hours; what has not ended after that, nothing ends.
LONGEST_HELD = timedelta(hours=50)


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


def is_ending(seen: Condition, known: Incident, sighting: Sighting) -> bool:
    """Whether our repair has been done and its host is not gone: our own call is a request, EC2's word its proof."""
    repair = known.repair
    asked = known.state is State.REPAIRING and repair and repair.hits_host and repair.finished and not repair.problem
    if not asked or power(sighting.host_state) is Power.ENDED:
        return False
    on_its_way = seen is Condition.OUT_OF_SERVICE and duty(sighting.lifecycle) is Duty.ENDING
    return seen is Condition.DEREGISTERED or on_its_way


def why_it_never_ends(repair: Repair, sighting: Sighting, now: datetime) -> str:
    """Say why a host that was to be terminated will not be; "" while it may."""
    if duty(sighting.lifecycle) is Duty.RETAINED:
        return f"Auto Scaling keeps the host ({sighting.lifecycle}), which runs on outside of the cluster: end it there"
    if now - repair.at < LONGEST_HELD:
        return ""
    state = f"is {sighting.host_state}" if sighting.host_state else "cannot be checked"
    return f"the host {state} more than two days later, outside of the cluster: see to it in EC2"


def note_end(known: Incident, now: datetime) -> Incident:
    """Note when a host was over that something had held: only then its group may replace it."""
    if known.repair is None or not known.repair.held or known.repair.gone:
        return known
    return replace(known, repair=replace(known.repair, gone=now))


def is_overdue(incident: Incident, now: datetime) -> bool:
    """Whether a repair began longer ago than one may take, or has not helped by the time it should have."""
    return incident.repair is not None and now >= (incident.repair.by_then or incident.repair.at + REPAIR_PATIENCE)


def is_steadying(known: Incident, now: datetime) -> bool:
    """Whether an agent that is back by a repair of ours has still to show that it stays."""
    repair = known.repair
    if known.state is not State.REPAIRING or repair is None or repair.tried_at is None or repair.by_then is None:
        return False
    return repair.well_since is None or now - repair.well_since < timedelta(seconds=repair.steady_seconds)


def back_again(known: Incident, sighting: Sighting, now: datetime) -> Incident:
    """Note since when the agent is back that a repair was to bring back."""
    repair = known.repair and replace(known.repair, well_since=known.repair.well_since or now)
    return replace(known, sighting=sighting, repair=repair)


def gone_again(known: Incident) -> Incident:
    """Note that the agent did not stay."""
    if known.repair is None or known.repair.well_since is None:
        return known
    return replace(known, repair=replace(known.repair, well_since=None))


def why_in_vain(repair: Repair, sighting: Sighting) -> str:
    """Say why a repair cannot help any more whose command has ended; "" while it may."""
    if not repair.command or repair.by_then is None or AGENT_UP in sighting.found:
        return ""
    match course(sighting.command):
        case Course.RAN:
            cause = why_not(sighting.found) or "the command on the host failed without saying why"
        case Course.NEVER_RAN:
            cause = f"Systems Manager has not run the command to its end ({sighting.command})"
        case _:
            return ""
    return _with(cause, repair)


def why_overdue(repair: Repair, sighting: Sighting) -> str:
    """Say what a repair has not come to in its time."""
    if repair.by_then is None:
        return "it did not finish within 10 minutes"
    cause = f"the agent has not come back to stay within {span_words(repair.by_then - repair.at)}"
    if AGENT_UP in sighting.found:
        cause += "; it runs on its host, so look at the way to the endpoints of ECS and at the host's role"
    elif told := why_not(sighting.found):
        cause += f"; {told}"
    return _with(cause, repair)


def _with(cause: str, repair: Repair) -> str:
    return f"{cause}. {repair.otherwise}" if repair.otherwise else cause
