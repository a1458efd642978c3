"""Hints: reasons to look at a cluster, and what becomes of several. Pure.

A hint is never believed: it decides where to look and since when an agent may be gone, not what is true.
hub.incidents.eventbridge makes hints of events, hub.incidents.hint_messages writes and reads those of our own queues.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from hub.incidents.mute import keyed
from spoke.places import Cluster

# After so many waits for a version that keeps changing the trouble is believed: alerts fail open.
MOST_WAITS = 2


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


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """Somebody wants to hear from the next look how an instance is, which may be well: its id, or its host's.

    `user` asks, in `channel` ("" in the Home tab), and is answered at `answers`, the response URL, while that is good.
    `verb` is the command, and `rest` what of its line comes behind the place: so it can be said again of what is found.
    """

    instance: str
    user: str
    channel: str = ""
    answers: str = ""
    verb: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A reason to look at a cluster; no drops means: at what is already known of it.

    `questions` are what people want to hear of it, each once.
    `crowd` is how many clusters of the Region were spoken of in the same breath: a rumour, for most may be well. `hops`
    and `until` are those of hub.chain, as in every hint: how many invocations lie behind it, and until when it holds,
    None for ever.
    """

    cluster: Cluster
    why: Why
    drops: tuple[Drop, ...] = ()
    crowd: int = 0
    hops: int = 0
    until: datetime | None = None
    questions: tuple[Question, ...] = ()


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
    """A reason to see to a mute that ends: its scope as text, and its id if it has one."""

    scope: str
    id: str = ""
    hops: int = field(default=0, compare=False)
    until: datetime | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The mute in one word."""
        return keyed(self.scope, self.id)


@dataclass(frozen=True, slots=True)
class PolicyHint:
    """A reason to tell the operators that something is wrong with the policy."""

    key: str = "policy"
    hops: int = field(default=0, compare=False)
    until: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one full batch of events has told of many clusters of a Region, which are asked for once the rest has come.

    So a storm that fills many batches is one message and one look for each of its clusters, and not one of each batch.
    """

    hints: tuple[Hint, ...]
    hops: int = 0
    until: datetime | None = None

    @property
    def key(self) -> str:
        """The Region, of which all of them are."""
        return self.hints[0].cluster.region


Chore = StormHint | MuteHint | PolicyHint | Gathered
"""What look sees to besides clusters; each has a FIFO group of its own."""


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
        questions=tuple(sorted({question for hint in hints for question in hint.questions})),
    )


def once_more(hint: Hint, why: Why = Why.AGAIN) -> Hint:
    """Return a hint as a mere reason to look once more."""
    return replace(hint, why=why, drops=(), crowd=0)


def newest(drops: Iterable[Drop]) -> tuple[Drop, ...]:
    """Choose of each instance's drops the one with the newest version, in whatever order they come."""
    chosen: dict[str, Drop] = {}
    for drop in drops:
        known = chosen.get(drop.instance)
        if known is None or _age(drop) > _age(known):
            chosen[drop.instance] = drop
    return tuple(chosen[instance] for instance in sorted(chosen))


def _weight(why: Why) -> int:
    """Return how much a reason to look changes what is done: of several, the one that changes most counts."""
    return {Why.SWEEP: 0, Why.ALONE: 2, Why.REQUEST: 3}.get(why, 1)


def _age(drop: Drop) -> tuple[bool, int, int, float, str]:
    """Return what drops are compared by: the newer one has more of it, in whatever order they come.

    One that is dated tells more than one that is not, and so does one with a version.
    """
    at = -1.0 if drop.at is None else drop.at.timestamp()
    return drop.at is not None, -1 if drop.version is None else drop.version, drop.waits, at, drop.host
