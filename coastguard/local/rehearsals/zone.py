"""An availability zone is lost in 200 accounts at once: one storm bulletin, and each cluster's own in its thread."""

import time
from concurrent.futures import ThreadPoolExecutor

from coastguard.local.layout.layouts import WIDE
from coastguard.local.rehearsals.reckoning import BULLETIN, STORM
from coastguard.local.rehearsals.stage import BrokenError, Json, Stage

ABOUT = "a zone of 200 accounts is lost at once: one storm bulletin, every cluster's own in its thread"

_ZONE = "eu-west-1b"
_PROMPT_SECONDS = 120
# Slack takes a message a second; here the looks of one queue are made one batch after another, and take their time too.
_SECONDS_PER_MESSAGE = 3
_BACK_SECONDS = 300
_AT_ONCE = 8


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    accounts = [member.id for member in WIDE.organization.members]
    clusters = sum(1 for _ in WIDE.planned())
    stage.limit_slack()
    lost = _plug_zone(stage, accounts, connected=False)
    stage.say(f"lost {_ZONE} in {len(accounts)} accounts: {lost} agents of {clusters} clusters")
    stage.wait(
        f"{lost} incidents",
        lambda: len(stage.kept().unresolved) == lost,
        stage.world.plan.grace + _PROMPT_SECONDS,
        far=lambda: f"{len(stage.kept().unresolved)} so far",
    )
    stage.say(f"{lost} incidents are kept")
    storm = stage.wait("a storm bulletin", lambda: _storm(stage, *_numbers(lost, clusters, accounts)), _PROMPT_SECONDS)
    stage.say(f"storm bulletin: {storm['text']}")
    began = time.monotonic()
    stage.wait(
        f"{clusters} bulletins in its thread",
        lambda: len(_threaded(stage)) == clusters,
        clusters * _SECONDS_PER_MESSAGE,
        far=lambda: f"{len(_threaded(stage))} so far",
    )
    stage.say(f"{clusters} bulletins stand in its thread after {time.monotonic() - began:.0f} s")
    alone = _of(stage.messages(), BULLETIN)
    if alone or len(_of(stage.messages(), STORM)) != 1:
        raise BrokenError(f"one storm bulletin was due in the channel, and {len(alone)} are about one cluster")
    _plug_zone(stage, accounts, connected=True)
    stage.say(f"{_ZONE} is back")
    over = stage.wait(
        "the same storm bulletin, over",
        lambda: _storm(stage, "is over"),
        _BACK_SECONDS + clusters * _SECONDS_PER_MESSAGE,
        far=lambda: f"{len(stage.kept().unresolved)} incidents go on",
        sweeping=True,
    )
    stage.say(f"storm bulletin: {over['text']}")


def _plug_zone(stage: Stage, accounts: list[str], *, connected: bool) -> int:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda a: stage.members.plug_zone(a, _ZONE, connected=connected), accounts))


def _numbers(lost: int, clusters: int, accounts: list[str]) -> tuple[str, str, str]:
    return f"{lost:,} instances", f"{clusters:,} clusters", f"{len(accounts):,} accounts"


def _storm(stage: Stage, *parts: str) -> Json | None:
    """Return the storm's message once it says all of that."""
    return next((m for m in _of(stage.messages(), STORM) if all(part in m["text"] for part in parts)), None)


def _threaded(stage: Stage) -> list[Json]:
    return [reply for storm in _of(stage.messages(), STORM) for reply in _of(storm["replies"], BULLETIN)]


def _of(messages: list[Json], event_type: str) -> list[Json]:
    return [message for message in messages if (message["metadata"] or {}).get("event_type") == event_type]
