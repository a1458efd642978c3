"""A host registers twice: the old registration is told apart from its healthy host, which no click can end."""

import time
from datetime import UTC, datetime

from chatops.clicks.requests import Request, to_message
from coastguard.local.rehearsals.stage import ALICE, CHANNEL, BrokenError, Json, Stage, state, words
from coastguard.local.slack.directory import TEAM
from hub.queues import group_id
from hub.slack.button_values import REPAIR, Subject
from spoke.places import Cluster

ABOUT = "a host registers twice: its old registration alarms and is removed; no click, forged or not, ends the host"

_CLUSTER = Cluster("222233334444", "eu-west-1", "prod-payments")
_REMOVE = f"{REPAIR}remove-registration"
_TERMINATE = f"{REPAIR}terminate"
_PROMPT_SECONDS = 10
_REPAIR_SECONDS = 60
_FORGED = "f0" * 10


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victim = stage.members.instances(_CLUSTER)[0]
    alive = stage.members.register_anew(_CLUSTER, victim["id"])
    stage.say(f"the agent of {victim['host']} lost its data and registered anew, as {alive}; {victim['id']} stays")

    bulletin = _reported(stage, victim, alive)
    _forge(stage, bulletin, victim)
    _untouched(stage, victim, alive)
    stage.click(ALICE, _offered(stage), _REMOVE)
    _removed(stage, victim)
    _untouched(stage, victim, alive)


def _reported(stage: Stage, victim: Json, alive: str) -> Json:
    def look() -> Json | None:
        return next((m for m in stage.bulletins(_CLUSTER) if victim["host"] in words(m)), None)

    bulletin = stage.wait(f"a bulletin about {victim['host']}", look, stage.world.plan.grace + _PROMPT_SECONDS)
    said = words(bulletin)
    if "An old registration of a host that is well" not in said or alive not in said:
        raise BrokenError(f"the bulletin does not say that the host is well as {alive}: {said}")
    if _TERMINATE in said or _REMOVE not in said:
        raise BrokenError(f"Remove old registration was to be offered, and nothing that ends the host: {said}")
    stage.say(f"bulletin: {bulletin['text']}")
    return bulletin


def _forge(stage: Stage, bulletin: Json, victim: Json) -> None:
    """Put a request to terminate into act's queue, as no button offers it."""
    subject = next(
        Subject.parse(element["value"])
        for attachment in bulletin["attachments"]
        for block in attachment["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == _REMOVE
    )
    forged = Request(
        id=_FORGED,
        wish="terminate",
        cluster=_CLUSTER,
        instance=subject.instance,
        incident=subject.incident,
        user=ALICE,
        team=TEAM.id,
        channel=CHANNEL,
        message=bulletin["ts"],
        at=datetime.fromtimestamp(time.time(), UTC),
        reason="a request that no button offers",
    )
    stage.world.aws.client("sqs").send_message(
        QueueUrl=stage.world.outputs["ActsQueueUrl"],
        MessageBody=to_message(forged),
        MessageGroupId=group_id(_CLUSTER),
        MessageDeduplicationId=_FORGED,
    )
    stage.say(f"forged a request to terminate {victim['host']}")

    def refused() -> str | None:
        told = [words({"text": "", "attachments": [], **note}) for note in stage.told(ALICE)]
        return next((text for text in told if "old registration of a host that is well" in text), None)

    stage.wait("act's refusal of the forged request", refused, _REPAIR_SECONDS)
    stage.say("act asked for the host's registrations itself, and refused")


def _offered(stage: Stage) -> Json:
    """Find the bulletin once it offers what can be done again: while a repair is tried, it offers nothing."""

    def look() -> Json | None:
        return next((m for m in stage.bulletins(_CLUSTER) if _REMOVE in words(m)), None)

    return stage.wait("Remove old registration in the bulletin", look, _REPAIR_SECONDS)


def _removed(stage: Stage, victim: Json) -> None:
    def over() -> Json | None:
        return next((m for m in stage.bulletins(_CLUSTER) if state(m) == "resolved"), None)

    bulletin = stage.wait("the same bulletin, green", over, _REPAIR_SECONDS)
    if "old registration removed" not in bulletin["text"]:
        raise BrokenError(f"the end is not called what it is: {bulletin['text']}")
    if len(stage.messages()) != 1:
        raise BrokenError(f"one bulletin was due, Slack has {len(stage.messages())} messages")
    if victim["id"] in {instance["id"] for instance in stage.members.instances(_CLUSTER)}:
        raise BrokenError(f"{victim['id']} is still registered")
    stage.say(f"bulletin: {bulletin['text']}")


def _untouched(stage: Stage, victim: Json, alive: str) -> None:
    """See that the host goes on, and that nobody has even tried to end it."""
    mine = next((each for each in stage.members.instances(_CLUSTER) if each["id"] == alive), None)
    if mine is None or not mine["connected"] or mine["host"] != victim["host"]:
        raise BrokenError(f"{victim['host']} was to go on as {alive}, and is {mine}")
    for action in ("autoscaling:TerminateInstanceInAutoScalingGroup", "ec2:TerminateInstances"):
        if stage.calls(action, _CLUSTER.account):
            raise BrokenError(f"somebody called {action}")
    stage.say(f"{victim['host']} goes on as {alive}")
