"""The two StackSets: every account of the chosen units, roles once, rules in every Region, and in this order."""

from typing import Any

from tests.templates.deploying import Stack
from tests.templates.world import HUB, HUB_REGION, MANAGEMENT, ORGANIZATION, World

STACKSETS = {"roles": "coastguard-spoke-roles", "rules": "coastguard-spoke-rules"}


def stacksets_hand_on_every_parameter(world: World) -> list[str]:
    """Each parameter of a spoke template is handed on, once, with the value that the hub has to be deployed with."""
    faults = []
    agreed = {
        "HubAccountId": HUB,
        "HubRegion": HUB_REGION,
        "OrganizationId": ORGANIZATION,
        "HubRolePath": world.wishes.hub_path,
        "BusName": world.wishes.bus,
        "RolePath": world.wishes.spoke_path,
        "PermissionsBoundaryArn": world.wishes.spoke_boundary,
        "PermissionsBoundaryName": world.wishes.spoke_boundary_name,
        "RulesState": "ENABLED",
    }
    for which, name in STACKSETS.items():
        pairs = [
            (item["ParameterKey"], item["ParameterValue"]) for item in _stackset(world.organization, name)["Parameters"]
        ]
        wanted = sorted((key, agreed[key]) for key in world.templates[which]["Parameters"])
        if sorted(pairs) != wanted:
            faults.append(f"{name} hands on {sorted(pairs)}, not {wanted}.")
    return faults


def stacksets_reach_all_accounts(world: World) -> list[str]:
    """Every account of the units, those that join later too; those that leave keep nothing. Roles go to one Region."""
    organization = world.organization
    regions = {"roles": [organization.parameters["RolesRegion"]], "rules": organization.parameters["RulesRegions"]}
    faults = []
    for which, name in STACKSETS.items():
        properties = _stackset(organization, name)
        automatic = properties.get("AutoDeployment", {})
        wanted: dict[str, Any] = {
            "PermissionModel": "SERVICE_MANAGED",
            "CallAs": world.wishes.call_as,
            "ManagedExecution": {"Active": True},
            "TemplateURL": f"https://code.s3.amazonaws.com/spoke-{which}.yaml",
            "StackInstancesGroup": [
                {
                    "DeploymentTargets": {"OrganizationalUnitIds": ["ou-ab12-34cd56ef", "ou-ab12-78ab90cd"]},
                    "Regions": regions[which],
                }
            ],
            # Named roles have to be acknowledged; the rules make none, so nothing is acknowledged for them.
            "Capabilities": ["CAPABILITY_NAMED_IAM"] if which == "roles" else None,
        }
        faults += [
            f"{name} has {key} {properties.get(key)}." for key, value in wanted.items() if properties.get(key) != value
        ]
        if (automatic.get("Enabled"), automatic.get("RetainStacksOnAccountRemoval")) != (True, False):
            faults.append(f"{name} deploys itself as {automatic}.")
    return faults


def roles_come_before_rules(world: World) -> list[str]:
    """EventBridge is to find the role that a rule names: at this deployment, and in each account that joins later."""
    rules = _stackset(world.organization, STACKSETS["rules"])
    owner = MANAGEMENT  # also of what a delegated administrator makes
    stackset_id = world.organization.outputs["SpokeRolesStackSetId"]
    wanted = [f"arn:aws:cloudformation:{HUB_REGION}:{owner}:stackset/{stackset_id}"]
    given = rules.get("AutoDeployment", {}).get("DependsOn")
    faults = [] if given == wanted else [f"The rules' StackSet depends on {given}, not on {wanted}."]
    if "DependsOn" in _stackset(world.organization, STACKSETS["roles"]).get("AutoDeployment", {}):
        faults.append("The roles' StackSet waits for another.")
    return faults


def one_odd_account_stops_nobody(world: World) -> list[str]:
    """Many accounts at a time, and no failure stops the rest: smaller tolerances are rounded down to none."""
    wanted = {
        "MaxConcurrentPercentage": 50,
        "FailureTolerancePercentage": 100,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        "RegionConcurrencyType": "PARALLEL",
    }
    return [
        f"{name} is rolled out as {given}."
        for name in STACKSETS.values()
        if (given := _stackset(world.organization, name).get("OperationPreferences")) != wanted
    ]


def the_same_parameter_is_the_same_everywhere(world: World) -> list[str]:
    """A value that one template takes, the others that are handed it take too, with the same default."""
    organization = world.templates["organization"]["Parameters"]
    faults = [
        f"{name} has another {key} in spoke-{which}.yaml than in organization.yaml."
        for which in STACKSETS
        for name, shape in world.templates[which]["Parameters"].items()
        for key in ("Type", "AllowedPattern", "AllowedValues", "Default")
        if shape.get(key) != organization[name].get(key)
    ]
    hub = world.templates["hub"]["Parameters"]
    pairs = {
        "OrganizationId": "OrganizationId",
        "BusName": "BusName",
        "RolePath": "HubRolePath",
        "SpokeRolePath": "RolePath",
    }
    return faults + [
        f"{ours} of hub.yaml has another {key} than {theirs} of organization.yaml."
        for ours, theirs in pairs.items()
        for key in ("Type", "AllowedPattern", "Default")
        if hub[ours].get(key) != organization[theirs].get(key)
    ]


def the_management_account_must_be_named(world: World) -> list[str]:
    """A delegated administrator who forgets it is told so before anything is made."""
    rule = world.templates["organization"].get("Rules", {}).get("ManagementAccountIsKnown", {})
    wanted = (
        {"Fn::Equals": [{"Ref": "CallAs"}, "DELEGATED_ADMIN"]},
        [{"Fn::Not": [{"Fn::Equals": [{"Ref": "ManagementAccountId"}, ""]}]}],
    )
    given = (rule.get("RuleCondition"), [assertion["Assert"] for assertion in rule.get("Assertions", [])])
    return [] if given == wanted else ["DELEGATED_ADMIN does not ask for ManagementAccountId."]


CHECKS = (
    stacksets_hand_on_every_parameter,
    stacksets_reach_all_accounts,
    roles_come_before_rules,
    one_odd_account_stops_nobody,
    the_same_parameter_is_the_same_everywhere,
    the_management_account_must_be_named,
)


def _stackset(organization: Stack, name: str) -> dict[str, Any]:
    return organization.named("CloudFormation::StackSet", f"{name}:11112222-3333-4444-5555-666677778888").properties
