import json

import pytest

from coastguard.local.layout.layouts import DEMO
from coastguard.local.layout.organization import HUB_REGION, PROD, WORKLOADS
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for

IDS = tuple(member.id for member in DEMO.organization.members)
IN_PROD = {member.id for member in DEMO.organization.members if member.unit == PROD.id}
REGIONS = DEMO.regions
PARAMETERS = {"Name": {"Type": "String"}, "Suffix": {"Type": "String", "Default": ""}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Name}${Suffix}"}}}
TEMPLATE = json.dumps({"Parameters": PARAMETERS, "Resources": {"Queue": QUEUE}})
BROKEN = json.dumps({"Resources": {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "taken"}}}})
TAKEN = {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "taken"}}}
EVERYBODY = {"OrganizationalUnitIds": ["r-root"]}


def stackset(name: str, targets: Json, regions: tuple[str, ...] = REGIONS, **given: object) -> Json:
    properties = {
        "StackSetName": name,
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "CallAs": "DELEGATED_ADMIN",
        "ManagedExecution": {"Active": True},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "StackInstancesGroup": [{"DeploymentTargets": targets, "Regions": list(regions)}],
        "TemplateBody": TEMPLATE,
        "Parameters": [{"ParameterKey": "Name", "ParameterValue": name}],
        **given,
    }
    return {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}}


def queues(aws: EmbeddedAws, name: str) -> set[tuple[str, str, str]]:
    """Account, Region and name of every queue with this prefix."""
    return {
        (account, region, url.rpartition("/")[2])
        for account in IDS
        for region in REGIONS
        for url in aws.client("sqs", account, region).list_queues(QueueNamePrefix=name).get("QueueUrls", [])
    }


@pytest.mark.parametrize(
    ("name", "targets", "regions", "reached"),
    [
        ("root", EVERYBODY, REGIONS, {(account, region) for account in IDS for region in REGIONS}),
        ("unit", {"OrganizationalUnitIds": [WORKLOADS.id]}, (HUB_REGION,), {(id_, HUB_REGION) for id_ in IDS}),
        ("inner", {"OrganizationalUnitIds": [PROD.id]}, (HUB_REGION,), {(id_, HUB_REGION) for id_ in IN_PROD}),
        ("named", {"Accounts": [IDS[1]]}, (HUB_REGION,), {(IDS[1], HUB_REGION)}),
        (
            "without",
            {**EVERYBODY, "Accounts": [IDS[1]], "AccountFilterType": "DIFFERENCE"},
            (HUB_REGION,),
            {(id_, HUB_REGION) for id_ in IDS if id_ != IDS[1]},
        ),
    ],
    ids=["the root", "a unit", "a unit in it", "an account", "all but one"],
)
def test_a_stackset_makes_a_stack_in_each_account_and_region_and_takes_it_away(
    aws: EmbeddedAws, name: str, targets: Json, regions: tuple[str, ...], reached: set[tuple[str, str]]
) -> None:
    assert aws.deploy(f"set-{name}", stackset(name, targets, regions)) == "CREATE_COMPLETE"
    assert queues(aws, name) == {(account, region, name) for account, region in reached}
    aws.client("cloudformation").delete_stack(StackName=f"set-{name}")
    wait_for(lambda: f"set-{name}" not in aws.stacks())
    assert queues(aws, name) == set()


@pytest.fixture(scope="module")
def _bucket(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": HUB_REGION})
    s3.put_object(Bucket="templates", Key="v1/spoke.json", Body=TEMPLATE)


@pytest.mark.usefixtures("_bucket")
@pytest.mark.parametrize(
    "address",
    ["https://templates.s3.eu-west-1.amazonaws.com/v1/spoke.json", "https://s3.amazonaws.com/templates/v1/spoke.json"],
    ids=["bucket in the host", "bucket in the path"],
)
def test_the_template_may_lie_in_s3(aws: EmbeddedAws, address: str) -> None:
    name = f"from-{address[8:10]}"
    resources = stackset(name, {"Accounts": [IDS[0]]}, TemplateURL=address)
    del resources["Set"]["Properties"]["TemplateBody"]
    assert aws.deploy(f"set-{name}", resources) == "CREATE_COMPLETE"
    assert {queue[2] for queue in queues(aws, name)} == {name}


def test_an_update_reaches_every_stack_and_follows_the_regions(aws: EmbeddedAws) -> None:
    assert aws.deploy("set-moving", stackset("moving", {"Accounts": [IDS[0]]}, (REGIONS[0],))) == "CREATE_COMPLETE"
    override = [{"ParameterKey": "Suffix", "ParameterValue": "-2"}]
    moved = stackset("moving", {"Accounts": [IDS[0], IDS[1]]}, (REGIONS[1],))
    moved["Set"]["Properties"]["StackInstancesGroup"][0]["ParameterOverrides"] = override
    assert aws.deploy("set-moving", moved) == "UPDATE_COMPLETE"
    assert queues(aws, "moving") == {(IDS[0], REGIONS[1], "moving-2"), (IDS[1], REGIONS[1], "moving-2")}


def test_an_update_that_changes_nothing_in_the_stacks_is_fine(aws: EmbeddedAws) -> None:
    assert aws.deploy("set-calm", stackset("calm", {"Accounts": [IDS[0]]})) == "CREATE_COMPLETE"
    assert aws.deploy("set-calm", stackset("calm", {"Accounts": [IDS[0]]}, Description="calm")) == "UPDATE_COMPLETE"
    assert len(queues(aws, "calm")) == 2


def test_an_instance_that_fails_fails_the_stackset_with_its_reason_and_leaves_nothing(aws: EmbeddedAws) -> None:
    assert aws.deploy("in-the-way", TAKEN, IDS[2], HUB_REGION) == "CREATE_COMPLETE"
    failing = stackset("failing", EVERYBODY, (HUB_REGION,), TemplateBody=BROKEN, Parameters=[])
    status = aws.deploy("set-failing", failing)
    assert status.startswith("ROLLBACK_COMPLETE")
    assert f"{IDS[2]}/{HUB_REGION} ended in ROLLBACK_COMPLETE: EventBus already exists: taken" in status
    names = [bus["Name"] for bus in aws.client("events", IDS[0]).list_event_buses()["EventBuses"]]
    assert names == ["default"]


@pytest.mark.parametrize(("tolerance", "final"), [(100, "CREATE_COMPLETE"), (25, "CREATE_COMPLETE"), (24, "ROLLBACK")])
def test_failures_within_the_tolerance_rounded_down_stop_nobody_and_are_made_good_by_the_next_operation(
    aws: EmbeddedAws, tolerance: int, final: str
) -> None:
    assert len(IDS) == 4  # so that one of them is a quarter
    name = f"bearing-{tolerance}"
    taken = {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}}}
    assert aws.deploy(f"in-the-way-{name}", taken, IDS[2], HUB_REGION) == "CREATE_COMPLETE"
    preferences = {"FailureTolerancePercentage": tolerance}
    given = {"TemplateBody": json.dumps({"Resources": taken}), "Parameters": [], "OperationPreferences": preferences}
    assert aws.deploy(f"set-{name}", stackset(name, EVERYBODY, (HUB_REGION,), **given)).startswith(final)
    made = {id_ for id_ in IDS if f"StackSet-{name}" in aws.stacks(id_, HUB_REGION)}
    assert made == (set(IDS) - {IDS[2]} if final == "CREATE_COMPLETE" else set())
    if made:
        assert any("OUTDATED" in told and f"{IDS[2]}/{HUB_REGION}" in told for told in aws.refusals())
        aws.client("cloudformation", IDS[2]).delete_stack(StackName=f"in-the-way-{name}")
        wait_for(lambda: f"in-the-way-{name}" not in aws.stacks(IDS[2], HUB_REGION))
        again = stackset(name, EVERYBODY, (HUB_REGION,), **given, Description="again")
        assert aws.deploy(f"set-{name}", again) == "UPDATE_COMPLETE"
        assert f"StackSet-{name}" in aws.stacks(IDS[2], HUB_REGION)


def test_an_unknown_unit_is_refused(aws: EmbeddedAws) -> None:
    assert "The organization has no unit ou-else" in aws.deploy(
        "set-lost", stackset("lost", {"OrganizationalUnitIds": ["ou-else"]})
    )
