"""The yardstick: one event at a time, each with clients of its own, as a Lambda function in every account would do it.

Four clients, three calls: how is the container instance, how is its host, tell somebody. No sign-in, for it lives in
the account it looks at; no table, no grouping, no grace, and a batch of twenty is twenty times all of this.
"""

import json
from typing import Any
from unittest.mock import patch

import boto3

from tests.benchmarks.stage import Stage
from tests.wire.payloads import Machine
from tests.wire.wire import Call, Stray

_TOPIC = "arn:aws:sns:eu-west-1:222233334444:ecs-agents"
_STATES = ("system", "instance")


def handle(envelope: dict[str, Any]) -> bool:
    """Handle one event; tells whether it was worth a message."""
    detail, region = envelope["detail"], envelope["region"]
    ecs = boto3.client("ecs", region_name=region)
    ec2 = boto3.client("ec2", region_name=region)
    sns = boto3.client("sns", region_name=region)
    boto3.client("sts", region_name=region)  # to learn its own account in some cases; made in all
    answer = ecs.describe_container_instances(
        cluster=detail["clusterArn"], containerInstances=[detail["containerInstanceArn"]]
    )
    instance = answer["containerInstances"][0]
    if instance["agentConnected"] or instance["status"] != "ACTIVE":
        return False
    status = ec2.describe_instance_status(InstanceIds=[instance["ec2InstanceId"]], IncludeAllInstances=True)
    host = status["InstanceStatuses"][0]
    checks = {state: host[f"{state.capitalize()}Status"]["Status"] for state in _STATES}
    sns.publish(
        TopicArn=_TOPIC,
        Subject=f"ECS agent disconnected: {instance['ec2InstanceId']}",
        Message=json.dumps({"cluster": detail["clusterArn"], "host": host["InstanceState"]["Name"], "checks": checks}),
    )
    return True


def run(stage: Stage, machines: list[Machine], events: list[str]) -> int:
    """Handle events in the machines' own account; how many messages were sent."""
    account, region = machines[0].account, machines[0].region
    stage.wire.services["sns"] = _publish
    with patch.object(boto3, "DEFAULT_SESSION", None):
        boto3.setup_default_session(
            aws_access_key_id=f"ASIA{account}0000", aws_secret_access_key="not-a-secret", region_name=region
        )
        return sum(handle(json.loads(text)) for text in events)


def _publish(call: Call) -> bytes:
    if call.operation != "Publish":
        raise Stray(f"sns:{call.operation}")
    call.only("TopicArn", "Subject", "Message")
    return (
        b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
        b"<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>"
    )
