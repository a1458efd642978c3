"""Incidents: one container instance's trouble, and what clicks change about it. Pure, no clock.

    (nothing) ──confirmed──▶ OPEN ──click──▶ ACKNOWLEDGED ──click──▶ REPAIRING ──▶ RESOLVED
                               └────────────────click────────────────▶┘  │            ▲
                               ▲                                         │ overdue    │ reconnected, terminated,
                               └─────────────────────────────────────────┘            │ deregistered, stopped
                                        any unresolved state ─────────────────────────┘

Only hub.incidents.decision opens and resolves. Clicks move an incident between the states in the middle (`acknowledge`,
`begin_repair`, `end_repair`). A repair that somebody else has to approve waits in the incident (`await_approval`): so
it is bound to that incident, used up by the repair, and withdrawn when the incident ends.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.incidents.condition import Condition
from spoke.places import Cluster
from spoke.sighting import Sighting

# Agents drop several times an hour by design and are back within seconds; these are drops that outlasted the grace.
FLAPS, FLAP_WINDOW = 3, timedelta(hours=1)
# A look reads all that is kept, so not for long: what happened stands in the log. While the bulletin that tells of it
# has not said its last, what would go within KEPT_ON is kept anew: looks may fail for so long.
RESOLVED_KEPT, KEPT_ON = timedelta(days=3), timedelta(days=2)


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REPAIRING = "repairing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Repair:
    """What somebody had done, or is having done, about an incident.

    `approval` is the request by which `approved_by` has agreed. A repair that `hits_host` is done when EC2 says that
    the host has ended: `held` tells that this takes longer than our patience, `gone` when a held one was over at last.

    One that has to help `by_then` is done when the agent is back for `steady_seconds`, which it is since `well_since`.
    `tried_at` is when what cannot be done twice was about to be done; `command` is Systems Manager's id of it. `called`
    is what the incident's end is called that the repair brings about, `otherwise` what is suggested if it does not.
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
    by_then: datetime | None = None
    steady_seconds: float = 0
    well_since: datetime | None = None
    tried_at: datetime | None = None
    command: str = ""
    called: str = ""
    otherwise: str = ""


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
    several incidents; `calm_since` is when the agent of a flapping one came back; `picked_at` when somebody asked for
    it; `keep_until` until when a resolved one is kept, if that is longer than others are.
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
    def ended_connected(self) -> bool:
        """Whether it is over because its agent was back."""
        brought_back = self.repair is not None and self.repair.by_then is not None and self.repair.called
        return self.ending in {Condition.CONNECTED, brought_back}

    @property
    def flapping(self) -> bool:
        """Whether its agent goes again and again."""
        return len(self.drops) >= FLAPS


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


def _before_repair(incident: Incident) -> State:
    return State.ACKNOWLEDGED if incident.acknowledged_by else State.OPEN
