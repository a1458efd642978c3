"""Breaks that `checks.shapes` has to notice."""

from tests.templates.breaking import Break, hub, roles, rules

BREAKS = (
    Break("a template says too much of itself", "templates_keep_to_the_quotas", "hub", "Description", "x" * 1_025),
    Break(
        "a parameter says too much of itself",
        "templates_keep_to_the_quotas",
        "organization",
        "Parameters.CallAs.Description",
        "x" * 4_001,
    ),
    Break(
        "a template gives too much",
        "templates_keep_to_the_quotas",
        "roles",
        "Outputs",
        {f"Output{number}": {"Value": "x"} for number in range(201)},
    ),
    Break("a transform", "templates_are_plain", "rules", "Transform", "AWS::LanguageExtensions"),
    roles("a nested stack", "templates_are_plain", "Nested", {"Type": "AWS::CloudFormation::Stack", "Properties": {}}),
    rules(
        "a macro",
        "templates_are_plain",
        "AgentRule.Properties.Description",
        {"Fn::Transform": {"Name": "AWS::Include"}},
    ),
    rules(
        "a role in every Region",
        "only_one_spoke_template_makes_roles",
        "Forwarder",
        {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "coastguard-forwarder"}},
    ),
    Break("a parameter takes anything", "parameters_explain_themselves", "hub", "Parameters.SlackTeam.AllowedPattern"),
    Break(
        "a pattern is not anchored",
        "parameters_explain_themselves",
        "roles",
        "Parameters.HubAccountId.AllowedPattern",
        "[0-9]{12}",
    ),
    Break(
        "a refusal names no remedy",
        "parameters_explain_themselves",
        "organization",
        "Parameters.CallAs.ConstraintDescription",
    ),
    Break(
        "a parameter is not described", "parameters_explain_themselves", "rules", "Parameters.RulesState.Description"
    ),
    Break("a number has no bound", "parameters_explain_themselves", "hub", "Parameters.LookConcurrency.MaxValue"),
    Break(
        "a parameter is not shown",
        "the_console_shows_every_parameter",
        "hub",
        "Metadata.AWS::CloudFormation::Interface.ParameterGroups.0.Parameters.0",
    ),
    Break(
        "a parameter has no label",
        "the_console_shows_every_parameter",
        "roles",
        "Metadata.AWS::CloudFormation::Interface.ParameterLabels.BusName",
    ),
    Break("an output is missing", "templates_and_outputs_are_described", "hub", "Outputs.ApiId"),
    Break(
        "an output is not described", "templates_and_outputs_are_described", "roles", "Outputs.ReaderArn.Description"
    ),
    Break(
        "an output is exported", "templates_and_outputs_are_described", "hub", "Outputs.BusArn.Export", {"Name": "bus"}
    ),
    Break("a template is not described", "templates_and_outputs_are_described", "rules", "Description"),
    hub(
        "a failed creation leaves something",
        "what_a_failed_creation_leaves_is_not_in_the_way",
        "Table.DeletionPolicy",
        "Retain",
    ),
    hub("the table goes with the stack", "the_table_keeps_what_it_is_given", "Table.DeletionPolicy", "Delete"),
    hub(
        "the table cannot be brought back",
        "the_table_keeps_what_it_is_given",
        "Table.Properties.PointInTimeRecoverySpecification",
    ),
    hub(
        "nothing expires", "the_table_keeps_what_it_is_given", "Table.Properties.TimeToLiveSpecification.Enabled", False
    ),
    hub(
        "the table forgets the customer's key", "the_table_keeps_what_it_is_given", "Table.Properties.SSESpecification"
    ),
    hub("the secret forgets the customer's key", "the_secret_is_encrypted_as_wished", "Secret.Properties.KmsKeyId"),
    hub("the secret has a fixed name", "the_secret_is_encrypted_as_wished", "Secret.Properties.Name", "coastguard"),
)
