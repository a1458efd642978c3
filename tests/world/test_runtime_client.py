"""The zip under AWS's own runtime client, in the deployed world: all the way that a lost agent and a command go."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from coastguard import package
from coastguard.local.layout.organization import HUB
from coastguard.local.members import Members
from coastguard.local.slack import payloads
from coastguard.local.slack.calling import handles
from coastguard.local.slack.directory import CHANNELS
from coastguard.local.slack.payloads import Command, signed_headers
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.workspace import SIGNING_SECRET
from coastguard.local.world import Plan, World
from spoke.places import Cluster
from tests.chatops.factories import http_event
from tests.local_world.embedded_aws import wait_for
from tests.world.runtime_client import FunctionFailed, Runtime

SEARCH = Cluster("333344445555", "eu-west-1", "prod-search")
PAYMENTS = Cluster("222233334444", "eu-west-1", "prod-payments")
ALICE = "U0ALICE01"
SHOWN = "1 unresolved incident."
NOTHING_FAILED: dict[str, list[str]] = {"batchItemFailures": []}


def let_nobody_else_work(world: World) -> None:
    """Stop the embedded AWS's own runs of the functions, and let us take their roles as Lambda does."""
    functions = world.aws.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    world.aws.client("events").disable_rule(Name="coastguard-sweep")
    iam = world.aws.client("iam")
    ours = {"Effect": "Allow", "Principal": {"AWS": HUB.id}, "Action": "sts:AssumeRole"}
    for role in iam.list_roles()["Roles"]:
        if role["RoleName"].startswith("coastguard-hub-"):
            trust = role["AssumeRolePolicyDocument"]
            trust["Statement"].append(ours)
            iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps(trust))


def batch(world: World, queue: str) -> dict[str, Any]:
    """Take a message as an event source mapping does, and hand it over as Lambda does."""
    sqs, url = world.aws.client("sqs"), world.outputs[queue]
    [message] = wait_for(
        lambda: sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MaxNumberOfMessages=1, WaitTimeSeconds=1).get(
            "Messages"
        )
    )
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
    return {"Records": [record]}


def typed(world: World, text: str) -> dict[str, Any]:
    """What API Gateway hands over when Alice has given a command."""
    workspace = world.workspace
    with workspace.changing():
        person, channel = workspace.people[ALICE], CHANNELS[0]
        reached = handles(workspace, world.url, Origin(person.id, channel.id))
        body = payloads.slash_command(Command(person, channel, "/ecs", text), reached)
    return http_event(body, signed_headers(SIGNING_SECRET, workspace.clock(), body))


def in_slack(world: World, words: str) -> bool:
    return words in json.dumps(world.workspace.state())


@pytest.fixture
def task(tmp_path: Path) -> Path:
    folder = tmp_path / "task"
    with zipfile.ZipFile(package.build(print)) as archive:
        archive.extractall(folder)
    return folder


def test_each_function_does_its_work_under_lambdas_own_runtime_client(task: Path, tmp_path: Path) -> None:
    with World(Plan(grace=1), lambda _: None) as world:
        let_nobody_else_work(world)
        runtime, members = Runtime.make(world.aws, task, tmp_path / "client"), Members(world.aws)

        members.plug(SEARCH, [members.instances(SEARCH)[0]["id"]], connected=False)
        assert runtime.invoke("coastguard-ingest", batch(world, "DelayQueueUrl")) == NOTHING_FAILED
        assert runtime.invoke("coastguard-look", batch(world, "LooksQueueUrl")) == NOTHING_FAILED
        assert in_slack(world, "ECS agent disconnected on 1 instance")

        assert runtime.invoke("coastguard-front", typed(world, "incidents"))["statusCode"] == 200
        assert not in_slack(world, SHOWN)
        assert runtime.invoke("coastguard-act", batch(world, "ActsQueueUrl")) == NOTHING_FAILED
        assert in_slack(world, SHOWN)

        members.plug(PAYMENTS, [members.instances(PAYMENTS)[0]["id"]], connected=False)
        assert runtime.invoke("coastguard-sweep", {"sweep": "all"}) is None
        assert PAYMENTS.name in str(batch(world, "LooksQueueUrl"))

        shutil.rmtree(task / "pynamodb")
        with pytest.raises(FunctionFailed, match=r"Unable to import module 'hub\.look': No module named 'pynamodb'"):
            runtime.invoke("coastguard-look", {"Records": []})
