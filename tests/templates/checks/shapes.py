"""What every template owes the people who deploy it, and CloudFormation."""

from collections.abc import Iterator
from typing import Any

from tests.templates.world import World

# Other parts of Coastguard read these outputs by name.
OUTPUTS = {
    "hub": {
        "ActFunctionName",
        "ActsDeadQueueUrl",
        "ActsQueueUrl",
        "ApiId",
        "BusArn",
        "DelayDeadQueueUrl",
        "DelayQueueUrl",
        "FrontFunctionName",
        "IngestFunctionName",
        "LookFunctionName",
        "LooksDeadQueueUrl",
        "LooksQueueUrl",
        "SecretArn",
        "SlackRequestUrl",
        "SweepFunctionName",
        "TableName",
    },
    "roles": {"ForwarderArn", "ReaderArn", "RemediatorArn"},
    "rules": {"UndeliveredQueueUrl"},
    "organization": {"SpokeRolesStackSetId", "SpokeRulesStackSetId"},
}

# CloudFormation's quotas: how many a template may have, and how long words may be in bytes.
MOST = {"Parameters": 200, "Resources": 500, "Outputs": 200, "Mappings": 200}
LONGEST_OF_A_TEMPLATE, LONGEST_OF_A_PART = 1_024, 4_000


def templates_keep_to_the_quotas(world: World) -> list[str]:
    """No template has more of anything, or longer words, than CloudFormation takes."""
    faults = []
    for name, template in world.templates.items():
        faults += [f"{name} has too many {part}." for part, most in MOST.items() if len(template.get(part, ())) > most]
        if len(template.get("Description", "").encode()) > LONGEST_OF_A_TEMPLATE:
            faults.append(f"{name} is described too long.")
        faults += [
            f"{name}: {one} is described too long."
            for part in ("Parameters", "Outputs")
            for one, shape in template.get(part, {}).items()
            if len(shape.get("Description", "").encode()) > LONGEST_OF_A_PART
        ]
    return faults


def templates_are_plain(world: World) -> list[str]:
    """Service-managed StackSets refuse transforms, macros and nested stacks; a hub without them is as easy to read."""
    faults = []
    for name, template in world.templates.items():
        if "Transform" in template:
            faults.append(f"{name} has a transform.")
        kinds = {raw["Type"] for raw in template["Resources"].values()}
        faults += [
            f"{name} has a {kind}."
            for kind in sorted(kinds)
            if kind == "AWS::CloudFormation::Stack" or kind.startswith(("Custom::", "AWS::CloudFormation::Custom"))
        ]
        faults += [f"{name} calls a macro." for key in _keys(template) if key in {"Fn::Transform", "Fn::ForEach"}]
    return faults


def only_one_spoke_template_makes_roles(world: World) -> list[str]:
    """A role with a fixed name can be made once in an account, and the rules' template goes into many Regions of it."""
    return [
        f"spoke-rules.yaml makes {logical_id}, which fails in the second Region."
        for logical_id, raw in world.templates["rules"]["Resources"].items()
        if raw["Type"].startswith("AWS::IAM::")
    ]


def parameters_explain_themselves(world: World) -> list[str]:
    """Each parameter says what it is, refuses nonsense, and names the remedy when it does."""
    faults = []
    for name, template in world.templates.items():
        for parameter, shape in template["Parameters"].items():
            bounded = "AllowedValues" in shape or {"MinValue", "MaxValue"} <= shape.keys()
            pattern = str(shape.get("AllowedPattern", ""))
            if not bounded and not (pattern.startswith("^") and pattern.endswith("$")):
                faults.append(f"{name}: {parameter} takes anything.")
            faults += [
                f"{name}: {parameter} has no {key}."
                for key in ("Description", "ConstraintDescription")
                if not shape.get(key)
            ]
    return faults


def the_console_shows_every_parameter(world: World) -> list[str]:
    """Each parameter stands in one group and has a label."""
    faults = []
    for name, template in world.templates.items():
        interface = template["Metadata"]["AWS::CloudFormation::Interface"]
        grouped = [parameter for group in interface["ParameterGroups"] for parameter in group["Parameters"]]
        declared = sorted(template["Parameters"])
        if sorted(grouped) != declared:
            faults.append(f"{name}: the groups show {sorted(grouped)}.")
        if sorted(interface["ParameterLabels"]) != declared:
            faults.append(f"{name}: the labels are {sorted(interface['ParameterLabels'])}.")
    return faults


def templates_and_outputs_are_described(world: World) -> list[str]:
    """Each template has its description and the agreed outputs, each output its own."""
    faults = []
    for name, template in world.templates.items():
        outputs = template.get("Outputs", {})
        if not template.get("Description"):
            faults.append(f"{name} has no description.")
        faults += [f"{name}: output {output} is not as agreed." for output in sorted(outputs.keys() ^ OUTPUTS[name])]
        faults += [
            f"{name}: output {output} is not described."
            for output, raw in outputs.items()
            if not raw.get("Description")
        ]
        # An exported value cannot change while another stack reads it.
        faults += [f"{name}: output {output} is exported." for output, raw in outputs.items() if "Export" in raw]
    return faults


def the_table_keeps_what_it_is_given(world: World) -> list[str]:
    """The table outlives the stack that was made, can be brought back to any second, and forgets what has expired."""
    raw = world.templates["hub"]["Resources"]["Table"]
    table = world.hub.resources["Table"].properties
    wanted: dict[str, Any] = {
        "TableName": "coastguard",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": world.wishes.key}
        if world.wishes.key
        else None,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "open",
                "KeySchema": [
                    {"AttributeName": "open_pk", "KeyType": "HASH"},
                    {"AttributeName": "open_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }
    faults = [f"The table has {key} {table.get(key)}." for key, value in wanted.items() if table.get(key) != value]
    policies = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    return faults + [f"The table has no {key} {value}." for key, value in policies.items() if raw.get(key) != value]


def what_a_failed_creation_leaves_is_not_in_the_way(world: World) -> list[str]:
    """Nothing is retained that was made by a creation which failed: names are fixed, so the next would fail for it."""
    return [
        f"{name}: {logical_id} outlives a stack that was never made."
        for name, template in world.templates.items()
        for logical_id, raw in template["Resources"].items()
        if raw.get("DeletionPolicy") == "Retain"
    ]


def the_secret_is_encrypted_as_wished(world: World) -> list[str]:
    """With the customer's key where there is one, and without a fixed name, which deletion would block for days."""
    secret = world.hub.resources["Secret"].properties
    faults = (
        [] if secret.get("KmsKeyId") == (world.wishes.key or None) else [f"The secret uses {secret.get('KmsKeyId')}."]
    )
    return [*faults, "The secret has a fixed name."] if "Name" in secret else faults


CHECKS = (
    templates_keep_to_the_quotas,
    templates_are_plain,
    only_one_spoke_template_makes_roles,
    parameters_explain_themselves,
    the_console_shows_every_parameter,
    templates_and_outputs_are_described,
    the_table_keeps_what_it_is_given,
    what_a_failed_creation_leaves_is_not_in_the_way,
    the_secret_is_encrypted_as_wished,
)


def _keys(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from _keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _keys(value)
