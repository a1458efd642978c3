"""An Auto Scaling group gives up a tenth of a big cluster, the ordinary way: nobody is told anything."""

from coastguard.local.layout.layouts import CROWD
from coastguard.local.rehearsals.stage import BrokenError, Stage
from spoke.places import Cluster

ABOUT = "100 of 1,000 instances are scaled in, which is nobody's trouble: silence"

_LEAVING = 100
_LEAVE_SECONDS = 30
_SETTLE_SECONDS = 60


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    account, region, plan = next(CROWD.planned())
    cluster = Cluster(account, region, plan.name)
    stage.members.scale_in(cluster, plan.group, _LEAVING)
    stage.say(f"{plan.group} wants {_LEAVING} of its {plan.size} instances fewer")
    left = plan.size - _LEAVING
    stage.wait(
        f"{_LEAVING} instances that leave {cluster.key}",
        lambda: len(stage.members.instances(cluster)) == left,
        _LEAVE_SECONDS,
    )
    stage.say(f"{left} instances are left; each of the others was announced as disconnected, then as deregistered")
    _heard(stage, cluster)
    stage.sweep()
    stage.settle(_SETTLE_SECONDS)
    if stage.messages():
        raise BrokenError(f"silence was due, the channel says: {stage.messages()[0]['text']}")
    stage.say("Slack: silence")


def _heard(stage: Stage, cluster: Cluster) -> None:
    """Check that the silence is not that of a hub that has heard nothing."""
    stage.settle(stage.world.plan.grace + _SETTLE_SECONDS)
    looks = stage.calls("ecs:DescribeContainerInstances", cluster.account)
    if not looks:
        raise BrokenError(f"nobody has looked at {cluster.key}. {stage.causes()}")
    stage.say(f"after the grace period the hub has asked ECS {len(looks)} times how they are")
