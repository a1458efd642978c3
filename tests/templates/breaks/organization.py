"""Breaks that `checks.organization` has to notice."""

from tests.templates.breaking import Break, organization

_ROLES_SET, _RULES_SET = "Resources.SpokeRoles.Properties", "Resources.SpokeRules.Properties"

BREAKS = (
    organization("a parameter is not handed on", "stacksets_hand_on_every_parameter", f"{_RULES_SET}.Parameters.3"),
    organization(
        "a parameter is mixed up",
        "stacksets_hand_on_every_parameter",
        f"{_ROLES_SET}.Parameters.3.ParameterValue",
        {"Ref": "RolePath"},
    ),
    Break("a new parameter is not handed on", "stacksets_hand_on_every_parameter", "roles", "Parameters.HubRegion"),
    organization(
        "accounts that join are left out", "stacksets_reach_all_accounts", f"{_RULES_SET}.AutoDeployment.Enabled", False
    ),
    organization(
        "accounts that leave keep the roles",
        "stacksets_reach_all_accounts",
        f"{_ROLES_SET}.AutoDeployment.RetainStacksOnAccountRemoval",
        True,
    ),
    organization(
        "roles go to every Region",
        "stacksets_reach_all_accounts",
        f"{_ROLES_SET}.StackInstancesGroup.0.Regions",
        {"Ref": "RulesRegions"},
    ),
    organization("roles are not acknowledged", "stacksets_reach_all_accounts", f"{_ROLES_SET}.Capabilities"),
    organization("delegated administrators cannot", "stacksets_reach_all_accounts", f"{_RULES_SET}.CallAs"),
    organization(
        "the templates are mixed up",
        "stacksets_reach_all_accounts",
        f"{_RULES_SET}.TemplateURL",
        {"Ref": "RolesTemplateUrl"},
    ),
    organization("operations block each other", "stacksets_reach_all_accounts", f"{_ROLES_SET}.ManagedExecution"),
    organization("rules do not wait for roles", "roles_come_before_rules", f"{_RULES_SET}.AutoDeployment.DependsOn"),
    organization(
        "rules wait for an id that is no ARN",
        "roles_come_before_rules",
        f"{_RULES_SET}.AutoDeployment.DependsOn.0",
        {"Ref": "SpokeRoles"},
    ),
    organization(
        "rules wait for a StackSet of the wrong account",
        "roles_come_before_rules",
        f"{_RULES_SET}.AutoDeployment.DependsOn.0",
        {"Fn::Sub": "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stackset/${SpokeRoles}"},
    ),
    organization(
        "one failure stops all",
        "one_odd_account_stops_nobody",
        f"{_RULES_SET}.OperationPreferences.FailureTolerancePercentage",
    ),
    Break(
        "a pattern differs",
        "the_same_parameter_is_the_same_everywhere",
        "rules",
        "Parameters.HubRegion.AllowedPattern",
        "^.+$",
    ),
    Break(
        "a default differs", "the_same_parameter_is_the_same_everywhere", "hub", "Parameters.BusName.Default", "coast"
    ),
    organization("the management account may be forgotten", "the_management_account_must_be_named", "Rules"),
)
