"""Bulletins and what they are drawn from: the longest names that are legal, hosts that are well elsewhere."""

from hub.incidents.content import compose
from hub.incidents.incident import Incident, State
from hub.incidents.mute import Mute
from hub.slack.bulletin_message import render
from hub.slack.button_values import ACKNOWLEDGE_ALL, MUTE, REPAIR, UNMUTE, Subject
from hub.slack.message import Message
from spoke.sighting import Registration
from tests.hub.factories import LONGEST, NOON, bulletin, incident, instance_id, repair, sighting
from tests.hub.rendering import all_blocks, buttons

TERMINATE = REPAIR + "terminate"
RESTART = f"{REPAIR}restart-agent"
ALIVE = Registration(LONGEST, "ffffffff-ffff-ffff-ffff-ffffffffffff", connected=True, status="ACTIVE", running_tasks=7)
LONG_STEPS = (
    f"Terminated i-0123456789abcdef0 in Auto Scaling group {'g' * 255}, which replaces it.",
    f"Took {instance_id()} out of {'c' * 255}, so that ECS starts its tasks elsewhere.",
)


def longest(number: int, state: State, *, failed: bool) -> Incident:
    """An incident all of whose parts are as long as AWS makes them."""
    seen = sighting(
        number,
        instance=f"ffffffff-ffff-ffff-ffff-{number:012x}",
        host=f"mi-{number:017x}",
        zone="ap-southeast-1-bkk-1a",
        instance_type="m7gd-flex.metal-48xl",
        agent_version="1.100.100",
        running_tasks=9_999,
        checks="insufficient-data",
        unchecked=("EC2 status: access denied", "SSM ping: RequestLimitExceeded"),
    )
    done = repair(request="r" * 20, finished=NOON, steps=LONG_STEPS, group="g" * 255)
    parts: dict[State, dict[str, object]] = {
        State.OPEN: {},
        State.ACKNOWLEDGED: {},
        State.REPAIRING: {"repair": done},
        State.RESOLVED: {"repair": done, "ending": "terminated", "replacement": "i-0123456789abcdef0"},
    }
    trouble = {"repair": repair(finished=NOON, problem="It would not. " * 50)} if failed else {}
    return incident(number, state, cluster=LONGEST, sighting=seen, instance=seen.instance, **(parts[state] | trouble))


NOT_OF_ONE = {ACKNOWLEDGE_ALL, MUTE, UNMUTE}


def subjects(message: Message) -> set[str]:
    """The instances that have a button."""
    values = [button["value"] for button in buttons(all_blocks(message)) if button["action_id"] not in NOT_OF_ONE]
    return {Subject.parse(value).instance for value in values}


def silenced(*incidents: Incident, mute: Mute, **more: object) -> Message:
    made = bulletin(**({"cluster": incidents[0].cluster} | more))
    return render(compose(made.episode, incidents, "", mute), made.episode)
