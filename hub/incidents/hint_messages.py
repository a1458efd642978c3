"""Hints as messages of our own queues: written, read, and cut to what fits one. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from hub.incidents.eventbridge import from_event
from hub.incidents.foreign_values import host_id, is_whole, named
from hub.incidents.hints import BadHint, Chore, Drop, Gathered, Hint, MuteHint, PolicyHint, Question, StormHint, Why
from hub.incidents.mute import MUTE_ID
from hub.scopes.scope import Scope
from spoke.partitions import partition_of
from spoke.places import Cluster, ContainerInstance

# FIFO may hand out a cluster's messages one by one, and each would be a look of its own. A message of so many drops
# stays under a quarter of the MiB that SQS takes, and ten of them under half of what Lambda does.
DROPS_PER_MESSAGE = 2_000
_LONGEST_WHY = 100
_STORM = re.compile(r"([A-Z0-9]{2,28})/([^/]+)", re.ASCII)
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
    if "gathered" in body:
        return _of_a_chain(_gathered(body["gathered"]), body)
    if "mute" in body:
        return _of_a_chain(_mute(body["mute"], body.get("id", "")), body)
    if body.get("policy") == "policy":
        return _of_a_chain(PolicyHint(), body)
    return _of_a_chain(_from_own(body), body) if "cluster" in body else from_event(body)


def to_message(hint: Hint | Chore) -> str:
    """Write a hint as a message that `from_message` reads."""
    body: dict[str, object]
    if isinstance(hint, Hint):
        body = _body(hint)
    elif isinstance(hint, Gathered):
        body = {"gathered": [_body(each) for each in hint.hints]}
    elif isinstance(hint, MuteHint):
        # A release that knows no ids reads the scope.
        body = {"mute": hint.scope, **({"id": hint.id} if hint.id else {})}
    else:
        body = {"storm" if isinstance(hint, StormHint) else "policy": hint.key}
    body |= {"hops": hint.hops} if hint.hops else {}
    body |= {"until": hint.until.timestamp()} if hint.until else {}
    return json.dumps(body, separators=(",", ":"))


def _body(hint: Hint) -> dict[str, object]:
    drops = [[d.instance, d.at and d.at.timestamp(), d.version, d.waits, d.host] for d in hint.drops]
    body: dict[str, object] = {"cluster": hint.cluster.key, "why": hint.why, "drops": drops, "crowd": hint.crowd}
    return body | ({"questions": [asdict(question) for question in hint.questions]} if hint.questions else {})


def gist(text: str) -> list[str]:
    """Return place and kind of any message, also of one that `from_message` refuses, in foreign words."""
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


def hops_behind(text: str) -> int:
    """Return how many hops lie behind any message, also one that `from_message` refuses."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    hops = body.get("hops") if isinstance(body, dict) else None
    return hops if is_whole(hops) else 0


def portions(hint: Hint) -> list[Hint]:
    """Cut a hint into ones that fit a message each."""
    starts = range(0, max(len(hint.drops), 1), DROPS_PER_MESSAGE)
    parts = [replace(hint, drops=hint.drops[start : start + DROPS_PER_MESSAGE], questions=()) for start in starts]
    return [replace(parts[0], questions=hint.questions), *parts[1:]]


def packed(hints: Iterable[Hint]) -> list[Gathered]:
    """Pack hints of a Region into messages to gather, as few as hold them."""
    packs: list[list[Hint]] = []
    room = 0
    for portion in (portion for hint in hints for portion in portions(hint)):
        if len(portion.drops) > room:
            packs.append([])
            room = DROPS_PER_MESSAGE
        packs[-1].append(portion)
        room -= max(len(portion.drops), 1)
    return [Gathered(tuple(pack), max(hint.hops for hint in pack)) for pack in packs]


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
        raise BadHint(f"not a storm: {named([key])}")
    channel, region = found.groups()
    return StormHint(channel, region)


def _gathered(bodies: object) -> Gathered:
    if not isinstance(bodies, list) or not bodies or not all(isinstance(body, dict) for body in bodies):
        raise BadHint("nothing that was gathered")
    hints = tuple(map(_from_own, bodies))
    if len({hint.cluster.region for hint in hints}) > 1:
        raise BadHint("gathered of several Regions")
    return Gathered(hints)


def _mute(scope: object, mute: object) -> MuteHint:
    if not isinstance(mute, str) or (mute and not MUTE_ID.fullmatch(mute)):
        raise BadHint(f"not a mute's id: {named([mute])}")
    try:
        return MuteHint(str(Scope.parse(scope)), mute)  # type: ignore[arg-type]  # what is no text raises
    except (TypeError, ValueError, AttributeError) as error:
        raise BadHint(f"not a mute's scope: {named([scope])}") from error


def _from_own(body: Mapping[str, Any]) -> Hint:
    try:
        cluster = Cluster.from_key(body["cluster"])
        drops = tuple(_own_drop(cluster, *parts) for parts in body["drops"])
        questions = tuple(map(_question, body.get("questions", ())))
        return Hint(cluster, _why(body["why"]), drops, _whole(body.get("crowd", 0)), questions=questions)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise BadHint(f"not a hint: {error}"[:300]) from error


def _own_drop(  # noqa: PLR0913  # a drop has these parts
    cluster: Cluster, instance: str, at: float | None, version: int | None, waits: int, host: str = ""
) -> Drop:
    ContainerInstance(cluster.account, cluster.region, instance)  # raises BadPlace for what cannot be one
    dated = None if at is None else datetime.fromtimestamp(at, UTC)
    return Drop(instance, dated, version if version is None else _whole(version), _whole(waits), host_id(host))


def _question(body: Mapping[str, Any]) -> Question:
    """Read a question; what only another release knows of one is left out."""
    parts = {part.name: body[part.name] for part in fields(Question) if part.name in body}
    if not all(isinstance(text, str) for text in parts.values()):
        raise TypeError("a question is made of texts")
    return Question(**parts)


def _why(text: object) -> Why:
    """Read a reason to look. One that only another release knows is as good as another look."""
    if not isinstance(text, str) or len(text) > _LONGEST_WHY:
        raise TypeError("the reason is no short text")
    return Why(text) if text in set(Why) else Why.AGAIN


def _whole(number: object) -> int:
    if not is_whole(number):
        raise TypeError("a count is no whole number that fits")
    return number
