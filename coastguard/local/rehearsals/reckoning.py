"""The reckoning after every rehearsal: what Coastguard has kept and said, held against what really happened.

    missed   in trouble beyond the grace period now, but without an unresolved incident, or its bulletin is not in Slack
    false    an incident or a bulletin although nothing there was ever in trouble beyond the grace period
    double   a bulletin, or a storm's, of which more than one message stands in Slack

The truth is the fleet's own record (coastguard.local.fleet.troubles), not what the story meant to do.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from coastguard.local.fleet.troubles import Trouble
from coastguard.local.rehearsals.stage import BrokenError, Stage
from coastguard.local.rehearsals.table import Kept, Where
from hub.chain import MOST_HOPS

Json = dict[str, Any]
BULLETIN, STORM = "coastguard_bulletin", "coastguard_storm"
# EventBridge gives an event's time in whole seconds, so a drop may seem to be older than it is by so much.
EVENT_TIME_SECONDS = 1.0
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """The result: how many were in trouble beyond the grace period, and what is wrong, by name."""

    troubled: int
    missed: tuple[str, ...]
    false: tuple[str, ...]
    double: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"reckoning: {self.troubled} in trouble beyond the grace period · missed {len(self.missed)}"
            f" · false {len(self.false)} · double {len(self.double)}"
        )


def reckon(stage: Stage) -> Figures:
    """Print the figures of a world and return them; raises BrokenError if anything is missed, false or double."""
    told = stage.world.aws.ask("troubles")
    troubles = [Trouble(**trouble) for trouble in told["troubles"]]
    grace = stage.world.plan.grace
    found = figures(troubles, stage.kept(), stage.everything_said(), told["now"], grace, stage.flapping)
    stage.say(str(found))
    _chains(stage)
    calls = stage.counted()
    stage.say(f"{sum(calls.values()):,} calls to AWS: {', '.join(f'{name} {n:,}' for name, n in calls.items())}")
    wrong = {"missed": found.missed, "false": found.false, "double": found.double}
    if any(wrong.values()):
        named = [f"{kind} {', '.join(names[:_NAMED])}" for kind, names in wrong.items() if names]
        raise BrokenError(f"{found}: {'; '.join(named)}. {stage.causes()}")
    return found


def _chains(stage: Stage) -> None:
    """Check that no chain of messages has become longer than it may."""
    told = stage.world.aws.ask("chains")
    longest = ", ".join(f"{name} {number}" for name, number in sorted(told["longest"].items()))
    stage.say(f"the longest chains, in invocations: {longest or 'none'}")
    if told["dropped"] or max(told["longest"].values(), default=0) > MOST_HOPS:
        raise BrokenError(f"no function may be invoked more than {MOST_HOPS} times in a chain: {longest}")


def figures(  # noqa: PLR0913 - the two sides that are compared, and by what measure
    troubles: Iterable[Trouble],
    kept: Kept,
    said: Sequence[Json],
    now: float,
    grace: float,
    flapping: Collection[Where] = (),
) -> Figures:
    """Compare what happened with what is kept and said.

    `flapping` are instances that dropped so often that a story holds them for troubled, however short each time was.
    """
    beyond = [trouble for trouble in troubles if (trouble.ended or now) - trouble.begun > grace - EVENT_TIME_SECONDS]
    troubled = {_where(trouble) for trouble in beyond} | set(flapping)
    lost = {_where(trouble) for trouble in beyond if trouble.ended is None and now - trouble.begun > grace}
    standing = {str(message["ts"]) for message in said}
    told = {where for where in lost if kept.bulletins.get(where[0]) in standing}
    announced = Counter(id_ for message in said if (id_ := _payload(message, BULLETIN, "bulletin")))
    storms = Counter(id_ for message in said if (id_ := _payload(message, STORM, "storm")))
    clusters = {cluster for cluster, _ in troubled}
    return Figures(
        troubled=len(troubled),
        missed=tuple(sorted("/".join(where) for where in lost - (told & kept.unresolved))),
        false=tuple(
            sorted(
                ["/".join(where) for where in kept.incidents.keys() - troubled]
                + [bulletin for bulletin in announced if bulletin.partition("#")[0] not in clusters]
            )
        ),
        double=tuple(sorted(id_ for counted in (announced, storms) for id_, times in counted.items() if times > 1)),
    )


def _where(trouble: Trouble) -> Where:
    return f"{trouble.account}/{trouble.region}/{trouble.cluster}", trouble.instance


def _payload(message: Json, event_type: str, name: str) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != event_type:
        return ""
    return str(metadata.get("event_payload", {}).get(name, ""))
