"""How bad a cluster's trouble is, in the words that policies and pagers use. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from hub.incident import Incident

# From this share of its instances on, a cluster is not what its services count on.
LARGE_SHARE = 0.5


class Severity(StrEnum):
    """The words, worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


def severity(incidents: Iterable[Incident], registered: int = 0) -> Severity:
    """Say how bad the unresolved ones of a cluster's incidents are; `registered` as in Bulletin, 0: nobody knows.

    Critical: a host's EC2 status checks fail, so its tasks are in trouble too, or half the cluster is gone. Info: all
    of them are hosts that AWS manages, and replaces itself.
    """
    live = [incident for incident in incidents if incident.unresolved]
    sick = any(incident.sighting.checks == "impaired" for incident in live)
    if sick or (registered and len(live) >= LARGE_SHARE * registered):
        return Severity.CRITICAL
    if all(incident.sighting.managed for incident in live):
        return Severity.INFO
    return Severity.WARNING
