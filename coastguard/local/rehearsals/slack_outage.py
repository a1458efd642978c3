"""Slack is down while agents drop and come back. When it is well again, each story stands there once."""

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, state
from coastguard.local.slack.faults import Fault
from spoke.places import Cluster

ABOUT = "Slack is down while agents drop and recover: one message each in the end, none lost, none twice"

_STAYING = Cluster("222233334444", "eu-west-1", "prod-payments")
_RECOVERING = Cluster("333344445555", "us-east-1", "prod-search")
_LATE = Cluster("444455556666", "eu-west-1", "prod-media")
_PROMPT_SECONDS = 15
_HEAL_SECONDS = 150


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    # The worst of an outage is its beginning: the message stands there, and Slack says that it failed.
    stage.break_slack(Fault("chat.postMessage", "server_error", accepted=True))
    stage.say("Slack answers every call with 500; what the first post said is in the channel all the same")
    staying = _unplug(stage, _STAYING, 2)
    recovering = _unplug(stage, _RECOVERING, 1)
    _kept(stage, staying + recovering)
    stage.say(f"their incidents are kept; the channel shows {len(stage.messages())} message")
    stage.members.plug(_RECOVERING, recovering, connected=True)
    stage.say(f"plugged in again: {len(recovering)} agent of {_RECOVERING.key}, of which Slack has heard nothing")
    late = _unplug(stage, _LATE, 1)
    _kept(stage, late)
    stage.mend_slack()
    stage.say("Slack is well again")
    expected = {_STAYING: "open", _RECOVERING: "resolved", _LATE: "open"}

    def healed() -> bool:
        return {cluster: [state(m) for m in stage.bulletins(cluster)] for cluster in expected} == {
            cluster: [how] for cluster, how in expected.items()
        }

    stage.wait(
        "one message for each cluster", healed, _HEAL_SECONDS, far=lambda: _shown(stage.messages()), sweeping=True
    )
    for message in stage.messages():
        stage.say(f"bulletin: {message['text']}")
    if len(stage.messages()) != len(expected):
        raise BrokenError(f"{len(expected)} bulletins were due, Slack has {len(stage.messages())} messages")
    stage.say(f"nothing lost: {len(staying) + len(late)} agents are gone and reported, {len(recovering)} is back")


def _unplug(stage: Stage, cluster: Cluster, agents: int) -> list[str]:
    chosen = [instance["id"] for instance in stage.members.instances(cluster)[:agents]]
    stage.members.plug(cluster, chosen, connected=False)
    stage.say(f"unplugged {agents} of {cluster.key}")
    return chosen


def _kept(stage: Stage, instances: list[str]) -> None:
    """Wait until Coastguard has an incident of each, whatever Slack says."""
    stage.wait(
        f"incidents of {len(instances)} agents",
        lambda: {instance for _, instance in stage.kept().incidents} >= set(instances),
        stage.world.plan.grace + _PROMPT_SECONDS,
    )


def _shown(messages: list[Json]) -> str:
    return ", ".join(state(message) for message in messages) or "silence"
