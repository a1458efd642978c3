"""A member's reader role lets nobody in: the alarm says so, and is mended once the role does."""

from collections.abc import Callable

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, state, words
from spoke.places import Cluster

ABOUT = "a member that cannot be read is reported as such, and the same message is mended when it can"

_PROMPT_SECONDS = 10
_SWEEP_SECONDS = 90
_TROUBLED = Cluster("444455556666", "eu-west-1", "prod-media")
_UNCHECKED = "Could not be checked"


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victim, *_ = stage.members.instances(_TROUBLED)
    trust = stage.members.lock_out(_TROUBLED.account)
    stage.say(f"coastguard-reader of {_TROUBLED.account} trusts nobody any more")
    stage.members.plug(_TROUBLED, [victim["id"]], connected=False)
    stage.say(f"unplugged {victim['host']} in {_TROUBLED.key}")
    blind = stage.wait(
        "a bulletin that says what could not be checked",
        lambda: _about(stage, lambda message: _UNCHECKED in words(message)),
        stage.world.plan.grace + _PROMPT_SECONDS,
    )
    stage.say(f"bulletin: {blind['text']}")
    if "AccessDenied" not in words(blind) or victim["host"] not in words(blind):
        raise BrokenError(f"the bulletin must name the instance and the cause: {words(blind)}")
    stage.members.let_in(_TROUBLED.account, trust)
    stage.say("the role trusts the hub again")
    seen = stage.wait(
        "the bulletin with what the hub sees",
        lambda: _about(stage, lambda message: _UNCHECKED not in words(message)),
        _SWEEP_SECONDS,
        sweeping=True,
    )
    stage.say(f"bulletin: {seen['text']}")
    if (seen["ts"], state(seen)) != (blind["ts"], "open"):
        raise BrokenError("the same message must be mended, and stay open")
    stage.members.plug(_TROUBLED, [victim["id"]], connected=True)
    stage.say(f"plugged {victim['host']} in again")
    over = stage.wait(
        "the same bulletin, green",
        lambda: _about(stage, lambda message: state(message) == "resolved"),
        _SWEEP_SECONDS,
        sweeping=True,
    )
    stage.say(f"bulletin: {over['text']}")
    if over["ts"] != blind["ts"] or len(stage.messages()) != 1:
        raise BrokenError(f"one message was due from beginning to end, Slack has {len(stage.messages())}")


def _about(stage: Stage, fits: Callable[[Json], bool]) -> Json | None:
    return next((message for message in stage.bulletins(_TROUBLED) if fits(message)), None)
