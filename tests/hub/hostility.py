"""Hostile records, many and cheap, the same ones for the same seed: events and hints of our own, bent in every way.

SQS itself lets no raw NUL and no lone surrogate through, but JSON can write both as escapes. So bodies are ASCII.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from hub.incidents.hint_messages import to_message
from hub.incidents.hints import Hint, MuteHint, StormHint, Why
from tests.hub.factories import CHANNEL, CLUSTER, EVENTS, LONGEST, Json, drop, event, instance_id

MIB = 1_048_576
_EVENTS = [json.dumps(event(path.stem)) for path in sorted(EVENTS.glob("*.json"))]
_STATE_CHANGE = json.dumps(event("state-change"))
_OURS = [
    to_message(Hint(CLUSTER, Why.AGAIN, (drop(1), drop(2, version=None, waits=2)))),
    to_message(Hint(LONGEST, Why.SWEEP, crowd=3)),
    to_message(StormHint(CHANNEL, "eu-west-1")),
    to_message(MuteHint(f"cluster:{CLUSTER.key}")),
    to_message(MuteHint("organization")),
    to_message(Hint(CLUSTER, Why.REQUEST, tuple(drop(number) for number in range(20)))),
]
_ARN = "arn:aws:ecs:eu-west-1:222233334444"
_ID = "0c5d7a2e8f3b4c61a9d0e1f2a3b4c5d6"


def _deep(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


_NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63), 10**400, 10**4299, 1.5, -0.0, 1e308, 1e16, 253402300800, -62135596801)
_SPECIAL = (None, True, False, float("nan"), float("inf"), float("-inf"))
_TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202eevil\u202c",
    "\u2028",
    "\ufffe",
    "x" * 300,
    "<!channel> *@here*",
    "２２２２３３３３４４４４",  # noqa: RUF001 - that is the point
    "222233334444 ",
    "2222333344445",
    "7",
    "NaN",
)
_ARNS = (
    f"{_ARN}:cluster/",
    f"{_ARN}:cluster/a/b",
    f"{_ARN}:cluster/ü",
    f"{_ARN}:cluster/{'c' * 256}",
    f"{_ARN}:cluster/prod\n",
    f"{_ARN}:service/prod-payments",
    f"{_ARN}:container-instance/{_ID}",
    f"{_ARN}:container-instance/x/{'-' * 36}",
    "arn:aws:ecs:eu-west-1:999988887777:cluster/prod-payments",
    "arn:aws:ecs:eu-central-1:222233334444:cluster/prod-payments",
    "arn:aws-cn:ecs:eu-west-1:222233334444:cluster/prod-payments",
    "arn:aws:ecs:cn-north-1:222233334444:cluster/prod-payments",
    "arn:aws:iam::222233334444:role/admin",
    "arn:::::",
)
_TIMES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999999-14:00",
    "10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-11-20T25:00:00Z",
    "2026-11-20",
    "2026-W47-5",
    "2026-11-20T12:00:00+99:99",
    "2026-11-20T12:00:00",
    "20261120T120000Z",
    "noon",
)
_COLLECTIONS: tuple[Any, ...] = ([], {}, [[]], {"": {}}, ["a"] * 100, [None], {"type": []}, [{"type": {}}])
_POOL: tuple[Any, ...] = (*_NUMBERS, *_SPECIAL, *_TEXTS, *_ARNS, *_TIMES, *_COLLECTIONS)
_RARE: tuple[Any, ...] = (_deep(50), _deep(300), _deep(450), "x" * 70_000, "x" * (MIB - 8_000), [{"a": 1}] * 5_000)
_FIELDS = (
    "source",
    "detail-type",
    "account",
    "region",
    "time",
    "detail",
    "replay-name",
    "cluster",
    "drops",
    "storm",
    "mute",
)
_DETAILS = ("clusterArn", "containerInstanceArn", "version", "ec2InstanceId", "healthChecks", "agentConnected", "\0")
# What agrees with itself everywhere is not refused for disagreeing.
_RENAMED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("222233334444", ("999988887777", "22223333444", "", "２２２２３３３３４４４４", "null")),  # noqa: RUF001 - the same
    ("eu-west-1", ("cn-north-1", "us-gov-west-1", "eu-central-1", f"eu-{'a' * 70_000}-1", "EU-WEST-1", "eu-west-1\\n")),
    ("arn:aws:", ("arn:aws-cn:", "arn:aws-us-gov:", "arn::", "ARN:AWS:")),
    ("prod-payments", ("c" * 255, "c" * 256, "", "a/b", "\\u0000", "_", "\\ud800")),
    (_ID, ("0" * 32, "f" * 36, "-" * 32, "G" * 32, "", "0" * 33)),
)


# Where something can nest that is quoted when it is refused.
_PLACES = (
    '"222233334444"',
    '"eu-west-1"',
    '"2026-11-20T12:00:00Z"',
    '"look again"',
    '"crowd":0',
    f'"{CHANNEL}/eu-west-1"',
    '"organization"',
)


def records(seed: int, count: int) -> Iterator[str]:
    """That many hostile bodies."""
    chance = Random(seed)  # noqa: S311 - the same every time
    for _ in range(count):
        yield chance.choices(_WAYS, _WEIGHTS)[0](chance)


def _any_value(chance: Random) -> Any:
    return chance.choice(_POOL) if chance.random() < 0.999 else chance.choice(_RARE)


def _bent_event(chance: Random) -> str:
    bent: Json = json.loads(chance.choice(_EVENTS))
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.6 and isinstance(bent.get("detail"), dict):
            bent["detail"] = {**bent["detail"]}
            _bend(chance, bent["detail"], chance.choice(_DETAILS))
        else:
            _bend(chance, bent, chance.choice(_FIELDS))
    return json.dumps(bent)


def _bend(chance: Random, target: Json, name: str) -> None:
    match chance.randrange(5):
        case 0:
            target.pop(name, None)
        case 1:
            target[name] = [target.get(name)]
        case 2:
            target[name] = {name: target.get(name)}
        case _:
            target[name] = _any_value(chance)


def _bent_hint(chance: Random) -> str:
    hint: Json = json.loads(chance.choice(_OURS))
    drops = hint.get("drops")
    if drops and chance.random() < 0.6:
        one = chance.choice(drops)
        one[chance.randrange(len(one))] = _any_value(chance)
        if chance.random() < 0.2:
            one.append(_any_value(chance))
    else:
        _bend(chance, hint, chance.choice(("cluster", "why", "drops", "crowd", "storm", "mute")))
    return json.dumps(hint)


def _broken_text(chance: Random) -> str:
    text = chance.choice(chance.choice((_EVENTS, _OURS)))
    place = chance.randrange(1, len(text))
    before, after = text[:place], text[place:]
    return chance.choice(
        (
            before,
            before + chance.choice('{}[]",:\\\t\n0e-') + after,
            text + chance.choice((text, "x", "]", " null")),
            chance.choice(("\ufeff", "'", "/**/", "\n")) + text,
            text.replace("{", '{"account": "999988887777", "cluster": null, "detail": [], ', 1),
            text[: text.rindex("}")] + ', "account": "999988887777", "version": 1e999}',
            text.replace("false", chance.choice(("NaN", "-Infinity", "9" * 5_000, "-0", "1e400"))),
        )
    )


def _renamed(chance: Random) -> str:
    text = chance.choice(_EVENTS)
    for old, new in chance.sample(_RENAMED, chance.randint(1, 2)):
        text = text.replace(old, chance.choice(new))
    return text


def _junk(chance: Random) -> str:
    value = _any_value(chance)
    return (
        json.dumps(value)
        if chance.random() < 0.8
        else json.dumps({"cluster": CLUSTER.key, "why": value, "drops": value})
    )


def _nested(chance: Random) -> str:
    """As deep as json can just read, and a little more: repr() and str() may give up before it."""
    depth = chance.choice((chance.randrange(880, 1_000), chance.randrange(100, 12_000)))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}")))
    value = f"{opening * depth}0{closing * depth}"
    place = chance.choice(_PLACES)
    text = next(text for text in (_STATE_CHANGE, *_OURS) if place in text)
    return text.replace(place, f'"crowd":{value}' if "crowd" in place else value)


def _many_versions(chance: Random) -> str:
    """A version as long as JSON may be, of one of many instances: together they are longer than a message may be."""
    instance, last = instance_id(chance.randrange(5_000)), chance.randrange(10)
    return _STATE_CHANGE.replace(_ID, instance).replace("14801", f"{'9' * 4_298}{last}")


def _huge(chance: Random) -> str:
    filling = chance.choice(("[", "{", '{"a":', "x", "\n", "[1,"))
    return (filling * (MIB // len(filling)))[: chance.choice((MIB, MIB - 1, MIB - 1_050, 60_000))]


_WAYS: Sequence[Callable[[Random], str]] = (
    _bent_event,
    _bent_hint,
    _broken_text,
    _renamed,
    _junk,
    _nested,
    _many_versions,
    _huge,
)
_WEIGHTS = (400, 250, 150, 100, 60, 20, 18, 1)
