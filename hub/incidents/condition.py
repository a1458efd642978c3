"""Conditions: what a sighting says of an instance. Pure."""

from enum import StrEnum

from spoke.sighting import Sighting
from spoke.states import Duty, Power, Standing, duty, power, standing

UNWATCHED = "UNWATCHED"
"""Status of an instance in a cluster that has been opted out."""
ACCOUNT_GONE, REGION_GONE = "ACCOUNT_GONE", "REGION_GONE"
"""Status of an instance whose account has left the organization, or whose Region is no longer watched."""
# A host that Auto Scaling has in one of these states may be without its agent on purpose.
_OFF_DUTY = {Duty.SET_ASIDE, Duty.CHANGING, Duty.WARM, Duty.ENDING}


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
