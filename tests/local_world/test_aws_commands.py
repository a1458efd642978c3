"""Commands on the fleet's hosts: the document by CloudFormation, who may send it where, and what each illness says."""

import json
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from coastguard.local.layout.layouts import DEMO
from spoke.findings import read
from spoke.repairs.restart_agent import DOCUMENT
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for
from tests.templates.reading import read as read_template

MEDIA = DEMO.organization.members[2].id
VIRGINIA = DEMO.regions[1]
HERE = f"{VIRGINIA}:{MEDIA}"
SENDER = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "sender",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MEDIA}:root"}, "Action": "sts:AssumeRole"}
            ],
        },
        "Policies": [
            {
                "PolicyName": "all",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}],
                },
            }
        ],
    },
}


def document(**properties: Any) -> Json:
    resources = read_template("rules")["Resources"]
    (found,) = [deepcopy(each) for each in resources.values() if each["Type"] == "AWS::SSM::Document"]
    found["Properties"] |= properties
    return dict(found)


@pytest.fixture(scope="module", autouse=True)
def deployed(aws: EmbeddedAws) -> None:
    assert aws.deploy("steps", {"Steps": document(), "Sender": SENDER}, MEDIA, VIRGINIA) == "CREATE_COMPLETE"


def unplugged(aws: EmbeddedAws, ill: str) -> Json:
    connected = [each for each in aws.instances(MEDIA, VIRGINIA, "prod-media") if each["connected"]]
    aws.post("agents", account=MEDIA, region=VIRGINIA, connected=False, instances=[connected[0]["id"]], ill=ill)
    return connected[0]


def state_of(aws: EmbeddedAws, instance: Json) -> Json:
    return next(each for each in aws.instances(MEDIA, VIRGINIA, "prod-media") if each["id"] == instance["id"])


def ended(ssm: Any, command: str, host: str) -> Json:
    def final() -> Json:
        try:
            told: Json = ssm.get_command_invocation(CommandId=command, InstanceId=host)
        except ssm.exceptions.InvocationDoesNotExist:
            return {}  # it has just been sent
        return told if told["Status"] in {"Success", "Failed", "TimedOut"} else {}

    return wait_for(final)


@pytest.mark.parametrize(
    ("ill", "said"),
    [
        ("stopped", ("agent-up",)),
        ("no-route", ("agent-up",)),
        ("disk-full", ("disk-full", "agent-silent")),
        ("docker-hangs", ("docker-hangs",)),
    ],
)
def test_a_host_says_what_is_wrong_and_only_an_agent_that_has_stopped_comes_back(
    aws: EmbeddedAws, ill: str, said: tuple[str, ...]
) -> None:
    ssm, instance = aws.client("ssm", MEDIA, VIRGINIA), unplugged(aws, ill)
    sent = ssm.send_command(DocumentName=DOCUMENT, InstanceIds=[instance["host"]], Comment=ill, TimeoutSeconds=60)

    told = ended(ssm, sent["Command"]["CommandId"], instance["host"])

    assert (read(told["StandardOutputContent"]), told["Comment"]) == (said, ill)
    if ill == "stopped":
        assert wait_for(lambda: state_of(aws, instance)["connected"])
    else:
        assert (state_of(aws, instance)["connected"], state_of(aws, instance)["ill"]) == (False, ill)
    listed = ssm.get_paginator("list_commands").paginate(InstanceId=instance["host"])
    assert ill in [command["Comment"] for page in listed for command in page["Commands"]]
    aws.post("agents", account=MEDIA, region=VIRGINIA, connected=True)


def test_nobody_falls_ill_of_what_is_not_known(aws: EmbeddedAws) -> None:
    refused = aws.post("agents", account=MEDIA, region=VIRGINIA, connected=False, ill="plague")

    assert refused["error"].startswith("There is no illness plague")
    assert all(each["connected"] for each in aws.instances(MEDIA, VIRGINIA, "prod-media"))


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        ([f"arn:aws:ssm:{HERE}:document/{DOCUMENT}", f"arn:aws:ec2:{HERE}:instance/{{host}}"], True),
        ([f"arn:aws:ssm:{HERE}:document/{DOCUMENT}"], False),
        ([f"arn:aws:ec2:{HERE}:instance/{{host}}"], False),
        ([f"arn:aws:ssm:{HERE}:document/{DOCUMENT}", f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef0"], False),
    ],
)
def test_a_session_sends_to_the_document_and_the_host_that_it_was_narrowed_to(
    aws: EmbeddedAws, resources: list[str], allowed: bool
) -> None:
    host = aws.instances(MEDIA, VIRGINIA, "prod-media")[0]["host"]
    narrowed = [each.format(host=host) for each in resources]
    statement = {"Effect": "Allow", "Action": ["ssm:SendCommand"], "Resource": narrowed}
    credentials = aws.client("sts", MEDIA, VIRGINIA).assume_role(
        RoleArn=f"arn:aws:iam::{MEDIA}:role/sender",
        RoleSessionName="narrowed",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Credentials"]
    ssm = aws.client(
        "ssm",
        MEDIA,
        VIRGINIA,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )

    def code() -> str:
        try:
            ssm.send_command(DocumentName=DOCUMENT, InstanceIds=[host], TimeoutSeconds=60)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    assert (code() == "") is allowed
    with pytest.raises(ClientError, match="AccessDenied"):
        ssm.list_commands()


def test_a_document_is_updated_by_a_new_version_and_not_replaced_under_its_name(aws: EmbeddedAws) -> None:
    changed = document()
    changed["Properties"]["Content"]["description"] = "Other words."
    replaced = document(UpdateMethod="Replace")
    replaced["Properties"]["Content"]["description"] = "Yet others."

    assert aws.deploy("steps", {"Steps": changed, "Sender": SENDER}, MEDIA, VIRGINIA) == "UPDATE_COMPLETE"
    assert "cannot be replaced" in aws.deploy("steps", {"Steps": replaced, "Sender": SENDER}, MEDIA, VIRGINIA)
