"""Events: what the members send is what the hub lets in and takes, and no event vanishes on the way."""

from typing import Any

from tests.templates.deploying import Stack
from tests.templates.examining import Request, allows
from tests.templates.world import MEMBER, ORGANIZATION, World

STATE = ("aws.ecs", "ECS Container Instance State Change")
HEALTH = ("aws.ecs", "ECS Container Instance Health Change")
DRILL = ("coastguard.drill", "Coastguard Drill")


def members_send_what_the_hub_understands(world: World) -> list[str]:
    """Three rules, one for each kind of event, and only the disconnected agents of the first kind."""
    patterns = [rule.properties["EventPattern"] for rule in world.rules.of_type("Events::Rule")]
    wanted: list[dict[str, Any]] = [
        {"source": [STATE[0]], "detail-type": [STATE[1]], "detail": {"agentConnected": [False]}},
        {"source": [HEALTH[0]], "detail-type": [HEALTH[1]]},
        {"source": [DRILL[0]], "detail-type": [DRILL[1]]},
    ]
    missing = [f"No rule sends {pattern}." for pattern in wanted if pattern not in patterns]
    return missing + [f"A rule sends {pattern}." for pattern in patterns if pattern not in wanted]


def members_send_to_the_hubs_bus(world: World) -> list[str]:
    """Each rule's target is the hub's bus, through the forwarder, with a dead-letter queue, the event untouched."""
    wanted = {
        "Arn": world.hub.outputs["BusArn"],
        "RoleArn": world.roles.outputs["ForwarderArn"],
        "DeadLetterConfig": {"Arn": world.rules.named("SQS::Queue", "coastguard-undelivered").arn},
    }
    faults = []
    for rule in world.rules.of_type("Events::Rule"):
        for target in rule.properties["Targets"]:
            given = {key: value for key, value in target.items() if key != "Id"}
            if given != wanted:
                faults.append(f"{rule.name} sends as {given}.")
        if rule.properties.get("State") != world.rules.parameters["RulesState"]:
            faults.append(f"{rule.name} does not heed RulesState.")
    return faults


def the_forwarder_knows_each_rule(world: World) -> list[str]:
    """EventBridge may take the forwarder for every rule there is: a rule renamed would send nothing, silently."""
    trust = world.roles.named("IAM::Role", "coastguard-forwarder").properties["AssumeRolePolicyDocument"]
    return [
        f"EventBridge may not use the forwarder for {rule.name}."
        for rule in world.rules.of_type("Events::Rule")
        if not allows(
            trust,
            Request(
                "sts:AssumeRole",
                principal="events.amazonaws.com",
                keys={"aws:SourceAccount": MEMBER, "aws:SourceArn": rule.arn},
            ),
        )
    ]


def the_bus_lets_in_our_forwarders_alone(world: World) -> list[str]:
    """Forwarders of this organization, with events of the kinds that Coastguard understands, each and every one."""
    forwarder = world.roles.outputs["ForwarderArn"]
    other = f"arn:aws:iam::{MEMBER}:role/somebody"
    one = [((source,), (kind,)) for source, kind in (STATE, HEALTH, DRILL)]
    cases: list[tuple[str, bool, str, str, tuple[str, ...], tuple[str, ...]]] = [
        *(("our forwarder", True, forwarder, ORGANIZATION, sources, kinds) for sources, kinds in one),
        ("two at once", True, forwarder, ORGANIZATION, (STATE[0], DRILL[0]), (STATE[1], DRILL[1])),
        ("another role", False, other, ORGANIZATION, *one[0]),
        ("a stranger's forwarder", False, forwarder.replace(MEMBER, "555566667777"), "o-somebodyelse", *one[0]),
        ("a foreign source", False, forwarder, ORGANIZATION, ("aws.ec2",), (STATE[1],)),
        ("a foreign kind", False, forwarder, ORGANIZATION, (STATE[0],), ("ECS Task State Change",)),
        ("a foreign one among ours", False, forwarder, ORGANIZATION, (STATE[0], "aws.ec2"), (STATE[1],)),
        ("a foreign kind among ours", False, forwarder, ORGANIZATION, (STATE[0],), (STATE[1], "other")),
        ("no source told", False, forwarder, ORGANIZATION, (), (STATE[1],)),
        ("no kind told", False, forwarder, ORGANIZATION, (STATE[0],), ()),
    ]
    faults = []
    for who, wanted, principal, organization, sources, kinds in cases:
        keys: dict[str, str | tuple[str, ...]] = {"aws:PrincipalArn": principal, "aws:PrincipalOrgID": organization}
        keys |= {"events:source": sources} if sources else {}
        keys |= {"events:detail-type": kinds} if kinds else {}
        request = Request("events:PutEvents", world.hub.outputs["BusArn"], principal, keys)
        if any(allows(policy, request) for policy in _bus_policies(world.hub)) is not wanted:
            faults.append(f"The bus {'refuses' if wanted else 'lets in'}: {who}, {sources}, {kinds}.")
    return faults


def the_bus_allows_nothing_but_events(world: World) -> list[str]:
    """Nobody outside may make rules on the bus or read it."""
    forwarder = world.roles.outputs["ForwarderArn"]
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:PrincipalArn": forwarder,
        "aws:PrincipalOrgID": ORGANIZATION,
        "events:source": (STATE[0],),
        "events:detail-type": (STATE[1],),
    }
    bus = world.hub.outputs["BusArn"]
    return [
        f"The bus lets forwarders {action}."
        for action in ("events:PutRule", "events:PutTargets", "events:DescribeEventBus")
        if any(allows(policy, Request(action, bus, forwarder, keys)) for policy in _bus_policies(world.hub))
    ]


def the_hub_takes_all_that_comes(world: World) -> list[str]:
    """The one rule on the bus sends every kind, untouched, into the delay queue, and keeps what cannot go there."""
    rules = [
        rule for rule in world.hub.of_type("Events::Rule") if rule.properties.get("EventBusName") == world.wishes.bus
    ]
    wanted_target = {
        "Arn": world.hub.named("SQS::Queue", "coastguard-delay").arn,
        "DeadLetterConfig": {"Arn": world.hub.named("SQS::Queue", "coastguard-delay-dead").arn},
    }
    faults = [] if len(rules) == 1 else [f"{len(rules)} rules stand on the bus."]
    for rule in rules:
        pattern = {key: set(values) for key, values in rule.properties["EventPattern"].items()}
        if pattern != {"source": {STATE[0], DRILL[0]}, "detail-type": {STATE[1], HEALTH[1], DRILL[1]}}:
            faults.append(f"{rule.name} takes {pattern}.")
        if [{key: value for key, value in target.items() if key != "Id"} for target in rule.properties["Targets"]] != [
            wanted_target
        ]:
            faults.append(f"{rule.name} sends to {rule.properties['Targets']}.")
        if rule.properties.get("State") != "ENABLED":
            faults.append(f"{rule.name} is not enabled.")
    return faults


CHECKS = (
    members_send_what_the_hub_understands,
    members_send_to_the_hubs_bus,
    the_forwarder_knows_each_rule,
    the_bus_lets_in_our_forwarders_alone,
    the_bus_allows_nothing_but_events,
    the_hub_takes_all_that_comes,
)


def _bus_policies(hub: Stack) -> list[dict[str, Any]]:
    """Return the statements on our bus; one put on another bus by mistake protects nothing."""
    return [
        policy.properties["Statement"]
        for policy in hub.of_type("Events::EventBusPolicy")
        if policy.properties["EventBusName"] == hub.parameters["BusName"]
    ]
