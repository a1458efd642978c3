"""What gets worse after somebody took it on: the channel is told again, once, and one click takes on all of it."""

from coastguard.local.rehearsals.stage import ALICE, BOB, BrokenError, Json, Stage, state, words
from hub.incidents.growth import GATHERS, GROWN
from hub.slack.button_values import ACKNOWLEDGE, ACKNOWLEDGE_ALL
from spoke.places import Cluster

ABOUT = (
    "what gets worse after an acknowledgement is said to the channel, once; one click acknowledges all of a bulletin"
)

_CLUSTER = Cluster("222233334444", "eu-west-1", "prod-payments")
_PROMPT_SECONDS = 30
_TOLD_SECONDS = GATHERS.seconds + 30
# So long nothing more may be said of the same growth.
_QUIET_SWEEPS = 3


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    first, *others = [instance["id"] for instance in stage.members.instances(_CLUSTER)]
    _lose(stage, [first])
    stage.click(ALICE, _bulletin(stage), ACKNOWLEDGE)
    _shows(stage, "acknowledged", f"Acknowledged by <@{ALICE}>")
    if _grown(stage):
        raise BrokenError("it was said to have grown, and nothing had happened")

    _lose(stage, others[:2])
    told = stage.wait(
        "a reply to the channel that it has grown", lambda: next(iter(_grown(stage)), None), _TOLD_SECONDS
    )
    stage.say(f"said to the channel: {told['text']}")
    if "3 instances" not in told["text"] or _CLUSTER.account not in told["text"]:
        raise BrokenError("what was said does not tell how many, and where")

    stage.click(BOB, _bulletin(stage), ACKNOWLEDGE_ALL)
    _shows(stage, "acknowledged", f"Acknowledged by <@{BOB}>")
    states = sorted(stage.kept().incidents.values())
    if states != ["acknowledged", "open", "open"]:
        raise BrokenError(f"one fact was due for all of them, and incidents were written: {states}")
    for _ in range(_QUIET_SWEEPS):
        stage.sweep()
        stage.settle(_PROMPT_SECONDS)
    if len(_grown(stage)) != 1:
        raise BrokenError(f"growth was due to be told once, and was {len(_grown(stage))} times")
    stage.say("the same growth was told once, and three are acknowledged by one click")

    stage.members.plug(_CLUSTER, connected=True)
    stage.wait("the same bulletin, green", lambda: state(_bulletin(stage)) == "resolved", _TOLD_SECONDS, sweeping=True)
    stage.say(f"bulletin: {_bulletin(stage)['text']}")


def _lose(stage: Stage, instances: list[str]) -> None:
    """Unplug agents for good, and wait until the bulletin counts them."""
    before = len(stage.kept().unresolved)
    stage.members.plug(_CLUSTER, instances, connected=False)
    stage.say(f"unplugged {len(instances)} of the agents of {_CLUSTER.key}")
    stage.wait(
        f"{before + len(instances)} incidents",
        lambda: len(stage.kept().unresolved) == before + len(instances) and bool(stage.bulletins(_CLUSTER)),
        stage.world.plan.grace + _PROMPT_SECONDS,
    )
    stage.wait("a bulletin that says that it is open", lambda: state(_bulletin(stage)) == "open", _PROMPT_SECONDS)
    stage.say(f"bulletin: {_bulletin(stage)['text']}")


def _bulletin(stage: Stage) -> Json:
    (message,) = stage.bulletins(_CLUSTER)
    return message


def _shows(stage: Stage, tone: str, said: str) -> None:
    def shown() -> bool:
        return state(_bulletin(stage)) == tone and said in words(_bulletin(stage))

    stage.wait(f"a bulletin that is {tone}: {said}", shown, _PROMPT_SECONDS)
    stage.say(f"bulletin: {_bulletin(stage)['text']}")


def _grown(stage: Stage) -> list[Json]:
    """Show the replies that tell the channel of growth."""
    return [reply for reply in _bulletin(stage)["replies"] if f"*{GROWN}*" in reply["text"]]
