"""EventBridge's events as hints. Pure; nobody else looks into their envelopes, but to log them.

The account of a hint is the envelope's, which EventBridge sets; ARNs inside the event must agree with it.

An event that a replayed archive delivers tells where to look, but not since when: what it reports may be long over.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub.incidents.foreign_values import host_id, is_whole, named
from hub.incidents.hints import BadHint, Drop, Foreign, Hint, Why
from spoke.places import BadPlace, Cluster, ContainerInstance
from spoke.states import impaired


def from_event(body: Mapping[str, Any]) -> Hint | None:
    """Read an event. None means that it is fine but nobody needs to look. Raises BadHint."""
    kind = (body.get("source"), body.get("detail-type"))
    try:
        read = KINDS[kind]  # type: ignore[index]  # a wrongly typed kind is as unknown as any other
    except (KeyError, TypeError) as error:
        raise BadHint(f"unknown kind of event {named(kind)}") from error
    detail = body.get("detail")
    if not isinstance(detail, dict):
        raise BadHint("the event has no detail")
    hint = read(body, detail)
    if hint is None or not body.get("replay-name"):
        return hint
    return replace(hint, why=Why.REPLAY, drops=tuple(replace(drop, at=None, version=None) for drop in hint.drops))


def _state_change(body: Mapping[str, Any], detail: Mapping[str, Any]) -> Hint:
    cluster, instance = _places(body, detail)
    version = detail.get("version")
    return Hint(cluster, Why.STATE_CHANGE, (_drop(body, detail, instance, version if is_whole(version) else None),))


def _health_change(body: Mapping[str, Any], detail: Mapping[str, Any]) -> Hint:
    """Read a change of any check. Only the agent's own check says that the agent is gone, and so can date it."""
    cluster, instance = _places(body, detail)
    drop = _drop(body, detail, instance, None)
    gone = _agent_gone(detail.get("healthChecks"))
    return Hint(cluster, Why.HEALTH_CHANGE, (drop if gone else replace(drop, at=None),))


def _drop(body: Mapping[str, Any], detail: Mapping[str, Any], instance: str, version: int | None) -> Drop:
    return Drop(instance, _time(body.get("time")), version, host=host_id(detail.get("ec2InstanceId")))


def _agent_gone(checks: object) -> bool:
    """Whether the agent's check has failed. Checks that cannot be read are taken for a yes: the look will tell."""
    if not isinstance(checks, list) or not all(isinstance(check, dict) for check in checks):
        return True
    return any(check.get("type") == "AGENT_CONNECTIVITY" and impaired(str(check.get("status"))) for check in checks)


def _drill(_body: Mapping[str, Any], _detail: Mapping[str, Any]) -> None:
    """A drill has arrived: that it did is all there is to know, and ingest counts it."""


def _places(body: Mapping[str, Any], detail: Mapping[str, Any]) -> tuple[Cluster, str]:
    try:
        cluster = Cluster.from_arn(detail["clusterArn"])
        instance = ContainerInstance.from_arn(detail["containerInstanceArn"])
    except KeyError as error:
        raise BadHint(f"the event lacks {error}") from error
    except (BadPlace, TypeError, AttributeError) as error:
        raise BadHint(str(error)) from error
    sender = (body.get("account"), body.get("region"))
    for place in (cluster, instance):
        if (place.account, place.region) != sender:
            raise Foreign(f"the event comes from {named(sender)} but names {[place.account, place.region]}"[:300])
    return cluster, instance.id


def _time(text: object) -> datetime:
    if not isinstance(text, str):
        raise BadHint("the event has no time")
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadHint(f"the event's time is {text[:50]!r}") from error


# (source, detail-type) -> its reader. A new kind of event is one line here and one rule in spoke-rules.yaml.
KINDS: dict[tuple[str, str], Callable[[Mapping[str, Any], Mapping[str, Any]], Hint | None]] = {
    ("aws.ecs", "ECS Container Instance State Change"): _state_change,
    ("aws.ecs", "ECS Container Instance Health Change"): _health_change,
    ("coastguard.drill", "Coastguard Drill"): _drill,
}
