"""One sighting of each condition, one incident of each kind, and what is decided about them at noon."""

from datetime import datetime, timedelta

from hub.incidents.condition import ACCOUNT_GONE, REGION_GONE, UNWATCHED, Condition
from hub.incidents.decision import Verdict, decide
from hub.incidents.hints import Drop
from hub.incidents.incident import Incident, State
from hub.incidents.repair_progress import REPAIR_PATIENCE
from spoke.sighting import Sighting
from tests.hub.factories import CLUSTER, GRACE, NOON, finished, incident, instance_id, repair, sighting

SECOND = timedelta(seconds=1)

SEEN = {
    Condition.CONNECTED: sighting(connected=True),
    Condition.DEREGISTERED: Sighting(instance_id(), "MISSING", host_state="terminated"),
    Condition.TERMINATED: sighting(host_state="terminated"),
    Condition.STOPPED: sighting(host_state="stopped"),
    Condition.OUT_OF_SERVICE: sighting(lifecycle="Standby"),
    Condition.UNWATCHED: sighting(status=UNWATCHED),
    Condition.ACCOUNT_GONE: sighting(status=ACCOUNT_GONE, connected=None),
    Condition.REGION_GONE: sighting(status=REGION_GONE, connected=None),
    Condition.CHANGING: sighting(host_state="shutting-down"),
    Condition.DRAINING: sighting(status="DRAINING"),
    Condition.DISCONNECTED: sighting(),
    Condition.UNREADABLE: Sighting(instance_id(), "UNKNOWN", unchecked=("access denied",)),
}

LATE = NOON - REPAIR_PATIENCE
KNOWN: dict[str, Incident | None] = {
    "nothing": None,
    "resolved": incident(state=State.RESOLVED, version=5),
    "open": incident(version=1),
    "acknowledged": incident(state=State.ACKNOWLEDGED, version=2),
    "repairing": incident(state=State.REPAIRING, version=3),
    "repairing late": incident(state=State.REPAIRING, repair=repair(at=LATE), version=3),
    "repaired in a group": incident(state=State.REPAIRING, repair=finished(), version=4),
    "repaired in a group late": incident(state=State.REPAIRING, repair=finished(at=LATE), version=4),
    "repaired alone": incident(state=State.REPAIRING, repair=finished(group=""), version=4),
    "repaired alone late": incident(state=State.REPAIRING, repair=finished(group="", at=LATE), version=4),
    "repair failed": incident(repair=finished(problem="no"), version=4),
    "repair failed, acknowledged": incident(state=State.ACKNOWLEDGED, repair=finished(problem="no"), version=4),
}

# What is known, by what becomes of it.
FRESH = ("nothing", "resolved")
SOLID = ("open", "acknowledged", "repair failed", "repair failed, acknowledged")
IN_TIME = ("repairing", "repaired in a group", "repaired alone")
TOO_LATE = ("repairing late", "repaired in a group late", "repaired alone late")
UNRESOLVED = (*SOLID, *IN_TIME, *TOO_LATE)
AWAITING = ("repairing", "repaired in a group")
TROUBLE = (Condition.DISCONNECTED, Condition.UNREADABLE)
OUT = (Condition.DEREGISTERED, Condition.TERMINATED)


def decided(
    current: Incident | None,
    seen: Sighting,
    dropped: Drop | None = None,
    *,
    now: datetime = NOON,
    replacement: str = "",
) -> Verdict:
    return decide(
        current, seen, dropped, cluster=CLUSTER, episode="ep-2", now=now, grace=GRACE, replacement=replacement
    )
