import pytest

from coastguard.local.layout.layouts import DEMO
from coastguard.local.layout.organization import HUB, HUB_REGION
from tests.local_world.embedded_aws import EmbeddedAws, Json

PAYMENTS = DEMO.organization.members[0].id
VIRGINIA = "us-east-1"
BUS = f"arn:aws:events:{HUB_REGION}:{HUB.id}:event-bus/coast"
FORWARDER = f"arn:aws:iam::{PAYMENTS}:role/forwarder"
PUT = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS}


def trust(service: str = "events.amazonaws.com", **condition: object) -> Json:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(name: str, trusted: Json, *statements: Json) -> Json:
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": trusted,
        "Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def queue_for_events(name: str, region: str, account: str) -> Json:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{region}:{account}:{name}",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{region}:{account}:rule/*"}},
    }
    return {
        f"{name}Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}},
        f"{name}Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": f"{name}Queue"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
    }


HUB_STACK = {
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "coast"}},
    "Policy": {
        "Type": "AWS::Events::EventBusPolicy",
        "DependsOn": "Bus",
        "Properties": {
            "EventBusName": {"Ref": "Bus"},
            "StatementId": "members",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": BUS,
                "Condition": {
                    "StringEquals": {"aws:PrincipalOrgID": "o-coastguard1"},
                    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/forwarder"},
                    "ForAllValues:StringEquals": {
                        "events:source": ["aws.ecs", "coastguard.drill"],
                        "events:detail-type": ["ECS Container Instance State Change", "Coastguard Drill"],
                    },
                    "Null": {"events:source": "false", "events:detail-type": "false"},
                },
            },
        },
    },
    **queue_for_events("arrived", HUB_REGION, HUB.id),
    "Rule": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"source": [{"prefix": ""}]},
            "Targets": [{"Id": "arrived", "Arn": {"Fn::GetAtt": ["arrivedQueue", "Arn"]}}],
        },
    },
}


def spoke_stack(**target: object) -> Json:
    bus = {"Id": "hub", "Arn": BUS, "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{VIRGINIA}:{PAYMENTS}:undelivered"}}
    return {
        **queue_for_events("undelivered", VIRGINIA, PAYMENTS),
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": "forward",
                "EventPattern": {"source": [{"prefix": ""}]},
                "Targets": [{**bus, **target}],
            },
        },
    }


UNTRUSTED = {"Untrusted": role("untrusted", trust("lambda.amazonaws.com"), PUT)}
OF_OTHERS = {"StringEquals": {"aws:SourceAccount": DEMO.organization.members[1].id}}
TRUSTED_FOR_OTHERS = {"Others": role("others", trust(Condition=OF_OTHERS), PUT)}
POWERLESS = {"Powerless": role("powerless", trust())}
BOUNDLESS = {"Boundless": role("boundless", trust(), {**PUT, "Resource": "*"})}
UNINVITED = {"Uninvited": role("uninvited", trust(), PUT)}


def drill(aws: EmbeddedAws, mark: str, **event: object) -> None:
    given = {"source": "coastguard.drill", "detail-type": "Coastguard Drill", "detail": {"mark": mark}}
    place = {"account": PAYMENTS, "region": VIRGINIA, "resources": ["a:b"]}
    assert aws.post("events", **{**place, **given, **event}) == {}


@pytest.fixture(autouse=True)
def stacks(aws: EmbeddedAws) -> None:
    """The same stacks for each test, whatever the test before did to them."""
    resources = [("hub", HUB_STACK, HUB.id, HUB_REGION), ("spoke", spoke_stack(RoleArn=FORWARDER), PAYMENTS, VIRGINIA)]
    roles = {"Forwarder": role("forwarder", trust(), PUT)}
    for name, stack, account, region in [("roles", roles, PAYMENTS, HUB_REGION), *resources]:
        try:
            assert aws.deploy(name, stack, account, region).endswith("_COMPLETE")
        except aws.client("cloudformation").exceptions.ClientError as error:
            assert "No updates" in str(error)  # noqa: PT017 - the one answer that is fine
    aws.drain("arrived")
    aws.drain("undelivered", PAYMENTS, VIRGINIA)


def test_an_event_arrives_on_a_bus_of_another_account_and_region_as_its_sender_sent_it(aws: EmbeddedAws) -> None:
    drill(aws, "hello")
    (event,) = aws.drain("arrived")
    assert (event["account"], event["region"]) == (PAYMENTS, VIRGINIA)
    assert (event["source"], event["detail-type"], event["resources"]) == (
        "coastguard.drill",
        "Coastguard Drill",
        ["a:b"],
    )
    assert event["detail"] == {"mark": "hello"}


@pytest.mark.parametrize(
    ("roles", "target", "sentence"),
    [
        ({}, {"RoleArn": f"{FORWARDER}-x"}, f"may not send to {BUS}: there is no {FORWARDER}-x."),
        (UNTRUSTED, {"RoleArn": "untrusted"}, f"role untrusted of {PAYMENTS} does not trust events.amazonaws.com for"),
        (
            TRUSTED_FOR_OTHERS,
            {"RoleArn": "others"},
            f"role others of {PAYMENTS} does not trust events.amazonaws.com for",
        ),
        (POWERLESS, {"RoleArn": "powerless"}, f"role powerless of {PAYMENTS} may not events:PutEvents on {BUS}."),
        (UNINVITED, {"RoleArn": "uninvited"}, f"The policy of {BUS} does not let role uninvited of {PAYMENTS} put"),
        ({}, {"RoleArn": FORWARDER, "Input": "{}"}, f"may not change the event for {BUS}"),
        (BOUNDLESS, {"RoleArn": "boundless", "Arn": f"{BUS}s"}, "there is no such bus."),
    ],
    ids=["role gone", "trusts another", "trusts another account", "may not", "not let in", "input", "no bus"],
)
def test_a_target_that_aws_would_refuse_is_refused_with_a_sentence_and_buried(
    aws: EmbeddedAws, roles: Json, target: Json, sentence: str
) -> None:
    if roles:
        assert aws.deploy(f"roles-{next(iter(roles))}", roles, PAYMENTS) == "CREATE_COMPLETE"
        target = {**target, "RoleArn": f"arn:aws:iam::{PAYMENTS}:role/{target['RoleArn']}"}
    assert aws.deploy("spoke", spoke_stack(**target), PAYMENTS, VIRGINIA) == "UPDATE_COMPLETE"
    drill(aws, "refused")
    assert aws.drain("arrived") == []
    assert sentence in aws.refusals()[-1]
    assert [event["detail"]["mark"] for event in aws.drain("undelivered", PAYMENTS, VIRGINIA)] == ["refused"]


def test_a_target_without_a_role_is_refused(aws: EmbeddedAws) -> None:
    target = {"Id": "hub", "Arn": BUS}
    rule = {"Name": "roleless", "EventPattern": {"source": ["coastguard.drill"]}, "Targets": [target]}
    search = DEMO.organization.members[1].id
    assert (
        aws.deploy("roleless", {"Rule": {"Type": "AWS::Events::Rule", "Properties": rule}}, search) == "CREATE_COMPLETE"
    )
    drill(aws, "no role", account=search, region=HUB_REGION)
    assert aws.drain("arrived") == []
    sentence = f"rule roleless of {search}/{HUB_REGION} may not send to {BUS}: its target names no RoleArn."
    assert aws.refusals()[-1] == sentence


def test_the_bus_policy_is_asked_for_source_and_detail_type(aws: EmbeddedAws) -> None:
    drill(aws, "other type", **{"detail-type": "Something Else"})
    drill(aws, "other source", source="somebody.else")
    assert aws.drain("arrived") == []
    assert aws.refusals()[-1] == (
        f"The policy of {BUS} does not let role forwarder of {PAYMENTS} put 'Coastguard Drill' of somebody.else."
    )
    assert [event["detail"]["mark"] for event in aws.drain("undelivered", PAYMENTS, VIRGINIA)] == [
        "other type",
        "other source",
    ]


def test_a_queue_gets_nothing_from_a_rule_that_its_policy_does_not_name(aws: EmbeddedAws) -> None:
    lonely = {key: value for key, value in HUB_STACK.items() if key != "arrivedPolicy"}
    assert aws.deploy("hub", lonely) == "UPDATE_COMPLETE"
    drill(aws, "nobody let me in")
    assert aws.drain("arrived") == []
    assert "does not let rule" in aws.refusals()[-1]


def test_an_event_makes_no_second_hop(aws: EmbeddedAws) -> None:
    onward = {
        "Second": role("second", trust(), {**PUT, "Resource": "*"}),
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "onward"}},
    }
    assert aws.deploy("onward", onward, HUB.id, VIRGINIA) == "CREATE_COMPLETE"
    events = aws.client("events")
    events.put_rule(Name="onward", EventBusName="coast", EventPattern='{"source": [{"prefix": ""}]}')
    bus = f"arn:aws:events:{VIRGINIA}:{HUB.id}:event-bus/onward"
    second = f"arn:aws:iam::{HUB.id}:role/second"
    events.put_targets(Rule="onward", EventBusName="coast", Targets=[{"Id": "1", "Arn": bus, "RoleArn": second}])
    drill(aws, "far enough")
    assert aws.refusals()[-1].endswith("the event has made its one hop already.")
    events.remove_targets(Rule="onward", EventBusName="coast", Ids=["1"])
    events.delete_rule(Name="onward", EventBusName="coast")


def test_a_statement_that_is_taken_off_the_bus_closes_it(aws: EmbeddedAws) -> None:
    closed = {key: value for key, value in HUB_STACK.items() if key != "Policy"}
    assert aws.deploy("hub", closed) == "UPDATE_COMPLETE"
    drill(aws, "closed")
    assert aws.drain("arrived") == []
    assert "does not let role forwarder" in aws.refusals()[-1]
