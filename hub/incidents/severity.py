"""How bad a cluster's trouble is, in the words that policies and pagers use. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from spoke.sighting import Sighting

# From this share of its instances on, a cluster is not what its services count on.
LARGE_SHARE = 0.5


class Severity(StrEnum):
    """The words, worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


def severity(broken: Iterable[Sighting], registered: int = 0) -> Severity:
    """Say how bad it is that a cluster's instances are as they were seen; `registered` as in Bulletin, 0: nobody knows.

    Critical: a host's EC2 status checks fail, so its tasks are in trouble too, or half the cluster is gone. Info: all
    of them are hosts that AWS manages and replaces itself, or old registrations of hosts that are well.
    """
    seen = [sighting for sighting in broken if sighting.alive_as is None]
    sick = any(sighting.checks == "impaired" for sighting in seen)
    if sick or (seen and registered and len(seen) >= LARGE_SHARE * registered):
        return Severity.CRITICAL
    if all(sighting.managed and sighting.auto_repair is not False for sighting in seen):
        return Severity.INFO
    return Severity.WARNING
