"""Breaks that `checks.member_roles` has to notice."""

from tests.templates.breaking import allow, hub, roles

_INGEST = "IngestRole.Properties.Policies.0.PolicyDocument.Statement"
_FRONT = "FrontRole.Properties.Policies.0.PolicyDocument.Statement"
_REPAIR = "Remediator.Properties.Policies.0.PolicyDocument.Statement"
_FORWARD = "Forwarder.Properties.Policies.0.PolicyDocument.Statement"

BREAKS = (
    roles(
        "the reader may read everything",
        "permissions_stand_in_their_roles",
        "Reader.Properties.ManagedPolicyArns",
        ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    ),
    hub(
        "a policy is attached from outside",
        "permissions_stand_in_their_roles",
        "FrontMore",
        {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "more", "Roles": [{"Ref": "FrontRole"}]}},
    ),
    roles(
        "the reader lacks a permission",
        "roles_hold_what_the_code_declares",
        "Reader.Properties.Policies.0.PolicyDocument.Statement.0",
    ),
    roles(
        "the reader may more",
        "roles_hold_what_the_code_declares",
        "Reader.Properties.Policies.0.PolicyDocument.Statement.3.Action.0",
        "ec2:DescribeVpcs",
    ),
    roles("the remediator lacks a permission", "roles_hold_what_the_code_declares", f"{_REPAIR}.4"),
    roles(
        "the remediator may reboot", "roles_hold_what_the_code_declares", f"{_REPAIR}.+", allow("ec2:RebootInstances")
    ),
    roles("any command may be run", "repairs_reach_only_what_they_are_for", f"{_REPAIR}.8.Resource.0", "*"),
    roles("no command reaches a host", "repairs_reach_only_what_they_are_for", f"{_REPAIR}.8.Resource.1"),
    *(
        roles(
            f"the reader trusts without {operator}",
            "the_reader_serves_look_and_sweep_alone",
            f"Reader.Properties.AssumeRolePolicyDocument.Statement.0.Condition.{operator}",
        )
        for operator in ("StringEquals", "ArnEquals")
    ),
    roles(
        "the reader trusts any account",
        "the_reader_serves_look_and_sweep_alone",
        "Reader.Properties.AssumeRolePolicyDocument.Statement.0",
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}},
        },
    ),
    roles(
        "the reader trusts act",
        "the_reader_serves_look_and_sweep_alone",
        "Reader.Properties.AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals.aws:PrincipalArn",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::${HubAccountId}:role${HubRolePath}coastguard-hub-act"},
    ),
    roles(
        "the reader's trust forgets the hub's path",
        "the_reader_serves_look_and_sweep_alone",
        "Reader.Properties.AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals.aws:PrincipalArn",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::${HubAccountId}:role/coastguard-hub-look"},
    ),
    *(
        roles(
            f"the remediator's statement {number} trusts without {operator}",
            "the_remediator_serves_act_for_a_person",
            f"Remediator.Properties.AssumeRolePolicyDocument.Statement.{number}.Condition.{operator}",
        )
        for number in (0, 1)
        for operator in ("StringEquals", "ArnEquals", "StringLike")
    ),
    roles(
        "the remediator cannot be told the person",
        "the_remediator_serves_act_for_a_person",
        "Remediator.Properties.AssumeRolePolicyDocument.Statement.1",
    ),
    *(
        roles(
            f"the forwarder trusts without {operator}",
            "the_forwarder_serves_our_rules",
            f"Forwarder.Properties.AssumeRolePolicyDocument.Statement.0.Condition.{operator}",
        )
        for operator in ("StringEquals", "ArnLike")
    ),
    roles("the forwarder puts events anywhere", "the_forwarder_serves_our_rules", f"{_FORWARD}.0.Resource", "*"),
    roles("the forwarder puts no events", "the_forwarder_serves_our_rules", f"{_FORWARD}.0.Action", "events:PutRule"),
    roles(
        "any host may be terminated past its group", "repairs_reach_only_what_they_are_for", f"{_REPAIR}.5.Condition"
    ),
    roles(
        "no host may be terminated",
        "repairs_reach_only_what_they_are_for",
        f"{_REPAIR}.5.Condition.Null",
        {"aws:ResourceTag/aws:autoscaling:groupName": "false"},
    ),
    roles("registrations of any account", "repairs_reach_only_what_they_are_for", f"{_REPAIR}.7.Resource", "*"),
    roles("any cluster anywhere", "repairs_reach_only_what_they_are_for", f"{_REPAIR}.3.Resource", "*"),
    roles(
        "groups are misspelt",
        "repairs_reach_only_what_they_are_for",
        f"{_REPAIR}.4.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:autoscaling:*:${AWS::AccountId}:autoScalingGroupName/*"},
    ),
    hub("a wildcard action", "actions_are_named_one_by_one", f"{_INGEST}.2.Action", "sqs:*"),
    hub("a wildcard resource", "actions_are_named_one_by_one", f"{_FRONT}.1.Resource", "*"),
    roles(
        "every action but one",
        "actions_are_named_one_by_one",
        f"{_REPAIR}.0",
        {"Effect": "Allow", "NotAction": "iam:*", "Action": [], "Resource": "arn"},
    ),
)
