"""What the hub works with, ready to be bent: places, sightings, incidents, bulletins, events, records."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import Episode
from hub.incidents.hints import Drop
from hub.incidents.incident import Incident, Pending, Repair, State, incident_id
from hub.incidents.mute import Mute
from hub.policy.terms import Terms
from hub.queues import Record
from hub.scopes.scope import Scope
from spoke.places import Cluster
from spoke.sighting import Sighting

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GRACE = timedelta(seconds=120)
CLUSTER = Cluster("222233334444", "eu-west-1", "prod-payments")
ELSEWHERE = Cluster("333344445555", "us-east-1", "search")
LONGEST = Cluster("222233334444", "ap-southeast-1", "c" * 255)
CHANNEL = "C0ECSALERTS"
TERMS = Terms(GRACE, CHANNEL)
EPISODE = "ep-20261120T120000000000"
ALICE, BOB = "U0ALICE01", "U0BOB0002"

EVENTS = Path(__file__).parents[1] / "events"

Json = dict[str, Any]


def event(name: str) -> Json:
    """An envelope as EventBridge delivers it: a file of tests/events."""
    envelope: Json = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return envelope


def bent(envelope: Mapping[str, Any], detail: Mapping[str, Any] | None = None, **top: object) -> str:
    """An envelope with some of its fields changed; None takes one out."""
    changed = {**envelope, "detail": {**envelope["detail"], **(detail or {})}, **top}
    kept = {name: value for name, value in changed.items() if value is not None}
    if isinstance(kept.get("detail"), dict):
        kept["detail"] = {name: value for name, value in kept["detail"].items() if value is not None}
    return json.dumps(kept)


def instance_id(number: int = 1) -> str:
    return f"{number:032x}"


def sighting(number: int = 1, **more: object) -> Sighting:
    """A container instance whose agent is gone, and whose host is well."""
    usual = Sighting(
        instance=instance_id(number),
        status="ACTIVE",
        connected=False,
        version=7,
        host=f"i-{number:017x}",
        host_state="running",
        checks="ok",
        zone="eu-west-1a",
        instance_type="m7g.xlarge",
        os="linux",
        agent_version="1.86.0",
        running_tasks=6,
        others=(),
    )
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a sighting


def drop(number: int = 1, *, ago: timedelta = GRACE, version: int | None = 7, waits: int = 0) -> Drop:
    return Drop(instance_id(number), NOON - ago, version, waits)


def repair(**more: object) -> Repair:
    usual = Repair("request-1", "terminate", ALICE, NOON - timedelta(minutes=1))
    return replace(usual, **more)  # type: ignore[arg-type]  # any field of a repair


def finished(**more: object) -> Repair:
    """A repair that is done, in an Auto Scaling group."""
    done = repair(finished=NOON - timedelta(seconds=30), group="payments-asg", steps=("Terminated it.", "Took it out."))
    return replace(done, **more)  # type: ignore[arg-type]  # any field of a repair


def pending(**more: object) -> Pending:
    """A repair that Alice has asked for, and that one of Bob and a group has to approve."""
    usual = Pending("r-1", "terminate", ALICE, NOON, NOON + timedelta(minutes=15), (BOB, "S0LEADS01"), "it hangs")
    return replace(usual, **more)  # type: ignore[arg-type]  # any field


def muted(scope: str = "organization", **more: object) -> Mute:
    """A mute of Alice's that began an hour ago and lasts for another one."""
    hour = timedelta(hours=1)
    usual = Mute(Scope.parse(scope), NOON + hour, ALICE, "the new AMI", NOON - hour)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field


def incident(number: int = 1, state: State = State.OPEN, *, cluster: Cluster = CLUSTER, **more: object) -> Incident:
    """An incident that was opened five minutes ago, as it is kept in that state."""
    opened_at = NOON - timedelta(minutes=5)
    usual = Incident(
        id=incident_id(cluster, instance_id(number), opened_at),
        cluster=cluster,
        instance=instance_id(number),
        episode=EPISODE,
        state=state,
        since=opened_at - GRACE,
        opened_at=opened_at,
        sighting=sighting(number),
    )
    parts: dict[State, dict[str, object]] = {
        State.OPEN: {},
        State.ACKNOWLEDGED: {"acknowledged_by": ALICE, "acknowledged_at": NOON - timedelta(minutes=2)},
        State.REPAIRING: {"repair": repair()},
        State.RESOLVED: {"resolved_at": NOON - timedelta(minutes=1), "ending": "reconnected"},
    }
    return replace(usual, **(parts[state] | more))  # type: ignore[arg-type]  # any field of an incident


def bulletin(**more: object) -> Bulletin:
    """A bulletin that Slack shows."""
    began = NOON - timedelta(minutes=5)
    slack = Delivery(SLACK, EPISODE, CHANNEL, handle="1795175700.000100", noted=f"log#{began.isoformat()}")
    return altered(Bulletin(Episode(CLUSTER, EPISODE, CHANNEL), (slack,)), **more)


def altered(kept: Bulletin, **more: object) -> Bulletin:
    """A bulletin with other fields of its episode, and of what Slack has of it; some are of both."""
    own = {field.name for field in fields(Episode)}
    slack = {field.name for field in fields(Delivery)} - (own - {"episode", "version"})
    assert more.keys() <= own | slack, more.keys() - own - slack
    if "channel" in more:
        more["address"] = more["channel"]
    episode = replace(kept.episode, **{name: value for name, value in more.items() if name in own})  # type: ignore[arg-type]  # any field
    delivery = replace(kept.slack, **{name: value for name, value in more.items() if name in slack})  # type: ignore[arg-type]  # any field
    return Bulletin(episode, kept.deliveries).shows(delivery)


def entry(what: str = "acknowledged", *, at: datetime = NOON, **more: object) -> Entry:
    """A log entry of CLUSTER, as it is kept."""
    usual = Entry(at, ALICE, what, "i-0b7c9d1e2f3a4b5c6", "", cluster=CLUSTER.key)
    return replace(usual, **more)  # type: ignore[arg-type]  # any field


def record(
    body: str | Mapping[str, Any], number: int = 1, *, group: str = "", receipt: str = "r", tries: int = 1
) -> Record:
    text = body if isinstance(body, str) else json.dumps(body)
    return Record(f"record-{number}", text, group, receipt, tries)
