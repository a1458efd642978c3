"""Events that nobody can read, and such that name somebody else's cluster, amid one true alarm."""

import json
from typing import Any

from coastguard.local.rehearsals.stage import BrokenError, Json, Stage, words
from spoke.places import Cluster

ABOUT = "hostile and malformed records lie aside with their reasons, and hold up no alarm"

_PROMPT_SECONDS = 30
_SETTLE_SECONDS = 60
_TROUBLED = Cluster("222233334444", "eu-west-1", "prod-payments")
_ANOTHER = Cluster("333344445555", "eu-west-1", "prod-search")
_KIND = {"source": "aws.ecs", "detail-type": "ECS Container Instance State Change"}


def play(stage: Stage) -> None:
    """Play it. Raises BrokenError at the first promise that is not kept."""
    victim, *_ = stage.members.instances(_TROUBLED)
    innocent, *_ = stage.members.instances(_ANOTHER)
    events = _events(victim["id"], innocent["id"])
    raw = _raw()
    for event in events.values():
        stage.members.emit(_TROUBLED.account, _TROUBLED.region, event)
    stage.members.plug(_TROUBLED, [victim["id"]], connected=False)
    _send(stage, list(raw.values()))
    stage.say(
        f"unplugged {victim['host']} in {_TROUBLED.key}, amid {len(events)} events and {len(raw)} records of poison:"
    )
    stage.say(f"  {', '.join([*events, *raw])}")

    def alarm() -> Json | None:
        return next((m for m in stage.bulletins(_TROUBLED) if victim["host"] in words(m)), None)

    bulletin = stage.wait(f"a bulletin about {victim['host']}", alarm, stage.world.plan.grace + _PROMPT_SECONDS)
    stage.say(f"bulletin: {bulletin['text']}")
    stage.settle(_SETTLE_SECONDS)
    _buried(stage, len(events) + len(raw))
    if len(stage.messages()) != 1:
        raise BrokenError(f"one bulletin was due, Slack has {len(stage.messages())} messages")


def _events(victim: str, innocent: str) -> dict[str, dict[str, Any]]:
    """What a member account, or somebody in it, may send: each passes the member's rule."""
    account, region = _TROUBLED.account, _TROUBLED.region

    def gone(cluster: object, instance: object, **more: object) -> dict[str, Any]:
        named = {"clusterArn": cluster, "containerInstanceArn": instance, "agentConnected": False}
        return {**_KIND, "detail": {**named, **more}}

    own, other = f"arn:aws:ecs:{region}:{account}", f"arn:aws:ecs:{_ANOTHER.region}:{_ANOTHER.account}"
    cluster, instance = f"{own}:cluster/{_TROUBLED.name}", f"{own}:container-instance/{_TROUBLED.name}/{victim}"
    theirs = f"{other}:cluster/{_ANOTHER.name}", f"{other}:container-instance/{_ANOTHER.name}/{innocent}"
    return {
        "another account's cluster": gone(*theirs),
        "another account's instance": gone(cluster, theirs[1]),
        "another Region": gone(cluster.replace(region, "us-east-1"), instance.replace(region, "us-east-1")),
        "no cluster": {**_KIND, "detail": {"containerInstanceArn": instance, "agentConnected": False}},
        "a list for an ARN": gone([cluster], instance),
        "markup in an ARN": gone(f"{cluster}<!channel>", instance),
        "a path for an instance": gone(cluster, f"{own}:container-instance/../../{victim}"),
    }


def _raw() -> dict[str, str]:
    """What only somebody in the hub account could put into the queue."""
    nested = "[" * 50_000
    return {
        "not JSON": "<xml/>",
        "a list": "[]",
        "too deep": nested,
        "an unknown kind": json.dumps({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {}}),
        "no time": json.dumps({**_KIND, "account": _TROUBLED.account, "region": _TROUBLED.region, "detail": {}}),
        "a hint of nobody": json.dumps({"cluster": "nowhere", "why": "sweep", "drops": []}),
        "a hint with a drop of nothing": json.dumps({"cluster": _TROUBLED.key, "why": "sweep", "drops": [[None, "x"]]}),
    }


def _send(stage: Stage, bodies: list[str]) -> None:
    sqs, url = stage.world.aws.client("sqs"), stage.world.outputs["DelayQueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def _buried(stage: Stage, expected: int) -> None:
    """Check that all of the poison, and nothing else, lies in the dead-letter queue, each with its reason."""
    dead = stage.dead_events()
    for letter in dead:
        stage.say(f"  in coastguard-delay-dead: {letter['reason'][:150]}")
    if len(dead) != expected:
        raise BrokenError(f"{expected} records of poison were sent, {len(dead)} lie in coastguard-delay-dead")
    kinds = [letter["reason"].partition(":")[0] for letter in dead]
    if set(kinds) != {"malformed", "foreign"}:
        raise BrokenError(f"each must say whether it is malformed or foreign: {sorted(set(kinds))}")
    stage.say(
        f"{kinds.count('foreign')} foreign and {kinds.count('malformed')} malformed records lie aside, with reasons"
    )
