"""Take an old registration out of its cluster; its host, which is well under another one, goes on.

A host whose agent has lost its data registers again, and ECS keeps the old registration for ever: capacity that is not
there, tasks that hang in limbo, an alarm that never ends. To deregister it is the only thing that helps, and it touches
nothing else: neither the host nor its other registration.

    look at the live state                        ──▶ NotDone unless it is still what the person saw
    is the host well under another registration?  ──▶ NotDone if not, or if nobody can tell
    deregister the old one
"""

from botocore.exceptions import ClientError

from spoke.accounts import Member
from spoke.errors import ClusterGone, NotDone, Refused, explained
from spoke.registrations import Asking, well_as
from spoke.repairs.remedy import Needs, Outcome, Remedy, Target
from spoke.repairs.steps import already_out, container_instance, deregister, host_of, is_out, told


def run(member: Member, target: Target, asking: Asking) -> Outcome:
    """Take the target's registration out. Raises NotDone, or Busy when AWS does not answer now."""
    member.require(target.cluster.account, target.cluster.region)
    try:
        host_of(member, target)
        if is_out(container_instance(member, target)):
            return Outcome((already_out(target),))
        alive = well_as(member, target.cluster, target.instance, target.host, asking)
        if alive is None:
            raise NotDone(
                f"{target.host} is well under no other registration now: {target.instance} may be its only one."
                " Nothing was done."
            )
        asking.go_ahead()
        took = deregister(member, target)
    except (Refused, ClusterGone, ClientError) as error:
        raise NotDone(f"Nothing was done: {explained(error)}.") from error
    return Outcome((f"{took}; {told(alive, target.host)}." if took else already_out(target),))


REMEDY = Remedy(
    name="remove-registration",
    label="Remove old registration",
    style="",
    title="Remove this old registration?",
    confirm="The host and its tasks go on: they belong to its other registration, which is not touched.",
    drastic=False,
    hits_host=False,
    ends_host=False,
    needs=Needs(ghost=True),
    reads=(
        "ec2:DescribeInstances",
        "ecs:DescribeContainerInstances",
        "ecs:ListClusters",
        "ecs:ListContainerInstances",
    ),
    acts=("ecs:DeregisterContainerInstance",),
    run=run,
    called="old registration removed",
)
