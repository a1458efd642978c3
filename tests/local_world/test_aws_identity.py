from typing import Any

import pytest
from botocore.exceptions import ClientError

from coastguard.local.layout.layouts import DEMO
from coastguard.local.layout.organization import HUB
from tests.local_world.embedded_aws import EmbeddedAws, Json

PAYMENTS = DEMO.organization.members[0].id
ACTOR = f"arn:aws:iam::{HUB.id}:role/crew/actor"
STRANGER = f"arn:aws:iam::{HUB.id}:role/stranger"
REPAIRER = f"arn:aws:iam::{PAYMENTS}:role/repairer"
ALICE = "slack-T0COAST01-U0ALICE01"

Statement = Json


def role(name: str, trusted: list[Statement], allowed: list[Statement], path: str = "/") -> Json:
    properties = {
        "RoleName": name,
        "Path": path,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": trusted},
        "Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def hub_is_trusted(action: str, **condition: object) -> Statement:
    caller = {"ArnEquals": {"aws:PrincipalArn": ACTOR}, "StringEquals": {"aws:PrincipalOrgID": "o-coastguard1"}}
    principal = {"AWS": f"arn:aws:iam::{HUB.id}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": {**caller, **condition}}


def may(action: str | list[str], resource: str = "*", **condition: object) -> Statement:
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


FROM_SLACK = {"StringLike": {"sts:SourceIdentity": "slack-*"}}
ANYBODY_OF_THE_HUB = [{"Effect": "Allow", "Principal": {"AWS": HUB.id}, "Action": "sts:AssumeRole"}]
MAY_SEND = may("sqs:SendMessage", f"arn:aws:sqs:*:{HUB.id}:encrypted")
ONLY_ENCRYPTED = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
AS_SOMEBODY = may(["sts:AssumeRole", "sts:SetSourceIdentity"], "arn:aws:iam::*:role/*")
DEMANDING = [hub_is_trusted("sts:AssumeRole", **FROM_SLACK), hub_is_trusted("sts:SetSourceIdentity", **FROM_SLACK)]
PAYMENTS_CLUSTERS = f"arn:aws:ecs:*:{PAYMENTS}:cluster/prod-payments"
REPAIRS = [
    may("ecs:ListClusters"),
    may("ecs:DescribeContainerInstances", f"arn:aws:ecs:*:{PAYMENTS}:container-instance/prod-payments/*"),
    may(
        "ecs:UpdateContainerInstancesState",
        ArnEquals={"ecs:cluster": f"arn:aws:ecs:eu-west-1:{PAYMENTS}:cluster/prod-payments"},
    ),
    may("ecs:ListContainerInstances", PAYMENTS_CLUSTERS),
    may("ecs:DescribeClusters", PAYMENTS_CLUSTERS),
    may("ec2:TerminateInstances", StringLike={"aws:ResourceTag/aws:autoscaling:groupName": "payments-prod-*"}),
    may(
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/payments-prod-*",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def roles(aws: EmbeddedAws) -> None:
    hub = {
        "Actor": role("actor", ANYBODY_OF_THE_HUB, [AS_SOMEBODY, MAY_SEND], "/crew/"),
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "encrypted"}},
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [ONLY_ENCRYPTED]},
            },
        },
        "Mute": role("mute", ANYBODY_OF_THE_HUB, [may("sts:AssumeRole")]),
        "Stranger": role("stranger", ANYBODY_OF_THE_HUB, [AS_SOMEBODY]),
    }
    spoke = {
        "Repairer": role("repairer", DEMANDING, REPAIRS),
        "Backwards": role("backwards", [hub_is_trusted("sts:SetSourceIdentity", **FROM_SLACK)], []),
        "Silent": role("silent", [hub_is_trusted("sts:AssumeRole")], []),
    }
    assert aws.deploy("hub", hub) == "CREATE_COMPLETE"
    assert aws.deploy("spoke", spoke, PAYMENTS) == "CREATE_COMPLETE"


def keys(credentials: dict[str, str]) -> dict[str, str]:
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def session(aws: EmbeddedAws, name: str) -> dict[str, str]:
    role_arn = f"arn:aws:iam::{HUB.id}:role/{name}"
    return keys(aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="hub")["Credentials"])


def assume(aws: EmbeddedAws, role_arn: str = REPAIRER, by: str = "crew/actor", **given: str) -> Json:
    caller = aws.client("sts", **session(aws, by))
    answer: Json = caller.assume_role(RoleArn=role_arn, RoleSessionName="inc-7", **given)
    return answer


def as_alice(aws: EmbeddedAws, service: str) -> Any:
    return aws.client(service, **keys(assume(aws, SourceIdentity=ALICE)["Credentials"]))


def test_the_person_is_recorded_with_the_role_and_with_each_call_of_the_session(aws: EmbeddedAws) -> None:
    answer = assume(aws, SourceIdentity=ALICE)
    assert answer["SourceIdentity"] == ALICE
    aws.client("ecs", **keys(answer["Credentials"])).list_clusters()
    call = aws.get("calls")["calls"][-1]
    assumed = aws.get("calls?action=sts:AssumeRole")["calls"][-1]
    assert (call["action"], call["allowed"], call["source_identity"]) == ("ecs:ListClusters", True, ALICE)
    assert call["principal"] == f"arn:aws:sts::{PAYMENTS}:assumed-role/repairer/inc-7"
    assert (assumed["role"], assumed["session"]) == (REPAIRER, "inc-7")
    assert (assumed["allowed"], assumed["source_identity"], assumed["account"]) == (True, ALICE, HUB.id)


@pytest.mark.parametrize(
    ("given", "by", "role_arn", "kind", "sentence"),
    [
        ({}, "crew/actor", REPAIRER, "trust", "with no source identity."),
        ({"SourceIdentity": "root"}, "crew/actor", REPAIRER, "trust", "with source identity root."),
        ({"SourceIdentity": ALICE}, "stranger", REPAIRER, "trust", f"does not trust role stranger of {HUB.id}"),
        ({"SourceIdentity": ALICE}, "mute", REPAIRER, "iam", f"role mute of {HUB.id} may not sts:SetSourceIdentity on"),
        (
            {"SourceIdentity": ALICE},
            "crew/actor",
            f"arn:aws:iam::{PAYMENTS}:role/silent",
            "trust",
            f"role silent of {PAYMENTS} does not exist or does not trust role actor of {HUB.id}",
        ),
        (
            {"SourceIdentity": ALICE},
            "crew/actor",
            f"arn:aws:iam::{PAYMENTS}:role/backwards",
            "trust",
            f"role backwards of {PAYMENTS} does not exist or does not trust role actor of {HUB.id}",
        ),
        ({"SourceIdentity": ALICE}, "crew/actor", f"{REPAIRER}s", "trust", "role repairers of"),
    ],
    ids=[
        "nobody",
        "not from Slack",
        "another role",
        "caller may not set it",
        "role takes none",
        "role takes no caller",
        "no such role",
    ],
)
def test_a_role_that_aws_would_not_give_is_not_given(
    aws: EmbeddedAws, given: dict[str, str], by: str, role_arn: str, kind: str, sentence: str
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(aws, role_arn, by, **given)
    refusal = aws.get("refusals")["refusals"][-1]
    assert refusal["kind"] == kind
    assert sentence in refusal["text"]
    assert not aws.get("calls")["calls"][-1]["allowed"]


def test_a_source_identity_that_no_session_can_have_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        assume(aws, SourceIdentity="slack T0COAST01 U0ALICE01")


def test_a_session_cannot_become_another_person(aws: EmbeddedAws) -> None:
    sts = as_alice(aws, "sts")
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=REPAIRER, RoleSessionName="again", SourceIdentity="slack-T0COAST01-U0BOB0002")


def test_what_iam_denies_is_recorded_as_a_sentence(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("dynamodb", **session(aws, "crew/actor")).put_item(TableName="coastguard", Item={"pk": {"S": "x"}})
    assert aws.refusals()[-1] == (
        f"role actor of {HUB.id} may not dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:{HUB.id}:table/coastguard."
    )


def test_container_instances_are_allowed_by_cluster(aws: EmbeddedAws) -> None:
    ecs = as_alice(aws, "ecs")
    own, other = (aws.instances(PAYMENTS, "eu-west-1", name)[0] for name in ("prod-payments", "staging-payments"))
    found = ecs.describe_container_instances(cluster="prod-payments", containerInstances=[own["id"]])
    assert found["containerInstances"][0]["ec2InstanceId"] == own["host"]
    ecs.update_container_instances_state(cluster="prod-payments", containerInstances=[own["id"]], status="ACTIVE")
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.describe_container_instances(cluster="staging-payments", containerInstances=[other["id"]])
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.list_container_instances(cluster="staging-payments")
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.update_container_instances_state(
            cluster="staging-payments", containerInstances=[other["id"]], status="DRAINING"
        )


def test_instances_are_terminated_only_in_the_groups_the_policy_names(aws: EmbeddedAws) -> None:
    ec2, autoscaling = as_alice(aws, "ec2"), as_alice(aws, "autoscaling")
    own = aws.instances(PAYMENTS, "eu-west-1", "prod-payments")[4:6]
    other = aws.instances(PAYMENTS, "eu-west-1", "staging-payments")[0]["host"]
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.terminate_instances(InstanceIds=[other])
    with pytest.raises(ClientError, match="AccessDenied"):
        autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=other, ShouldDecrementDesiredCapacity=False)
    ec2.terminate_instances(InstanceIds=[own[0]["host"]])
    autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=own[1]["host"], ShouldDecrementDesiredCapacity=False
    )
    staging = aws.instances(PAYMENTS, "eu-west-1", "staging-payments")
    assert {instance["host_state"] for instance in staging} == {"running"}


def test_describing_ec2_needs_every_resource_as_on_aws(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        as_alice(aws, "ec2").describe_instance_status(InstanceIds=["i-0123456789abcdef0"])
    assert aws.refusals()[-1].endswith("may not ec2:DescribeInstanceStatus on *.")


def test_a_batch_needs_the_permission_for_one_and_the_loopback_counts_as_encrypted(aws: EmbeddedAws) -> None:
    url = aws.client("sqs").get_queue_url(QueueName="encrypted")["QueueUrl"]
    sqs = aws.client("sqs", **session(aws, "crew/actor"))
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "hello"}])
    assert [entry["Id"] for entry in sent["Successful"]] == ["1"]
    assert aws.get("calls")["calls"][-1]["action"] == "sqs:SendMessage"


def ids(aws: EmbeddedAws, cluster: str, connected: set[bool]) -> set[str]:
    return {i["id"] for i in aws.instances(PAYMENTS, "eu-west-1", cluster) if i["connected"] in connected}


def test_clusters_are_found_by_all_and_described_by_cluster(aws: EmbeddedAws) -> None:
    ecs = as_alice(aws, "ecs")
    found = [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]]
    assert found == ["prod-payments", "staging-payments"]
    assert ecs.describe_clusters(clusters=[found[0]], include=["TAGS"])["clusters"][0]["clusterName"] == found[0]
    for listed, of in (({"filter": "agentConnected == true"}, {True}), ({}, {True, False})):
        # The fleet lives: what another test has terminated may be replaced just now.
        before, after, arns = set[str](), {""}, list[str]()
        while before != after:
            before = ids(aws, found[0], of)
            arns = ecs.list_container_instances(cluster=found[0], **listed)["containerInstanceArns"]
            after = ids(aws, found[0], of)
        assert {arn.rpartition("/")[2] for arn in arns} == after
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.describe_clusters(clusters=[found[1]])
    assert aws.refusals()[-1].endswith(
        f"may not ecs:DescribeClusters on arn:aws:ecs:eu-west-1:{PAYMENTS}:cluster/{found[1]}."
    )


def test_describing_groups_needs_every_resource_as_on_aws(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        as_alice(aws, "autoscaling").describe_auto_scaling_instances(InstanceIds=["i-0123456789abcdef0"])
    assert aws.refusals()[-1].endswith("may not autoscaling:DescribeAutoScalingInstances on *.")
