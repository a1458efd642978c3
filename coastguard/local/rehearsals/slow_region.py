"""A member's Region takes calls and does not answer: everybody else's alarms are on time, and its own goes out too."""

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, state, words
from spoke.places import Cluster

ABOUT = "a member's Region hangs: the others' alarms are on time, and its own says what could not be checked"

_HUNG = Cluster("333344445555", "us-east-1", "prod-search")
_WELL = (
    Cluster("222233334444", "eu-west-1", "prod-payments"),
    Cluster("333344445555", "eu-west-1", "prod-search"),
    Cluster("444455556666", "eu-west-1", "prod-media"),
)
# A call that is not answered takes ten seconds; one of them may be in the same batch.
_ON_TIME_SECONDS = 25
# Three tries, of which each may wait so long, and some seconds between them.
_UNCHECKED_SECONDS = 90
_SWEEP_SECONDS = 120
_UNCHECKED = "Could not be checked"


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victims = {cluster: stage.members.instances(cluster)[0]["id"] for cluster in (_HUNG, *_WELL)}
    stage.members.silence(_HUNG.account, _HUNG.region, silent=True)
    stage.say(f"{_HUNG.account}/{_HUNG.region} takes calls and does not answer them")
    for cluster, victim in victims.items():
        stage.members.plug(cluster, [victim], connected=False)
    stage.say(f"unplugged an agent there, and one in each of {len(_WELL)} clusters elsewhere")
    stage.wait(
        f"bulletins of the other {len(_WELL)} clusters",
        lambda: all(_checked(stage, cluster) for cluster in _WELL),
        stage.world.plan.grace + _ON_TIME_SECONDS,
        far=lambda: f"{sum(bool(_checked(stage, cluster)) for cluster in _WELL)} so far",
    )
    stage.say(f"bulletins of the other {len(_WELL)} clusters, all checked")
    blind = stage.wait(
        "a bulletin of the Region that hangs",
        lambda: next((m for m in stage.bulletins(_HUNG) if _UNCHECKED in words(m)), None),
        _UNCHECKED_SECONDS,
    )
    stage.say(f"bulletin: {blind['text']}")
    stage.members.silence(_HUNG.account, _HUNG.region, silent=False)
    stage.say("the Region answers again")
    for cluster, victim in victims.items():
        stage.members.plug(cluster, [victim], connected=True)
    stage.wait(
        "all bulletins green",
        lambda: all(_states(stage, cluster) == ["resolved"] for cluster in victims),
        _SWEEP_SECONDS,
        far=lambda: f"{sum(_states(stage, cluster) == ['resolved'] for cluster in victims)} of {len(victims)}",
        sweeping=True,
    )
    if len(stage.messages()) != len(victims):
        raise BrokenError(f"{len(victims)} bulletins were due, Slack has {len(stage.messages())} messages")
    stage.say(f"all {len(victims)} bulletins are green, one message each")


def _checked(stage: Stage, cluster: Cluster) -> Json | None:
    return next((m for m in stage.bulletins(cluster) if _UNCHECKED not in words(m)), None)


def _states(stage: Stage, cluster: Cluster) -> list[str]:
    return [state(message) for message in stage.bulletins(cluster)]
