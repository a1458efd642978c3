"""Breaks that `checks.events` has to notice."""

from tests.templates.breaking import hub, rules

_BUS = "BusPolicy.Properties.Statement"

BREAKS = (
    rules(
        "one kind is not sent",
        "members_send_what_the_hub_understands",
        "HealthRule.Properties.EventPattern.source.0",
        "aws.ec2",
    ),
    rules(
        "every task start is sent", "members_send_what_the_hub_understands", "AgentRule.Properties.EventPattern.detail"
    ),
    rules(
        "drills are misspelt",
        "members_send_what_the_hub_understands",
        "DrillRule.Properties.EventPattern.detail-type.0",
        "Drill",
    ),
    *(
        rules(f"a target has no {key}", "members_send_to_the_hubs_bus", f"AgentRule.Properties.Targets.0.{key}")
        for key in ("RoleArn", "DeadLetterConfig")
    ),
    rules("a target changes the event", "members_send_to_the_hubs_bus", "DrillRule.Properties.Targets.0.Input", "{}"),
    rules("a rule cannot be switched off", "members_send_to_the_hubs_bus", "HealthRule.Properties.State"),
    rules(
        "a target forgets the roles' path",
        "members_send_to_the_hubs_bus",
        "AgentRule.Properties.Targets.0.RoleArn",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/coastguard-forwarder"},
    ),
    rules("a rule has another name", "the_forwarder_knows_each_rule", "DrillRule.Properties.Name", "drill"),
    *(
        hub(
            f"the bus lets in without {operator}",
            "the_bus_lets_in_our_forwarders_alone",
            f"{_BUS}.Condition.{operator}",
        )
        for operator in ("StringEquals", "ArnLike", "ForAllValues:StringEquals", "Null")
    ),
    *(
        hub(
            f"the bus lets in without a guard on {key}",
            "the_bus_lets_in_our_forwarders_alone",
            f"{_BUS}.Condition.Null.{key}",
        )
        for key in ("events:source", "events:detail-type")
    ),
    hub(
        "plain StringEquals on a key of several values",
        "the_bus_lets_in_our_forwarders_alone",
        f"{_BUS}.Condition",
        {
            "StringEquals": {
                "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
                "events:source": ["aws.ecs", "coastguard.drill"],
                "events:detail-type": [
                    "ECS Container Instance State Change",
                    "ECS Container Instance Health Change",
                    "Coastguard Drill",
                ],
            },
            "ArnLike": {
                "aws:PrincipalArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role${SpokeRolePath}coastguard-forwarder"}
            },
        },
    ),
    hub(
        "drills are refused",
        "the_bus_lets_in_our_forwarders_alone",
        f"{_BUS}.Condition.ForAllValues:StringEquals.events:source.1",
    ),
    hub(
        "the policy stands on another bus",
        "the_bus_lets_in_our_forwarders_alone",
        "BusPolicy.Properties.EventBusName",
        "default",
    ),
    hub("forwarders may do anything", "the_bus_allows_nothing_but_events", f"{_BUS}.Action", "events:*"),
    hub("the hub ignores drills", "the_hub_takes_all_that_comes", "HintsRule.Properties.EventPattern.source.1"),
    hub(
        "the hub's rule has no dead-letter queue",
        "the_hub_takes_all_that_comes",
        "HintsRule.Properties.Targets.0.DeadLetterConfig",
    ),
    hub(
        "the hub's rule changes events",
        "the_hub_takes_all_that_comes",
        "HintsRule.Properties.Targets.0.InputPath",
        "$.detail",
    ),
    hub(
        "the hub's rule stands on the default bus", "the_hub_takes_all_that_comes", "HintsRule.Properties.EventBusName"
    ),
    hub("the hub's rule is off", "the_hub_takes_all_that_comes", "HintsRule.Properties.State", "DISABLED"),
)
