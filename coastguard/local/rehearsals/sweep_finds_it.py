"""Agents were lost before Coastguard was there to hear of it: the sweep finds them."""

from coastguard.local.members import Members
from coastguard.local.rehearsals.stage import BrokenError, Stage
from spoke.places import Cluster

ABOUT = "agents lost before Coastguard was deployed, of which no event tells: the sweep finds them"

_LOST = {
    Cluster("222233334444", "eu-west-1", "prod-payments"): 2,
    Cluster("222233334444", "us-east-1", "staging-payments"): 1,
    Cluster("444455556666", "us-east-1", "prod-media"): 3,
}
_PROMPT_SECONDS = 60
_SETTLE_SECONDS = 60


def before(members: Members) -> None:
    """Lose the agents while nobody watches."""
    for cluster, agents in _LOST.items():
        members.plug(cluster, [instance["id"] for instance in members.instances(cluster)[:agents]], connected=False)


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    lost = sum(_LOST.values())
    stage.say(
        f"{lost} agents of {len(_LOST)} clusters were lost before Coastguard was deployed; no event tells of them"
    )
    stage.sweep(everywhere=True)
    stage.say("the sweep has visited every cluster of every member")
    stage.wait(
        f"bulletins about {len(_LOST)} clusters",
        lambda: all(len(stage.bulletins(cluster)) == 1 for cluster in _LOST),
        stage.world.plan.grace + _PROMPT_SECONDS,
    )
    for message in stage.messages():
        stage.say(f"bulletin: {message['text']}")
    stage.sweep(everywhere=True)
    stage.settle(_SETTLE_SECONDS)
    if len(stage.messages()) != len(_LOST):
        raise BrokenError(f"{len(_LOST)} bulletins were due, Slack has {len(stage.messages())} messages")
