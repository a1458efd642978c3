"""An agent drops for longer than the grace period, returns, and drops again: one incident that says so."""

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, state, words
from spoke.places import Cluster

ABOUT = "an agent that goes again and again becomes one incident marked flapping, in one message"

_DROPS = 5
_FLAPS = 3  # so many times within an hour are flapping
_PROMPT_SECONDS = 30
# That an agent is back, the sweep finds: it looks at a cluster once a minute.
_BACK_SECONDS = 100
_TROUBLED = Cluster("333344445555", "us-east-1", "prod-search")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victim, *_ = stage.members.instances(_TROUBLED)
    for number in range(1, _DROPS + 1):
        _drop(stage, victim, number)
        if number < _DROPS:
            _return(stage, victim, number)
    bulletins = stage.bulletins(_TROUBLED)
    if len(bulletins) != 1:
        raise BrokenError(f"one message was due for {_DROPS} drops, Slack has {len(bulletins)}")
    stage.say(f"{_DROPS} drops, one message")


def _drop(stage: Stage, victim: Json, number: int) -> None:
    stage.members.plug(_TROUBLED, [victim["id"]], connected=False)
    expected = f"{number} drops" if number >= _FLAPS else "disconnected"

    def told() -> Json | None:
        return next((m for m in stage.bulletins(_TROUBLED) if state(m) == "open" and expected in words(m)), None)

    bulletin = stage.wait(
        f"a bulletin that tells of {'drop ' + str(number) if number >= _FLAPS else 'the drop'}",
        told,
        stage.world.plan.grace + _PROMPT_SECONDS,
    )
    stage.say(f"drop {number} of {victim['host']}: {bulletin['text']}")


def _return(stage: Stage, victim: Json, number: int) -> None:
    stage.members.plug(_TROUBLED, [victim["id"]], connected=True)
    flaps = number >= _FLAPS

    def settled() -> Json | None:
        found = stage.bulletins(_TROUBLED)
        return next((m for m in found if ("back since" in words(m) if flaps else state(m) == "resolved")), None)

    bulletin = stage.wait("the same message, which says that the agent is back", settled, _BACK_SECONDS, sweeping=True)
    stage.say(f"  back: {bulletin['text']}")
