"""The hub's roles: each may do what was agreed, on what was agreed, and nothing else."""

from hub.sweeping.organization import PERMISSIONS
from tests.templates.examining import Request, allows, listed, statements
from tests.templates.world import HUB, MEMBER, ORGANIZATION, World

TAKE_FROM = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
SEND_TO = {"sqs:SendMessage"}
READ_SECRET = {"secretsmanager:GetSecretValue"}
OF_A_PARENT = {"organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"}
WRITE_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}

FUNCTIONS = ("ingest", "look", "sweep", "front", "act")
# All but ingest, which knows neither channels nor people.
HEED_THE_POLICY = ("look", "sweep", "front", "act")


def roles_may_do_what_was_agreed(world: World) -> list[str]:
    """Each role's permissions equal the agreed ones, both ways."""
    agreed = _agreed(world)
    faults = []
    for function in FUNCTIONS:
        given = {(action, arn) for action, arn in _permissions(world, function) if not action.startswith("kms:")}
        wanted = {(action, arn) for arn, actions in agreed[function].items() for action in actions}
        faults += [f"{function} lacks {action} on {arn}." for action, arn in sorted(wanted - given)]
        faults += [
            f"{function} may {action} on {arn}, which nobody agreed to." for action, arn in sorted(given - wanted)
        ]
    return faults


def queues_let_their_functions_take(world: World) -> list[str]:
    """Lambda takes messages with the function's own role; no emulator notices if that role lacks a permission."""
    roles = {f"coastguard-{function}": function for function in FUNCTIONS}
    return [
        f"{mapping.properties['FunctionName']} lacks {action} on its queue."
        for mapping in world.hub.of_type("Lambda::EventSourceMapping")
        for action in sorted(TAKE_FROM)
        if not _may(
            world, roles[mapping.properties["FunctionName"]], Request(action, mapping.properties["EventSourceArn"])
        )
    ]


def the_members_roles_are_kept_apart(world: World) -> list[str]:
    """Only look and sweep may use the reader, only act the remediator; what faces the internet reaches nothing."""
    path = world.wishes.spoke_path
    reader, remediator = (f"arn:aws:iam::222233334444:role{path}coastguard-{name}" for name in ("reader", "remediator"))
    other = f"arn:aws:iam::222233334444:role{path}admin"
    may = {
        (function, action, role)
        for function in FUNCTIONS
        for action in ("sts:AssumeRole", "sts:SetSourceIdentity")
        for role in (reader, remediator, other)
        if _may(world, function, Request(action, role))
    }
    wanted = {
        ("look", "sts:AssumeRole", reader),
        ("sweep", "sts:AssumeRole", reader),
        ("act", "sts:AssumeRole", remediator),
        ("act", "sts:SetSourceIdentity", remediator),
    }
    faults = [f"{function}, {action}, {role}: not as agreed." for function, action, role in sorted(may ^ wanted)]
    services = {action.partition(":")[0] for action, _ in _permissions(world, "front")}
    return faults + [f"front has rights in {name}." for name in sorted(services & {"sts", "dynamodb"})]


def only_budgets_are_changed_in_place(world: World) -> list[str]:
    """Every other row is written whole, on condition that nobody else has changed it."""
    return [
        f"{function} may change any row in place."
        for function in FUNCTIONS
        for statement in statements(_document(world, function))
        if "dynamodb:UpdateItem" in listed(statement["Action"])
        and statement.get("Condition") != {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "budget#*"}}
    ]


def sweep_keeps_to_its_own_rows(world: World) -> list[str]:
    """What is true of incidents only a look says, and only act of requests: sweep knows accounts and what it saw.

    Of mutes it reads which end.
    """
    table = world.hub.resources["Table"].arn
    own = ("account", "absent", "names", "seen")
    others = ("cluster#222233334444/eu-west-1/prod", "request#1", "budget#a", "accounts")
    return [
        f"sweep, {action}, {row}: not as agreed."
        for action in ("dynamodb:PutItem", "dynamodb:Query")
        for row in (*own, "mute", *others)
        if _may(world, "sweep", Request(action, table, keys={"dynamodb:LeadingKeys": row}))
        is not (row in own or (row, action) == ("mute", "dynamodb:Query"))
    ]


def the_organization_is_read_as_the_code_does(world: World) -> list[str]:
    """Whoever reads the organization may call exactly what the code declares; nobody else may call anything of it."""
    faults = []
    for function in FUNCTIONS:
        given = {action for action, _ in _permissions(world, function) if action.startswith("organizations:")}
        wanted = set(PERMISSIONS) if function == "sweep" else set()
        faults += [f"{function}: {action} is not as declared." for action in sorted(given ^ wanted)]
    return faults


def naming_a_person_is_a_statement_of_its_own(world: World) -> list[str]:
    """AWS demands it: in one statement, conditions that fit one of the two actions would silently break the other."""
    documents = {"act": _document(world, "act")} | {
        "the remediator's trust": world.roles.named("IAM::Role", "coastguard-remediator").properties[
            "AssumeRolePolicyDocument"
        ]
    }
    faults = []
    for who, document in documents.items():
        naming = [
            listed(found["Action"])
            for found in statements(document)
            if "sts:SetSourceIdentity" in listed(found["Action"])
        ]
        if naming != [["sts:SetSourceIdentity"]]:
            faults.append(f"In {who}, sts:SetSourceIdentity stands in {naming}.")
    return faults


def only_lambda_uses_the_hubs_roles(world: World) -> list[str]:
    """The hub's roles are for Lambda; no person, account or other service may assume them."""
    faults = []
    for function in FUNCTIONS:
        role = world.hub.named("IAM::Role", f"coastguard-hub-{function}")
        trust = role.properties["AssumeRolePolicyDocument"]
        right = Request("sts:AssumeRole", role.arn, "lambda.amazonaws.com")
        wrong = [
            Request("sts:AssumeRole", role.arn, principal)
            for principal in (
                "events.amazonaws.com",
                f"arn:aws:iam::{HUB}:user/somebody",
                "arn:aws:iam::555566667777:role/x",
            )
        ]
        if not allows(trust, right):
            faults.append(f"Lambda may not use {role.name}.")
        faults += [f"{request.principal} may use {role.name}." for request in wrong if allows(trust, request)]
    return faults


def the_customers_key_is_usable(world: World) -> list[str]:
    """With a customer's key each role may use it as its queues, table and secret need, and only through them."""
    if not world.wishes.key:
        return [
            f"{function} may use a key that is not there." for function in FUNCTIONS if _may_use_keys(world, function)
        ]
    faults = []
    for function in FUNCTIONS:
        needs = _key_needs(world, function)
        for action in (
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:DescribeKey",
        ):
            for service in ("sqs", "dynamodb", "secretsmanager", "s3"):
                via = {"kms:ViaService": f"{service}.{world.hub.region}.amazonaws.com"}
                foreign = {"kms:ViaService": f"{service}.another-region-1.amazonaws.com"}
                may = _may(world, function, Request(action, world.wishes.key, keys=via))
                if (action, service) in needs and not may:
                    faults.append(f"{function} lacks {action} through {service}.")
                if may and service not in {needed for _, needed in needs}:
                    faults.append(f"{function} may {action} through {service}, which it does not use.")
                if _may(world, function, Request(action, world.wishes.key, keys=foreign)):
                    faults.append(f"{function} may {action} through {service} of another Region.")
            if _may(world, function, Request(action, world.wishes.key)):
                faults.append(f"{function} may {action} directly.")
    return faults


def encrypted_topics_can_be_told(world: World) -> list[str]:
    """Look may use the topics' keys as SNS needs it, and only through SNS; nobody else may, and no other key."""
    faults = []
    for key in (*world.wishes.topic_keys, "arn:aws:kms:eu-west-1:111122223333:key/another"):
        region = key.split(":")[3]
        for function in FUNCTIONS:
            wanted = function == "look" and key in world.wishes.topic_keys
            for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"):
                through = {
                    service: _may(
                        world,
                        function,
                        Request(action, key, keys={"kms:ViaService": f"{service}.{region}.amazonaws.com"}),
                    )
                    for service in ("sns", "sqs")
                }
                if through != {"sns": wanted and action != "kms:Encrypt", "sqs": False}:
                    faults.append(f"{function}, {action} on {key}: {through} is not as agreed.")
    return faults


def house_rules_for_roles_are_kept(world: World) -> list[str]:
    """Every role has its fixed name, the wished path and the wished boundary."""
    names = {
        "hub": (world.hub, {f"coastguard-hub-{function}" for function in FUNCTIONS}, world.wishes.hub_path),
        "roles": (
            world.roles,
            {"coastguard-forwarder", "coastguard-reader", "coastguard-remediator"},
            world.wishes.spoke_path,
        ),
    }
    by_name = world.wishes.spoke_boundary_name
    boundaries = {
        "hub": world.wishes.boundary or None,
        "roles": f"arn:aws:iam::{MEMBER}:policy/{by_name}" if by_name else world.wishes.spoke_boundary or None,
    }
    faults = []
    for which, (stack, wanted, path) in names.items():
        roles = list(stack.of_type("IAM::Role"))
        given = {str(role.properties.get("RoleName")) for role in roles}
        faults += [f"{name}: this role's name is not as agreed." for name in sorted(given ^ wanted)]
        for role in roles:
            if role.properties.get("Path") != path:
                faults.append(f"{role.name} does not keep the wished path.")
            if role.properties.get("PermissionsBoundary") != boundaries[which]:
                faults.append(f"{role.name} does not have the wished permissions boundary.")
    return faults


CHECKS = (
    roles_may_do_what_was_agreed,
    queues_let_their_functions_take,
    the_members_roles_are_kept_apart,
    only_budgets_are_changed_in_place,
    sweep_keeps_to_its_own_rows,
    the_organization_is_read_as_the_code_does,
    naming_a_person_is_a_statement_of_its_own,
    only_lambda_uses_the_hubs_roles,
    the_customers_key_is_usable,
    encrypted_topics_can_be_told,
    house_rules_for_roles_are_kept,
)


def _agreed(world: World) -> dict[str, dict[str, set[str]]]:
    """Return function → ARN → actions."""
    hub = world.hub
    delay, dead, looks, acts = (
        hub.named("SQS::Queue", name).arn
        for name in ("coastguard-delay", "coastguard-delay-dead", "coastguard-looks.fifo", "coastguard-acts.fifo")
    )
    table, secret = hub.resources["Table"].arn, hub.resources["Secret"].arn
    organization = "arn:aws:organizations::*"
    members = f"arn:aws:iam::*:role{world.wishes.spoke_path}coastguard"
    agreed: dict[str, dict[str, set[str]]] = {
        "ingest": {delay: TAKE_FROM | SEND_TO, looks: SEND_TO, dead: SEND_TO},
        "look": {
            looks: TAKE_FROM | SEND_TO,
            delay: SEND_TO,
            table: {
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            },
            f"{table}/index/open": {"dynamodb:Query"},
            secret: READ_SECRET,
            f"arn:aws:sns:*:{hub.account}:*": {"sns:Publish"},
            f"{members}-reader": {"sts:AssumeRole"},
        },
        "sweep": {
            table: {"dynamodb:PutItem", "dynamodb:Query"},
            f"{table}/index/open": {"dynamodb:Query"},
            looks: SEND_TO,
            "*": {"organizations:ListAccounts", "organizations:ListRoots"},
            f"{organization}:root/{ORGANIZATION}/*": OF_A_PARENT,
            f"{organization}:ou/{ORGANIZATION}/*": OF_A_PARENT,
            f"{organization}:account/{ORGANIZATION}/*": {"organizations:ListTagsForResource"},
            f"{members}-reader": {"sts:AssumeRole"},
        },
        "front": {acts: SEND_TO, secret: READ_SECRET},
        "act": {
            acts: TAKE_FROM,
            looks: SEND_TO,
            table: {"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
            f"{table}/index/open": {"dynamodb:Query"},
            secret: READ_SECRET,
            f"{members}-remediator": {"sts:AssumeRole", "sts:SetSourceIdentity"},
        },
    }
    for function in HEED_THE_POLICY:
        agreed[function] |= _reading_the_policy(world)
    for function, permissions in agreed.items():
        permissions[f"arn:aws:logs:{hub.region}:{hub.account}:log-group:/aws/lambda/coastguard-{function}:*"] = (
            WRITE_LOGS
        )
    return agreed


def _reading_the_policy(world: World) -> dict[str, set[str]]:
    """Return ARN → actions for the one place of the policy, nothing without one.

    "-none" is no bucket and "parameter-none" no parameter: what is not meant is allowed on nothing.
    """
    kind, _, rest = world.wishes.policy.partition(":")
    if not kind:
        return {}
    at = {"s3": "-none", "ssm": "-none"} | {kind: rest.removeprefix("//")}
    parameter = f"arn:aws:ssm:{world.hub.region}:{world.hub.account}:parameter{at['ssm']}"
    return {f"arn:aws:s3:::{at['s3']}": {"s3:GetObject"}, parameter: {"ssm:GetParameter"}}


def _key_needs(world: World, function: str) -> set[tuple[str, str]]:
    """Return (action, service) pairs that a customer's key asks of whoever uses queues, table and secret."""
    agreed = _agreed(world)[function]
    actions = set().union(*agreed.values())
    needs: set[tuple[str, str]] = set()
    if "sqs:ReceiveMessage" in actions:
        needs |= {("kms:Decrypt", "sqs")}
    if "sqs:SendMessage" in actions:
        needs |= {("kms:Decrypt", "sqs"), ("kms:GenerateDataKey", "sqs")}
    if {"dynamodb:GetItem", "dynamodb:Query"} & actions:
        needs |= {("kms:Decrypt", "dynamodb"), ("kms:DescribeKey", "dynamodb")}
    if "dynamodb:PutItem" in actions:
        writing = ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
        needs |= {(action, "dynamodb") for action in writing}
    if READ_SECRET & actions:
        needs |= {("kms:Decrypt", "secretsmanager")}
    return needs


def _document(world: World, function: str) -> dict[str, object]:
    """Return the one inline policy of a function's role, with what policies that stand for themselves put into it."""
    role = world.hub.named("IAM::Role", f"coastguard-hub-{function}")
    [policy] = role.properties["Policies"]
    others = [each.properties for each in world.hub.of_type("IAM::Policy") if role.name in each.properties["Roles"]]
    documents = [policy["PolicyDocument"], *(other["PolicyDocument"] for other in others)]
    return {"Statement": [statement for document in documents for statement in statements(document)]}


def _permissions(world: World, function: str) -> set[tuple[str, str]]:
    return {
        (action, arn)
        for statement in statements(_document(world, function))
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for arn in listed(statement["Resource"])
    }


def _may(world: World, function: str, request: Request) -> bool:
    return allows(_document(world, function), request)


def _may_use_keys(world: World, function: str) -> bool:
    return any(action.startswith("kms:") for action, _ in _permissions(world, function))
