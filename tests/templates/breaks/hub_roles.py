"""Breaks that `checks.hub_roles` has to notice."""

from tests.templates.breaking import allow, attribute, hub, roles

_INGEST = "IngestRole.Properties.Policies.0.PolicyDocument.Statement"
_LOOK = "LookRole.Properties.Policies.0.PolicyDocument.Statement"
_SWEEP = "SweepRole.Properties.Policies.0.PolicyDocument.Statement"
_FRONT = "FrontRole.Properties.Policies.0.PolicyDocument.Statement"
_POLICY = "ReadThePolicy.Properties.PolicyDocument.Statement"
_ACT = "ActRole.Properties.Policies.0.PolicyDocument.Statement"

BREAKS = (
    hub("ingest cannot pass on", "roles_may_do_what_was_agreed", f"{_INGEST}.2"),
    hub(
        "front reads the table",
        "roles_may_do_what_was_agreed",
        f"{_FRONT}.+",
        allow("dynamodb:GetItem", attribute("Table")),
    ),
    hub("look deletes", "roles_may_do_what_was_agreed", f"{_LOOK}.3.Action.0", "dynamodb:DeleteItem"),
    hub("act writes another's log", "roles_may_do_what_was_agreed", f"{_ACT}.0.Resource", attribute("LookLogs")),
    hub(
        "act cannot begin on condition that nobody has stopped it",
        "roles_may_do_what_was_agreed",
        f"{_ACT}.3.Action.0",
        "dynamodb:GetItem",
    ),
    hub("act reads every secret", "roles_may_do_what_was_agreed", f"{_ACT}.5.Resource", "*"),
    hub("act reads no index", "roles_may_do_what_was_agreed", f"{_ACT}.4"),
    hub(
        "the policy is any parameter",
        "roles_may_do_what_was_agreed",
        f"{_POLICY}.1.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*"},
    ),
    hub(
        "the policy is any object",
        "roles_may_do_what_was_agreed",
        f"{_POLICY}.0.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::house-rules/*"},
    ),
    hub("the policy's object is written", "roles_may_do_what_was_agreed", f"{_POLICY}.0.Action", "s3:PutObject"),
    hub("act cannot read the policy", "roles_may_do_what_was_agreed", "ReadThePolicy.Properties.Roles.3"),
    hub(
        "ingest reads the policy",
        "roles_may_do_what_was_agreed",
        "ReadThePolicy.Properties.Roles.+",
        {"Ref": "IngestRole"},
    ),
    hub("the policy is read with a key only", "roles_may_do_what_was_agreed", "ReadThePolicy.Condition", "HasKey"),
    hub("ingest cannot take", "queues_let_their_functions_take", f"{_INGEST}.1.Action.1"),
    hub("look cannot shorten visibility", "queues_let_their_functions_take", f"{_LOOK}.1.Action.2"),
    hub("front uses the reader", "the_members_roles_are_kept_apart", f"{_FRONT}.+", allow("sts:AssumeRole")),
    hub(
        "look uses the remediator",
        "the_members_roles_are_kept_apart",
        f"{_LOOK}.8.Resource",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role${SpokeRolePath}coastguard-*"},
    ),
    hub("look changes any row in place", "only_budgets_are_changed_in_place", f"{_LOOK}.5.Condition"),
    hub("sweep writes any row", "sweep_keeps_to_its_own_rows", f"{_SWEEP}.2.Condition"),
    hub("look tells topics of other accounts", "roles_may_do_what_was_agreed", f"{_LOOK}.7.Resource", "*"),
    hub("sweep writes mutes", "sweep_keeps_to_its_own_rows", f"{_SWEEP}.3.Action", "dynamodb:*"),
    hub("sweep cannot read mutes", "sweep_keeps_to_its_own_rows", f"{_SWEEP}.3"),
    hub(
        "sweep keeps no accounts",
        "sweep_keeps_to_its_own_rows",
        f"{_SWEEP}.2.Condition.ForAllValues:StringEquals.dynamodb:LeadingKeys",
        "seen",
    ),
    hub(
        "sweep cannot read tags",
        "the_organization_is_read_as_the_code_does",
        f"{_SWEEP}.7.Action",
        "organizations:ListParents",
    ),
    hub(
        "look reads the organization",
        "the_organization_is_read_as_the_code_does",
        f"{_LOOK}.+",
        allow("organizations:ListAccounts"),
    ),
    hub("sweep reads any organization", "roles_may_do_what_was_agreed", f"{_SWEEP}.7.Resource", "*"),
    hub("act cannot name the person", "the_members_roles_are_kept_apart", f"{_ACT}.7"),
    hub("act uses any role", "the_members_roles_are_kept_apart", f"{_ACT}.6.Resource", "*"),
    hub(
        "act names the person in the same statement",
        "naming_a_person_is_a_statement_of_its_own",
        f"{_ACT}.7.Action",
        ["sts:AssumeRole", "sts:SetSourceIdentity"],
    ),
    roles(
        "the remediator is named in the same statement",
        "naming_a_person_is_a_statement_of_its_own",
        "Remediator.Properties.AssumeRolePolicyDocument.Statement.1.Action",
        ["sts:AssumeRole", "sts:SetSourceIdentity"],
    ),
    hub(
        "anybody uses front's role",
        "only_lambda_uses_the_hubs_roles",
        "FrontRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal",
        {"AWS": "*"},
    ),
    hub(
        "the account uses act's role",
        "only_lambda_uses_the_hubs_roles",
        "ActRole.Properties.AssumeRolePolicyDocument.Statement.+",
        {
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
            "Action": "sts:AssumeRole",
        },
    ),
    hub("front cannot decrypt", "the_customers_key_is_usable", f"{_FRONT}.3"),
    hub("look cannot send encrypted", "the_customers_key_is_usable", f"{_LOOK}.9.Fn::If.1.Action.3", "kms:Decrypt"),
    hub(
        "sweep uses the key directly",
        "the_customers_key_is_usable",
        f"{_SWEEP}.9.Fn::If.1.Condition",
    ),
    hub(
        "ingest reads secrets with the key",
        "the_customers_key_is_usable",
        f"{_INGEST}.3.Fn::If.1.Condition.StringLike.kms:ViaService",
        "*.eu-west-1.amazonaws.com",
    ),
    hub("a key without a key", "the_customers_key_is_usable", f"{_FRONT}.+", allow("kms:Decrypt")),
    hub("a topic's key is forgotten", "encrypted_topics_can_be_told", f"{_LOOK}.10"),
    hub(
        "a topic's key is used for anything",
        "encrypted_topics_can_be_told",
        f"{_LOOK}.10.Fn::If.1.Condition",
    ),
    hub(
        "only one of the topics' keys is usable",
        "encrypted_topics_can_be_told",
        f"{_LOOK}.10.Fn::If.1.Resource",
        {"Fn::Select": ["0", {"Ref": "TopicKeyArns"}]},
    ),
    hub("a role ignores the path", "house_rules_for_roles_are_kept", "LookRole.Properties.Path"),
    hub("a role ignores the boundary", "house_rules_for_roles_are_kept", "ActRole.Properties.PermissionsBoundary"),
    hub(
        "a role has another name",
        "house_rules_for_roles_are_kept",
        "ActRole.Properties.RoleName",
        "coastguard-hub-actor",
    ),
    roles(
        "a managed boundary is forgotten",
        "house_rules_for_roles_are_kept",
        "Forwarder.Properties.PermissionsBoundary.Fn::If.2",
        {"Ref": "AWS::NoValue"},
    ),
    roles(
        "a member's role has no fixed name", "house_rules_for_roles_are_kept", "Reader.Properties.RoleName", "reader"
    ),
    roles(
        "a member's role ignores the boundary",
        "house_rules_for_roles_are_kept",
        "Remediator.Properties.PermissionsBoundary",
    ),
)
