"""One agent is unplugged, reported, and its instance replaced by one click; others come back in time, unreported."""

import json

from coastguard.local.rehearsals.stage import ALICE, BOB, TERMINATE, BrokenError, Json, Stage, state, words
from spoke.places import Cluster

ABOUT = "an unplugged agent becomes one message, and one click replaces the instance"

_PROMPT_SECONDS = 30
_REPAIR_SECONDS = 60
_TROUBLED = Cluster("222233334444", "eu-west-1", "prod-payments")
_RECOVERING = Cluster("333344445555", "us-east-1", "prod-search")


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    grace = stage.world.plan.grace
    victim = stage.members.instances(_TROUBLED)[0]
    passing = [instance["id"] for instance in stage.members.instances(_RECOVERING)[:2]]
    stage.members.plug(_TROUBLED, [victim["id"]], connected=False)
    stage.say(f"unplugged the agent of {victim['host']} in {_TROUBLED.key}; the grace period is {grace} s")
    stage.members.plug(_RECOVERING, passing, connected=False)
    stage.members.plug(_RECOVERING, passing, connected=True)
    stage.say(f"unplugged two agents in {_RECOVERING.key} and plugged them in again at once")

    bulletin = _reported(stage, victim, grace)
    for person in (ALICE, BOB):
        stage.click(person, bulletin, TERMINATE)
    for person in (ALICE, BOB):
        stage.fill(person, proof=victim["host"][-4:], reason="its agent does not come back")
    replacement = _replaced(stage, victim)
    _resolved(stage, replacement)
    _silent(stage)
    _accounted_for(stage, victim)


def _reported(stage: Stage, victim: Json, grace: int) -> Json:
    def look() -> Json | None:
        return next((m for m in stage.bulletins(_TROUBLED) if victim["host"] in words(m)), None)

    bulletin = stage.wait(f"a bulletin about {victim['host']}", look, grace + _PROMPT_SECONDS)
    if "Could not be checked" in words(bulletin) or state(bulletin) != "open":
        raise BrokenError(f"the bulletin came, but unchecked: {bulletin['text']} {stage.causes()}")
    stage.say(f"bulletin: {bulletin['text']}")
    return bulletin


def _replaced(stage: Stage, victim: Json) -> str:
    before = {instance["host"] for instance in stage.members.instances(_TROUBLED)}

    def gone() -> bool:
        return victim["host"] not in {
            i["host"] for i in stage.members.instances(_TROUBLED) if i["status"] != "INACTIVE"
        }

    stage.wait(f"{victim['host']} terminated and deregistered", gone, _REPAIR_SECONDS)
    stage.say(f"{victim['host']} is terminated and deregistered")

    def newcomer() -> str | None:
        return next((i["host"] for i in stage.members.instances(_TROUBLED) if i["host"] not in before), None)

    replacement = stage.wait("a replacement that registers", newcomer, _REPAIR_SECONDS)
    stage.say(f"{replacement} has registered in its place")
    return replacement


def _resolved(stage: Stage, replacement: str) -> None:
    def green() -> Json | None:
        return next((m for m in stage.bulletins(_TROUBLED) if state(m) == "resolved"), None)

    bulletin = stage.wait("the same bulletin, green", green, _REPAIR_SECONDS)
    if replacement not in words(bulletin):
        raise BrokenError(f"the green bulletin does not name the replacement {replacement}: {words(bulletin)}")
    stage.say(f"bulletin: {bulletin['text']}")

    def told() -> list[Json]:
        replies: list[Json] = stage.bulletins(_TROUBLED)[0]["replies"]
        return replies if any("resolved" in reply["text"] for reply in replies) else []

    for reply in stage.wait("the end of the story in the thread", told, _PROMPT_SECONDS):
        stage.say(f"  in its thread: {reply['text']}")


def _silent(stage: Stage) -> None:
    if stage.bulletins(_RECOVERING):
        raise BrokenError(f"agents that came back within the grace period were reported: {_RECOVERING.key}")
    stage.say("no message about the agents that came back in time")
    if len(stage.messages()) != 1:
        raise BrokenError(f"one bulletin was due, Slack has {len(stage.messages())} messages")


def _accounted_for(stage: Stage, victim: Json) -> None:
    """Check the trail: who asked stands in our log and in the member's record of calls, and it was done once."""
    calls = stage.world.aws.ask("calls")["calls"]
    assumed = [
        c for c in calls if c["action"] == "sts:AssumeRole" and (c["role"] or "").endswith("coastguard-remediator")
    ]
    people = {call["source_identity"] for call in assumed}
    if people != {f"slack-T0COAST01-{ALICE}"}:
        raise BrokenError(f"the remediator role was assumed as {people or 'nobody'}, not as the one who clicked first")
    stage.say(f"the member's record names {', '.join(sorted(people))}")
    ended = [c for c in calls if "TerminateInstance" in c["action"] and c["allowed"]]
    if len(ended) != 1:
        raise BrokenError(f"one termination was due, there were {len(ended)}")
    log = _log(stage)
    for entry in log:
        stage.say(
            f"  in the log: {entry['who'] or 'Coastguard'} · {entry['what']} · {entry['where']} · {entry['result']}"
        )
    asked = [e for e in log if e["who"] == ALICE and e["where"] == victim["host"]]
    refused = [e for e in log if e["who"] == BOB and e["what"].startswith("refused")]
    if len(asked) != 2 or len(refused) != 1:
        raise BrokenError(f"the log must hold the first click, its outcome and the second's refusal: {log}")


def _log(stage: Stage) -> list[Json]:
    answer = stage.world.aws.client("dynamodb").query(
        TableName=stage.world.outputs["TableName"],
        KeyConditionExpression="pk = :pk AND begins_with(sk, :log)",
        ExpressionAttributeValues={":pk": {"S": f"cluster#{_TROUBLED.key}"}, ":log": {"S": "log#"}},
    )
    return [json.loads(item["data"]["S"]) for item in answer["Items"]]
