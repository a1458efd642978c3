"""Hints: things that say "look at this cluster". Pure; the only module that knows EventBridge's envelopes.

A hint is never believed: it decides where to look and since when an agent may be gone, not what is true.
The account of a hint is the envelope's, which EventBridge sets; ARNs inside the event must agree with it.

An event that a replayed archive delivers tells where to look, but not since when: what it reports may be long over.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

from hub.scopes.scope import Scope
from spoke.partitions import partition_of
from spoke.places import BadPlace, Cluster, ContainerInstance
from spoke.states import impaired

# A look message of this many drops stays under 64 KiB, so that a batch of ten stays under SQS's 1 MiB.
DROPS_PER_MESSAGE = 400
_LONGEST_WHY = 100
# After so many waits for a version that keeps changing the trouble is believed: alerts fail open.
MOST_WAITS = 2

_HOST = re.compile(r"m?i-[0-9a-f]{8,32}")
_STORM = re.compile(r"([A-Z0-9]{2,28})/([^/]+)", re.ASCII)


class BadHint(ValueError):
    """A message that can never become a hint; the text says why. Parked, counted, not retried."""


class Foreign(BadHint):
    """An event whose ARNs name another account or Region than its envelope."""


class Why(StrEnum):
    """Why somebody looks."""

    STATE_CHANGE = "state change"
    HEALTH_CHANGE = "health change"
    REPLAY = "replay"
    AGAIN = "look again"
    SWEEP = "sweep"
    ALONE = "no storm"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Drop:
    """What a hint says of one container instance.

    `at` is when the agent was said to have gone, None when nobody said: then the instance is only worth a look.
    `version` is ECS's counter of changes at that time, `waits` how often this drop was put back because the instance
    had changed since. `host` is the EC2 or SSM id that the event names: to be shown if nobody can look, never acted
    upon.
    """

    instance: str
    at: datetime | None
    version: int | None = None
    waits: int = 0
    host: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A reason to look at a cluster; no drops means: at what is already known of it.

    `crowd` is how many clusters of the Region were spoken of in the same breath: many together are a storm. `hops` and
    `until` are those of hub.chain, as in every hint: how many invocations lie behind it, and until when it holds, None
    being for ever.
    """

    cluster: Cluster
    why: Why
    drops: tuple[Drop, ...] = ()
    crowd: int = 0
    hops: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class StormHint:
    """A reason to see whether a channel has a storm in a Region, and to say how it stands."""

    channel: str
    region: str
    hops: int = field(default=0, compare=False)
    until: datetime | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The storm in one word, "C0ECSALERTS/eu-west-1"."""
        return f"{self.channel}/{self.region}"


@dataclass(frozen=True, slots=True, order=True)
class MuteHint:
    """A reason to see to a mute that ends: its scope as text."""

    scope: str
    hops: int = field(default=0, compare=False)
    until: datetime | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The mute in one word."""
        return self.scope


@dataclass(frozen=True, slots=True)
class PolicyHint:
    """A reason to tell the operators that something is wrong with the policy."""

    key: str = "policy"
    hops: int = field(default=0, compare=False)
    until: datetime | None = field(default=None, compare=False)


Chore = StormHint | MuteHint | PolicyHint
"""What look sees to besides clusters; each has a FIFO group of its own."""


_H = TypeVar("_H", bound=Hint | Chore)


def from_message(text: str) -> Hint | Chore | None:
    """Read a message of the queues: an EventBridge envelope or a hint of our own.

    None means that the message is fine but nobody needs to look. Raises BadHint.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadHint("not JSON") from error
    if not isinstance(body, dict):
        raise BadHint("not a JSON object")
    if "storm" in body:
        return _of_a_chain(_storm(body["storm"]), body)
    if "mute" in body:
        return _of_a_chain(_mute(body["mute"]), body)
    if body.get("policy") == "policy":
        return _of_a_chain(PolicyHint(), body)
    return _of_a_chain(_from_own(body), body) if "cluster" in body else _from_envelope(body)


def to_message(hint: Hint | Chore) -> str:
    """Write a hint as a message that `from_message` reads."""
    body: dict[str, object]
    if isinstance(hint, Hint):
        drops = [[d.instance, d.at and d.at.timestamp(), d.version, d.waits, d.host] for d in hint.drops]
        body = {"cluster": hint.cluster.key, "why": hint.why, "drops": drops, "crowd": hint.crowd}
    else:
        body = {_name(hint): hint.key}
    body |= {"hops": hint.hops} if hint.hops else {}
    body |= {"until": hint.until.timestamp()} if hint.until else {}
    return json.dumps(body, separators=(",", ":"))


def gist(text: str) -> list[str]:
    """Tell what can be told of any message, also one that `from_message` refuses: place and kind, in foreign words."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict):
        return []
    detail = body.get("detail")
    arn = detail.get("clusterArn") if isinstance(detail, dict) else None
    name = arn.rpartition("/")[2] if isinstance(arn, str) else None
    told = [body.get("account"), body.get("region"), name, body.get("detail-type")]
    told += [body.get("cluster"), body.get("why"), body.get("storm"), body.get("mute")]
    return [part for part in told if isinstance(part, str) and part]


def gather(hints: Iterable[Hint]) -> list[Hint]:
    """Make one hint per cluster; of an instance's drops the one with the newest version counts, in whatever order.

    A sweep together with another reason is that other reason; a person who waits comes before all of them. The most
    hops count, and what holds for longest.
    """
    gathered: dict[Cluster, list[Hint]] = {}
    for hint in hints:
        gathered.setdefault(hint.cluster, []).append(hint)
    return [_together(cluster, some) for cluster, some in gathered.items()]


def _together(cluster: Cluster, hints: Sequence[Hint]) -> Hint:
    ends = [hint.until for hint in hints if hint.until]
    return Hint(
        cluster,
        max((hint.why for hint in hints), key=_weight),
        newest(drop for hint in hints for drop in hint.drops),
        crowd=max(hint.crowd for hint in hints),
        hops=max(hint.hops for hint in hints),
        until=max(ends) if len(ends) == len(hints) else None,
    )


def newest(drops: Iterable[Drop]) -> tuple[Drop, ...]:
    """Choose of each instance's drops the one with the newest version, in whatever order they come."""
    chosen: dict[str, Drop] = {}
    for drop in drops:
        known = chosen.get(drop.instance)
        if known is None or _age(drop) > _age(known):
            chosen[drop.instance] = drop
    return tuple(chosen[instance] for instance in sorted(chosen))


def hops_behind(text: str) -> int:
    """Tell how many hops lie behind any message, also one that `from_message` refuses."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    hops = body.get("hops") if isinstance(body, dict) else None
    return hops if _is_whole(hops) else 0


def portions(hint: Hint) -> list[Hint]:
    """Cut a hint into ones that fit a message each."""
    starts = range(0, max(len(hint.drops), 1), DROPS_PER_MESSAGE)
    return [replace(hint, drops=hint.drops[start : start + DROPS_PER_MESSAGE]) for start in starts]


def _weight(why: Why) -> int:
    """Tell how much a reason to look changes what is done: of several, the one that changes most counts."""
    return {Why.SWEEP: 0, Why.ALONE: 2, Why.REQUEST: 3}.get(why, 1)


def _of_a_chain(hint: _H, body: Mapping[str, Any]) -> _H:
    try:
        until = body.get("until")
        dated = None if until is None else datetime.fromtimestamp(until, UTC)
        return replace(hint, hops=_whole(body.get("hops", 0)), until=dated)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise BadHint(f"not a hint of a chain: {error}"[:300]) from error


def _storm(key: object) -> StormHint:
    found = _STORM.fullmatch(key) if isinstance(key, str) else None
    if not found or not partition_of(found[2]):
        raise BadHint(f"not a storm: {_named([key])}")
    channel, region = found.groups()
    return StormHint(channel, region)


def _mute(scope: object) -> MuteHint:
    try:
        return MuteHint(str(Scope.parse(scope)))  # type: ignore[arg-type]  # what is no text raises
    except (TypeError, ValueError, AttributeError) as error:
        raise BadHint(f"not a mute's scope: {_named([scope])}") from error


def _name(chore: Chore) -> str:
    return {StormHint: "storm", MuteHint: "mute", PolicyHint: "policy"}[type(chore)]


def _from_own(body: Mapping[str, Any]) -> Hint:
    try:
        cluster = Cluster.from_key(body["cluster"])
        drops = tuple(_own_drop(cluster, *parts) for parts in body["drops"])
        return Hint(cluster, _why(body["why"]), drops, _whole(body.get("crowd", 0)))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise BadHint(f"not a hint: {error}"[:300]) from error


def _own_drop(  # noqa: PLR0913  # a drop has these parts
    cluster: Cluster, instance: str, at: float | None, version: int | None, waits: int, host: str = ""
) -> Drop:
    ContainerInstance(cluster.account, cluster.region, instance)  # raises BadPlace for what cannot be one
    dated = None if at is None else datetime.fromtimestamp(at, UTC)
    return Drop(instance, dated, version if version is None else _whole(version), _whole(waits), _host(host))


def _why(text: object) -> Why:
    """Read a reason to look. One that only another release knows is as good as any that makes nothing special."""
    if not isinstance(text, str) or len(text) > _LONGEST_WHY:
        raise TypeError("the reason is no short text")
    return Why(text) if text in set(Why) else Why.AGAIN


def _whole(number: object) -> int:
    if not _is_whole(number):
        raise TypeError("a count is no whole number that fits")
    return number


def _is_whole(number: object) -> TypeGuard[int]:
    """Tell a count. JSON's numbers have up to 4,300 digits, and a few hundred of those are more than SQS takes."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**63


def _from_envelope(body: Mapping[str, Any]) -> Hint | None:
    kind = (body.get("source"), body.get("detail-type"))
    try:
        read = KINDS[kind]  # type: ignore[index]  # a wrongly typed kind is as unknown as any other
    except (KeyError, TypeError) as error:
        raise BadHint(f"unknown kind of event {_named(kind)}") from error
    detail = body.get("detail")
    if not isinstance(detail, dict):
        raise BadHint("the event has no detail")
    hint = read(body, detail)
    if hint is None or not body.get("replay-name"):
        return hint
    return replace(hint, why=Why.REPLAY, drops=tuple(replace(drop, at=None, version=None) for drop in hint.drops))


def _named(parts: Iterable[object]) -> list[str]:
    """Quote foreign values. What is no text goes by its type: JSON reads what nests too deep for Python to write."""
    return [part[:100] if isinstance(part, str) else type(part).__name__ for part in parts]


def _state_change(body: Mapping[str, Any], detail: Mapping[str, Any]) -> Hint:
    cluster, instance = _places(body, detail)
    version = detail.get("version")
    return Hint(cluster, Why.STATE_CHANGE, (_drop(body, detail, instance, version if _is_whole(version) else None),))


def _health_change(body: Mapping[str, Any], detail: Mapping[str, Any]) -> Hint:
    """Read a change of any check. Only the agent's own check says that the agent is gone, and so can date it."""
    cluster, instance = _places(body, detail)
    drop = _drop(body, detail, instance, None)
    gone = _agent_gone(detail.get("healthChecks"))
    return Hint(cluster, Why.HEALTH_CHANGE, (drop if gone else replace(drop, at=None),))


def _drop(body: Mapping[str, Any], detail: Mapping[str, Any], instance: str, version: int | None) -> Drop:
    return Drop(instance, _time(body.get("time")), version, host=_host(detail.get("ec2InstanceId")))


def _host(name: object) -> str:
    return name if isinstance(name, str) and _HOST.fullmatch(name) else ""


def _agent_gone(checks: object) -> bool:
    """Tell whether the agent's check has failed; checks that cannot be read are taken for a yes, the look will tell."""
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
            raise Foreign(f"the event comes from {_named(sender)} but names {[place.account, place.region]}"[:300])
    return cluster, instance.id


def _time(text: object) -> datetime:
    if not isinstance(text, str):
        raise BadHint("the event has no time")
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadHint(f"the event's time is {text[:50]!r}") from error


def _age(drop: Drop) -> tuple[bool, int, int, float, str]:
    """Tell which of two drops is the newer one, the same in whatever order they come.

    One that is dated tells more than one that is not, and so does one with a version.
    """
    at = -1.0 if drop.at is None else drop.at.timestamp()
    return drop.at is not None, -1 if drop.version is None else drop.version, drop.waits, at, drop.host


# (source, detail-type) -> its reader. A new kind of event is one line here and one rule in spoke-rules.yaml.
KINDS: dict[tuple[str, str], Callable[[Mapping[str, Any], Mapping[str, Any]], Hint | None]] = {
    ("aws.ecs", "ECS Container Instance State Change"): _state_change,
    ("aws.ecs", "ECS Container Instance Health Change"): _health_change,
    ("coastguard.drill", "Coastguard Drill"): _drill,
}
