"""The members' roles: who may use them, and that they hold exactly what the code declares to need."""

from typing import Any

from spoke.repairs import REMEDIES
from spoke.sightings import READER_PERMISSIONS
from tests.templates.deploying import Stack
from tests.templates.examining import Request, allows, listed, statements
from tests.templates.world import HUB, HUB_REGION, MEMBER, MEMBER_REGION, ORGANIZATION, World

# AWS lets these be narrowed to no resource (service authorization reference), so "*" is all one can write.
NOT_TO_BE_NARROWED = {
    "autoscaling:DescribeAutoScalingInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstances",
    "ecs:ListClusters",
    "organizations:ListAccounts",
    "organizations:ListRoots",
    "ssm:DescribeInstanceInformation",
    "ssm:GetCommandInvocation",
    "ssm:ListCommands",
}

STRANGER = "555566667777"
ASG_TAG = "aws:ResourceTag/aws:autoscaling:groupName"


def roles_hold_what_the_code_declares(world: World) -> list[str]:
    """The reader's and the remediator's actions equal the code's declarations, both ways."""
    declared = {
        "coastguard-reader": set(READER_PERMISSIONS),
        "coastguard-remediator": {action for remedy in REMEDIES.values() for action in remedy.permissions},
    }
    faults = []
    for name, wanted in declared.items():
        given = {action for statement in statements(_policy(world, name)) for action in listed(statement["Action"])}
        faults += [f"{name} lacks {action}, which the code declares." for action in sorted(wanted - given)]
        faults += [f"{name} may {action}, which no code declares." for action in sorted(given - wanted)]
    return faults


def the_reader_serves_look_and_sweep_alone(world: World) -> list[str]:
    """Nobody but the hub's look and sweep, of this organization, may assume the reader."""
    trust = _trust(world, "coastguard-reader")
    look, act = _hub_role(world, "look"), _hub_role(world, "act")
    cases = {
        "the hub's look": (True, look, ORGANIZATION),
        "the hub's sweep": (True, _hub_role(world, "sweep"), ORGANIZATION),
        "the hub's act": (False, act, ORGANIZATION),
        "somebody else in the hub": (False, f"arn:aws:iam::{HUB}:role/admin", ORGANIZATION),
        "a look of another account": (False, look.replace(HUB, STRANGER), ORGANIZATION),
        "the hub after it left the organization": (False, look, "o-somebodyelse"),
    }
    return [
        f"{who} {'may not' if wanted else 'may'} assume the reader."
        for who, (wanted, principal, organization) in cases.items()
        if allows(trust, _asks(world, "coastguard-reader", "sts:AssumeRole", principal, organization)) is not wanted
    ]


def the_remediator_serves_act_for_a_person(world: World) -> list[str]:
    """Nobody but the hub's act, and only in the name of somebody from Slack, may assume the remediator."""
    trust = _trust(world, "coastguard-remediator")
    look, act = _hub_role(world, "look"), _hub_role(world, "act")
    alice = "slack-T0COAST01-U0ALICE01"
    cases = {
        "act for Alice": (True, act, ORGANIZATION, alice),
        "act for nobody": (False, act, ORGANIZATION, ""),
        "act for somebody who is not of Slack": (False, act, ORGANIZATION, "root"),
        "look for Alice": (False, look, ORGANIZATION, alice),
        "somebody else in the hub for Alice": (False, f"arn:aws:iam::{HUB}:role/admin", ORGANIZATION, alice),
        "an act of another account for Alice": (False, act.replace(HUB, STRANGER), ORGANIZATION, alice),
        "act after it left the organization": (False, act, "o-somebodyelse", alice),
    }
    return [
        f"{action} of the remediator by {who}: {'refused' if wanted else 'allowed'}."
        for who, (wanted, principal, organization, person) in cases.items()
        for action in ("sts:AssumeRole", "sts:SetSourceIdentity")
        if allows(trust, _asks(world, "coastguard-remediator", action, principal, organization, person)) is not wanted
    ]


def the_forwarder_serves_our_rules(world: World) -> list[str]:
    """EventBridge may use the forwarder for this account's Coastguard rules, to put events on the hub's bus alone."""
    role = world.roles.named("IAM::Role", "coastguard-forwarder")
    trust, policy = _trust(world, "coastguard-forwarder"), _policy(world, "coastguard-forwarder")
    ours = f"arn:aws:events:{MEMBER_REGION}:{MEMBER}:rule/coastguard-agent"
    cases = {
        "our rule": (True, "events.amazonaws.com", MEMBER, ours),
        "our rule in another Region": (True, "events.amazonaws.com", MEMBER, ours.replace(MEMBER_REGION, "eu-west-1")),
        "another rule here": (False, "events.amazonaws.com", MEMBER, ours.replace("coastguard-agent", "other")),
        "a rule of another account": (False, "events.amazonaws.com", HUB, ours.replace(MEMBER, HUB)),
        "another account in our rule's name": (False, "events.amazonaws.com", HUB, ours),
        "another service": (False, "lambda.amazonaws.com", MEMBER, ours),
    }
    faults = [
        f"EventBridge {'may not' if wanted else 'may'} use the forwarder for {who}."
        for who, (wanted, service, account, rule) in cases.items()
        if allows(
            trust, Request("sts:AssumeRole", role.arn, service, {"aws:SourceAccount": account, "aws:SourceArn": rule})
        )
        is not wanted
    ]
    bus = world.hub.outputs["BusArn"]
    targets = {
        bus: True,
        f"{bus}-2": False,
        bus.replace(HUB, MEMBER): False,
        bus.replace(HUB_REGION, MEMBER_REGION): False,
    }
    faults += [
        f"The forwarder {'may not' if wanted else 'may'} put events on {arn}."
        for arn, wanted in targets.items()
        if allows(policy, Request("events:PutEvents", arn)) is not wanted
    ]
    others = {action for found in statements(policy) for action in listed(found["Action"])} - {"events:PutEvents"}
    return faults + [f"The forwarder may {action}." for action in sorted(others)]


def repairs_reach_only_what_they_are_for(world: World) -> list[str]:
    """What destroys reaches this account's things of the right kind only, through their group if they have one."""
    policy = _policy(world, "coastguard-remediator")
    here = f"{MEMBER_REGION}:{MEMBER}"
    host = f"arn:aws:ec2:{here}:instance/i-0123456789abcdef0"
    group = f"arn:aws:autoscaling:{here}:autoScalingGroup:11112222:autoScalingGroupName/web"
    cluster = f"arn:aws:ecs:{here}:cluster/prod"
    cases: list[tuple[str, str, dict[str, str], bool]] = [
        ("ec2:TerminateInstances", host, {}, True),
        ("ec2:TerminateInstances", host, {ASG_TAG: "web"}, False),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", group, {ASG_TAG: "web"}, True),
        ("ecs:DeregisterContainerInstance", cluster, {}, True),
        ("ecs:ListContainerInstances", cluster, {}, True),
        ("ec2:DescribeInstanceAttribute", host, {}, True),
        ("ssm:SendCommand", f"arn:aws:ssm:{here}:document/coastguard-restart-agent", {}, True),
        ("ssm:SendCommand", f"arn:aws:ssm:{here}:document/somebody-elses", {}, False),
        ("ssm:SendCommand", f"arn:aws:ssm:{MEMBER_REGION}::document/AWS-RunShellScript", {}, False),
        ("ssm:SendCommand", host, {}, True),
        ("ssm:SendCommand", f"arn:aws:ssm:{here}:managed-instance/mi-0123456789abcdef0", {}, True),
        ("ecs:DescribeContainerInstances", f"arn:aws:ecs:{here}:container-instance/0123", {}, True),
        ("ecs:DescribeContainerInstances", f"arn:aws:ecs:{here}:container-instance/prod/0123", {}, True),
    ]
    cases += [(action, arn.replace(MEMBER, STRANGER), keys, False) for action, arn, keys, _ in cases]
    cases += [(action, "*", keys, False) for action, _, keys, _ in cases]
    return [
        f"The remediator {'may not' if wanted else 'may'} {action} on {arn} {keys}."
        for action, arn, keys, wanted in cases
        if allows(policy, Request(action, arn, keys=keys)) is not wanted
    ]


def actions_are_named_one_by_one(world: World) -> list[str]:
    """No Allow in any template says *, and "*" as a resource stands only where AWS offers nothing else."""
    faults = []
    for stack in (world.hub, world.roles, world.rules):
        for where, statement in _allowing(stack):
            actions = listed(statement["Action"])
            faults += [f"{where} allows {action}." for action in actions if "*" in action]
            if "Resource" in statement and any(arn.strip("*") == "" for arn in listed(statement["Resource"])):
                faults += [f"{where} allows {action} on *." for action in actions if action not in NOT_TO_BE_NARROWED]
            faults += [
                f"{where} says {key}." for key in ("NotAction", "NotResource", "NotPrincipal") if key in statement
            ]
    return faults


def permissions_stand_in_their_roles(world: World) -> list[str]:
    """What a role may do stands in the role itself, where the checks see it: nothing managed, nothing attached.

    But for the right to read the policy, which four roles of the hub share: `checks.hub_roles` counts it as theirs.
    """
    faults = []
    for stack in (world.hub, world.roles, world.rules, world.organization):
        for resource in stack.resources.values():
            shared = stack is world.hub and resource.logical_id == "ReadThePolicy"
            if resource.type.startswith("AWS::IAM::") and resource.type != "AWS::IAM::Role" and not shared:
                faults.append(f"{resource.logical_id} is an {resource.type}.")
            if "ManagedPolicyArns" in resource.properties:
                faults.append(f"{resource.logical_id} has managed policies.")
    return faults


CHECKS = (
    roles_hold_what_the_code_declares,
    the_reader_serves_look_and_sweep_alone,
    the_remediator_serves_act_for_a_person,
    the_forwarder_serves_our_rules,
    repairs_reach_only_what_they_are_for,
    actions_are_named_one_by_one,
    permissions_stand_in_their_roles,
)


def _trust(world: World, name: str) -> dict[str, Any]:
    document: dict[str, Any] = world.roles.named("IAM::Role", name).properties["AssumeRolePolicyDocument"]
    return document


def _policy(world: World, name: str) -> dict[str, Any]:
    [policy] = world.roles.named("IAM::Role", name).properties["Policies"]
    document: dict[str, Any] = policy["PolicyDocument"]
    return document


def _hub_role(world: World, function: str) -> str:
    return f"arn:aws:iam::{HUB}:role{world.wishes.hub_path}coastguard-hub-{function}"


def _asks(world: World, role: str, action: str, principal: str, organization: str, person: str = "") -> Request:
    keys = {"aws:PrincipalArn": principal, "aws:PrincipalOrgID": organization}
    if person:
        keys["sts:SourceIdentity"] = person
    return Request(action, world.roles.named("IAM::Role", role).arn, principal, keys)


def _allowing(stack: Stack) -> list[tuple[str, dict[str, Any]]]:
    """Return every Allow statement of a stack, wherever it stands."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(where: str, node: object) -> None:
        if isinstance(node, dict):
            if node.get("Effect") == "Allow":
                found.append((where, node))
            for value in node.values():
                walk(where, value)
        elif isinstance(node, list):
            for value in node:
                walk(where, value)

    for resource in stack.resources.values():
        walk(resource.logical_id, resource.properties)
    return found
