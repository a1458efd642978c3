"""One account floods the hub with events of clusters that nobody has, while another one loses an agent for good."""

from typing import Any

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, words
from spoke.places import Cluster

ABOUT = "an account floods the bus with events of invented clusters: another's alarm comes as soon as ever"

_EVENTS = 200
# Beside what ingest gathers for. A laptop plays hundreds of looks here on which Lambda would spend ten machines.
_PROMPT_SECONDS = 20
_SETTLE_SECONDS = 300
_TROUBLED = Cluster("222233334444", "eu-west-1", "prod-payments")
_FLOODING = ("333344445555", "eu-west-1")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victim, *_ = stage.members.instances(_TROUBLED)
    for number in range(_EVENTS):
        stage.members.emit(*_FLOODING, _invented(number))
    stage.say(f"{_FLOODING[0]} has sent {_EVENTS} well-formed events, each of a cluster that nobody has")
    stage.members.plug(_TROUBLED, [victim["id"]], connected=False)
    stage.say(f"unplugged the agent of {victim['host']} in {_TROUBLED.key}")

    def alarm() -> Json | None:
        return next((m for m in stage.bulletins(_TROUBLED) if victim["host"] in words(m)), None)

    bulletin = stage.wait(f"a bulletin about {victim['host']}", alarm, stage.world.plan.grace + _PROMPT_SECONDS)
    stage.say(f"bulletin, {stage.waiting()} messages of the flood on their way yet: {bulletin['text']}")
    stage.settle(_SETTLE_SECONDS)
    if len(stage.messages()) != 1:
        raise BrokenError(f"one bulletin was due, Slack has {len(stage.messages())} messages")
    stage.say("the flood is over: not a word about any of it")


def _invented(number: int) -> dict[str, Any]:
    """An event such as ECS sends, which passes the member's rule, about a cluster that is not there."""
    account, region = _FLOODING
    name, own = f"invented-{number}", f"arn:aws:ecs:{region}:{account}"
    return {
        "source": "aws.ecs",
        "detail-type": "ECS Container Instance State Change",
        "detail": {
            "clusterArn": f"{own}:cluster/{name}",
            "containerInstanceArn": f"{own}:container-instance/{name}/{number:032x}",
            "agentConnected": False,
        },
    }
