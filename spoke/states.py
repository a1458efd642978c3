"""AWS's words for the states of things, each sorted into what it means. Pure.

These vocabularies are open: AWS adds words, and a word may begin like another one and mean the contrary. So each word
of botocore's models stands here by itself, and a test fails on one that nobody has sorted. A word that even botocore
does not know yet is UNKNOWN: alerts take it for trouble (they fail open), repairs refuse it (they fail closed).
"""

from collections.abc import Mapping
from enum import Enum, auto

GONE = "gone"
"""State of a host that EC2 does not know: it was terminated more than about an hour ago."""

MISSING = "MISSING"
"""Status of a container instance that ECS does not know."""


class Standing(Enum):
    """How a container instance stands with ECS."""

    IN = auto()
    DRAINING = auto()
    COMING = auto()
    OUT = auto()
    UNKNOWN = auto()


class Power(Enum):
    """Whether a host runs."""

    ON = auto()
    OFF = auto()
    ENDING = auto()
    ENDED = auto()
    UNKNOWN = auto()


class Duty(Enum):
    """What an Auto Scaling group has a host for."""

    AT_WORK = auto()  # in service, or about to be
    SET_ASIDE = auto()  # somebody has taken it out of service, and it stays
    CHANGING = auto()  # an instance refresh is at work on it
    WARM = auto()  # in a warm pool, where no call on its own can terminate it
    ENDING = auto()  # it is being terminated, which hooks may hold up for hours
    RETAINED = auto()  # its termination was given up: it stays, and is billed, until somebody asks for it again
    UNKNOWN = auto()


class Course(Enum):
    """What has become of a command that Systems Manager was to run on a machine."""

    UNDER_WAY = auto()
    RAN = auto()  # to its end, well or not: what it found is in its output
    NEVER_RAN = auto()  # or was cut off
    UNKNOWN = auto()


STANDINGS: Mapping[str, Standing] = {
    "ACTIVE": Standing.IN,
    "DRAINING": Standing.DRAINING,
    "REGISTERING": Standing.COMING,
    "REGISTRATION_FAILED": Standing.OUT,
    "DEREGISTERING": Standing.OUT,
    "INACTIVE": Standing.OUT,
    MISSING: Standing.OUT,
}
"""ECS's statuses of container instances."""

POWERS: Mapping[str, Power] = {
    "pending": Power.ON,
    "running": Power.ON,
    "stopping": Power.OFF,
    "stopped": Power.OFF,
    "shutting-down": Power.ENDING,
    "terminated": Power.ENDED,
    GONE: Power.ENDED,
}
"""EC2's states of hosts."""

DUTIES: Mapping[str, Duty] = {
    "Pending": Duty.AT_WORK,
    "Pending:Wait": Duty.AT_WORK,
    "Pending:Proceed": Duty.AT_WORK,
    "InService": Duty.AT_WORK,
    "Quarantined": Duty.UNKNOWN,  # "is not used", says AWS
    "EnteringStandby": Duty.SET_ASIDE,
    "Standby": Duty.SET_ASIDE,
    "Detaching": Duty.SET_ASIDE,
    "Detached": Duty.SET_ASIDE,
    "ReplacingRootVolume": Duty.CHANGING,
    "ReplacingRootVolume:Wait": Duty.CHANGING,
    "ReplacingRootVolume:Proceed": Duty.CHANGING,
    "RootVolumeReplaced": Duty.CHANGING,
    "Terminating": Duty.ENDING,
    "Terminating:Wait": Duty.ENDING,
    "Terminating:Proceed": Duty.ENDING,
    "Terminated": Duty.ENDING,
    "Terminating:Retained": Duty.RETAINED,
    "Warmed:Pending": Duty.WARM,
    "Warmed:Pending:Wait": Duty.WARM,
    "Warmed:Pending:Proceed": Duty.WARM,
    "Warmed:Pending:Retained": Duty.WARM,
    "Warmed:Running": Duty.WARM,
    "Warmed:Stopped": Duty.WARM,
    "Warmed:Hibernated": Duty.WARM,
    "Warmed:Terminating": Duty.WARM,
    "Warmed:Terminating:Wait": Duty.WARM,
    "Warmed:Terminating:Proceed": Duty.WARM,
    "Warmed:Terminating:Retained": Duty.WARM,
    "Warmed:Terminated": Duty.WARM,
}
"""Auto Scaling's lifecycle states.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""

CHECKS: Mapping[str, int | None] = {
    "impaired": 3,
    "insufficient-data": 2,
    "initializing": 1,
    "ok": 0,
    "not-applicable": None,
}
"""EC2's results of status checks, each with how bad it is; None says nothing."""

IMPAIRED: Mapping[str, bool] = {"IMPAIRED": True, "OK": False, "INSUFFICIENT_DATA": False, "INITIALIZING": False}
"""ECS's results of health checks: whether something is known to be sick."""

ANSWERS: Mapping[str, bool] = {"Online": True, "ConnectionLost": False, "Inactive": False}
"""Systems Manager's ping statuses: whether the machine answers."""

COURSES: Mapping[str, Course] = {
    "Pending": Course.UNDER_WAY,
    "InProgress": Course.UNDER_WAY,
    "Delayed": Course.UNDER_WAY,
    "Cancelling": Course.UNDER_WAY,
    "Success": Course.RAN,
    "Failed": Course.RAN,
    "Cancelled": Course.NEVER_RAN,
    "TimedOut": Course.NEVER_RAN,
}
"""Systems Manager's statuses of a command on one machine.

https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""


def standing(status: str) -> Standing:
    """Say how a container instance stands that has this status."""
    return STANDINGS.get(status, Standing.UNKNOWN)


def power(state: str | None) -> Power:
    """Say whether a host runs that is in this state."""
    return POWERS.get(state or "", Power.UNKNOWN)


def duty(lifecycle: str) -> Duty:
    """Say what Auto Scaling has a host for that is in this lifecycle state."""
    return DUTIES.get(lifecycle, Duty.UNKNOWN)


def course(status: str) -> Course:
    """Say what has become of a command that has this status; "" is that of one about which nobody has asked."""
    return COURSES.get(status, Course.UNKNOWN)


def worst(*checks: str | None) -> str | None:
    """Name the worst of status checks; a result that nobody has sorted is the worst. None: they say nothing."""
    told = [check for check in checks if check is not None and CHECKS.get(check, 0) is not None]
    return max(told, key=lambda check: CHECKS.get(check, len(CHECKS)) or 0, default=None)


def impaired(status: str | None) -> bool:
    """Return whether a health check has found something sick."""
    return IMPAIRED.get(status or "", False)
