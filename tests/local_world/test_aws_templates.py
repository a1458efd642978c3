"""How templates reach the embedded AWS, and how a deployment gets its own there."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from coastguard.concurrency import FOR_FRONT
from coastguard.deploy import HUB_STACK, ORGANIZATION_STACK, DeployError, Wanted, deploy
from coastguard.local.layout.layouts import DEMO
from coastguard.local.layout.organization import HUB, HUB_REGION, ORGANIZATION
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for

STRANGER = DEMO.organization.members[0].id
LARGEST_INLINE = 51_200
SITE = "templates.s3.eu-west-1.amazonaws.com"
# As in hub.yaml: what a stack without the parameter gets in an update.
DEFAULTS = {"FrontConcurrency": "0"}


def template(*parameters: str, padding: int = 0) -> str:
    """A template with a queue, these parameters, and so many bytes of description."""
    return json.dumps(
        {
            "Metadata": {"Padding": "x" * padding},
            "Parameters": {name: {"Type": "String", "Default": DEFAULTS.get(name, "")} for name in parameters},
            "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
            "Outputs": {name: {"Value": {"Ref": name}} for name in parameters},
        }
    )


@pytest.fixture(scope="module")
def bucket(aws: EmbeddedAws) -> Callable[[str, str], None]:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": HUB_REGION})

    def put(key: str, body: str) -> None:
        s3.put_object(Bucket="templates", Key=key, Body=body)

    return put


def refusal(call: Callable[..., object], **given: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value)


def final_status(cloudformation: Any, name: str) -> str:
    def ended() -> str:
        status: str = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return "" if status.endswith("_IN_PROGRESS") else status

    return wait_for(ended)


def test_a_template_too_large_to_be_given_inline_goes_by_its_address(
    aws: EmbeddedAws, bucket: Callable[[str, str], None]
) -> None:
    cloudformation = aws.client("cloudformation")
    large = template(padding=LARGEST_INLINE)
    text = refusal(cloudformation.create_stack, StackName="large", TemplateBody=large)
    assert f"length less than or equal to {LARGEST_INLINE}" in text
    bucket("large.json", large)
    cloudformation.create_stack(StackName="large", TemplateURL=f"https://{SITE}/large.json")
    assert final_status(cloudformation, "large") == "CREATE_COMPLETE"


def test_a_stackset_takes_a_large_template_by_its_address(aws: EmbeddedAws, bucket: Callable[[str, str], None]) -> None:
    bucket("large-spoke.json", template(padding=LARGEST_INLINE))
    properties = {
        "StackSetName": "large",
        "PermissionModel": "SERVICE_MANAGED",
        "StackInstancesGroup": [{"DeploymentTargets": {"Accounts": [STRANGER]}, "Regions": [HUB_REGION]}],
        "TemplateURL": f"https://{SITE}/large-spoke.json",
    }
    made = aws.deploy("set-large", {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}})
    assert made == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://example.com/templates/large.json", "not a valid S3 domain"),
        ("http://templates.s3.eu-west-1.amazonaws.com/large.json", "not a valid S3 domain"),
        ("https://nobody.s3.eu-west-1.amazonaws.com/large.json", "not found"),
    ],
    ids=["not in S3", "not by https", "in no bucket"],
)
def test_an_address_that_is_none_of_s3_is_refused(aws: EmbeddedAws, address: str, reason: str) -> None:
    assert reason in refusal(aws.client("cloudformation").create_stack, StackName="lost", TemplateURL=address)


@pytest.mark.parametrize(("policy", "left"), [("Retain", True), ("RetainExceptOnCreate", False)])
def test_a_creation_that_fails_leaves_what_is_always_retained(aws: EmbeddedAws, policy: str, left: bool) -> None:
    name = f"kept-{policy}"
    table = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    aws.client("events").create_event_bus(Name=f"taken-{policy}")
    bus = {"Type": "AWS::Events::EventBus", "DependsOn": "Table", "Properties": {"Name": f"taken-{policy}"}}
    kept = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy, "Properties": table}
    assert aws.deploy(name, {"Table": kept, "Bus": bus}).startswith("ROLLBACK_COMPLETE")
    assert (name in aws.client("dynamodb").list_tables()["TableNames"]) is left


def test_a_stack_that_is_deleted_leaves_what_is_retained_but_for_its_creation(aws: EmbeddedAws) -> None:
    queue = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"QueueName": "stays"}}
    assert aws.deploy("goes", {"Queue": queue}) == "CREATE_COMPLETE"
    aws.client("cloudformation").delete_stack(StackName="goes")
    wait_for(lambda: "goes" not in aws.stacks())
    assert aws.client("sqs").get_queue_url(QueueName="stays")


@pytest.fixture
def wanted(tmp_path: Path) -> Callable[..., Wanted]:
    """What deploys templates that are larger than what may be given inline, and take what Coastguard's take."""

    def make(*parameters: str, runtime: str = "python3.12", regions: str = "", **hub: str) -> Wanted:
        watched = {"RulesRegions": regions} if regions else {}
        with zipfile.ZipFile(tmp_path / "code.zip", "w") as code:
            code.writestr("coastguard-runtime.txt", f"{runtime}\n")
        shared = ("OrganizationId", "Runtime", "FrontConcurrency", "IncidentPages", *parameters)
        hubs = ("HubAccountId", "HubRegion", "OrganizationId", "RolesTemplateUrl", "RulesTemplateUrl")
        organization = (*hubs, "RolesRegion", "RulesRegions")
        for name, text in {
            "hub.yaml": template("CodeBucket", "CodeKey", *shared, padding=LARGEST_INLINE),
            "organization.yaml": template(*organization, padding=LARGEST_INLINE),
            "spoke-roles.yaml": template(padding=LARGEST_INLINE),
            "spoke-rules.yaml": template(padding=LARGEST_INLINE),
        }.items():
            (tmp_path / name).write_text(text)
        return Wanted(tmp_path / "code.zip", {"OrganizationId": ORGANIZATION, **hub}, watched, tmp_path)

    return make


def deployed(aws: EmbeddedAws, wanted: Wanted, region: str = HUB_REGION) -> Json:
    def connect(service: str) -> Any:
        return aws.client(service, region=region)

    return dict(deploy(connect, wanted, lambda _: None, poll_seconds=0.05))


def test_a_deployment_keeps_what_its_parameters_had_and_lets_go_of_what_the_template_has_dropped(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    first = deployed(aws, wanted("Kept", "Dropped", Kept="this", Dropped="that"))
    assert (first["Kept"], first["Dropped"]) == ("this", "that")
    second = deployed(aws, wanted("Kept", "Added"))
    assert second["Kept"] == "this"
    assert second["Added"] == ""
    assert "Dropped" not in second
    assert {HUB_STACK, ORGANIZATION_STACK} <= aws.stacks()


def test_a_new_hub_keeps_something_free_for_slack_and_a_later_deployment_what_people_have_set(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    region = "eu-central-1"
    assert deployed(aws, wanted(), region)["FrontConcurrency"] == str(FOR_FRONT)
    assert deployed(aws, wanted(FrontConcurrency="7"), region)["FrontConcurrency"] == "7"
    assert deployed(aws, wanted("Added"), region)["FrontConcurrency"] == "7"


def test_incidents_are_kept_in_pages_as_soon_as_nothing_runs_that_cannot_read_them(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    assert deployed(aws, wanted(), "ap-south-1")["IncidentPages"] == "yes"
    assert deployed(aws, wanted(IncidentPages="no"), "ap-south-1")["IncidentPages"] == "no"

    region = "ca-central-1"
    earlier = aws.client("cloudformation", region=region)
    earlier.create_stack(StackName=HUB_STACK, TemplateBody=template("CodeBucket", "CodeKey", "OrganizationId"))
    assert final_status(earlier, HUB_STACK) == "CREATE_COMPLETE"
    # The functions of the release before run beside this one's, and come back if the update fails.
    assert deployed(aws, wanted(), region)["IncidentPages"] == ""
    assert deployed(aws, wanted(), region)["IncidentPages"] == "yes"


def test_the_runtime_follows_the_zip(aws: EmbeddedAws, wanted: Callable[..., Wanted]) -> None:
    assert deployed(aws, wanted(runtime="python3.11"))["Runtime"] == "python3.11"
    assert deployed(aws, wanted(runtime="python3.14"))["Runtime"] == "python3.14"


def test_a_zip_whose_python_lambda_does_not_have_is_refused_before_anything_is_made(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    with pytest.raises(DeployError, match=r"built by python3\.99.*make demo PYTHON=python3\.\d+`"):
        deployed(aws, wanted(runtime="python3.99"), "eu-north-1")
    assert f"coastguard-{HUB.id}-eu-north-1" not in str(aws.client("s3").list_buckets()["Buckets"])


@pytest.mark.parametrize(
    ("region", "roles_region"),
    [("us-east-2", ""), *((name, name) for name in ("us-gov-west-1", "cn-north-1", "eusc-de-east-1"))],
)
def test_each_partition_gets_a_hub_of_its_own(
    aws: EmbeddedAws, wanted: Callable[..., Wanted], region: str, roles_region: str
) -> None:
    deployed(aws, wanted(regions=region), region)
    [stack] = aws.client("cloudformation", region=region).describe_stacks(StackName=ORGANIZATION_STACK)["Stacks"]
    given = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack["Parameters"]}
    assert given["RolesRegion"] == roles_region
    assert given["RolesTemplateUrl"].startswith(f"https://coastguard-{HUB.id}-{region}.s3.{region}.amazonaws.")


def test_a_region_of_another_partition_is_refused_before_anything_is_made(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    with pytest.raises(DeployError, match="cannot watch us-gov-west-1, nowhere: only Regions of the partition aws"):
        deployed(aws, wanted(regions="eu-west-1, us-gov-west-1,nowhere"), "eu-west-2")
    assert "eu-west-2" not in str(aws.client("s3").list_buckets()["Buckets"])


def test_a_bucket_that_a_stranger_has_made_first_is_not_deployed_from(
    aws: EmbeddedAws, wanted: Callable[..., Wanted]
) -> None:
    region = "us-east-1"
    name = f"coastguard-{HUB.id}-{region}"
    strangers = aws.client("s3", STRANGER, region)
    strangers.create_bucket(Bucket=name)
    welcome = {"Effect": "Allow", "Principal": {"AWS": HUB.id}, "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}*"]}
    strangers.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [welcome]}))
    with pytest.raises(DeployError, match=re.escape(f"The bucket {name} cannot be used")) as refused:
        deployed(aws, wanted(), region)
    assert "another account owns it" in str(refused.value)
    assert "Contents" not in strangers.list_objects_v2(Bucket=name)
    assert HUB_STACK not in aws.stacks(region=region)
