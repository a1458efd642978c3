from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from coastguard.local.layout.layouts import DEMO, WIDE
from coastguard.local.layout.organization import HUB, ORGANIZATION, PROD, ROOT, WORKLOADS
from tests.local_world.embedded_aws import EmbeddedAws

PAYMENTS = DEMO.organization.members[0].id
ROLES = {
    "reads": (["organizations:ListAccounts"], "*"),
    "asks": (["organizations:DescribeOrganization"], "*"),
    "walks": (
        ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"],
        f"arn:aws:organizations::*:ou/{ORGANIZATION}/*",
    ),
    "tags": (["organizations:ListTagsForResource"], f"arn:aws:organizations::*:account/{ORGANIZATION}/*"),
}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """200 members, into which nothing is deployed."""
    started = EmbeddedAws.start(tmp_path_factory.mktemp("wide") / "world", layout=WIDE.name)
    yield started
    started.stop()


@pytest.fixture(scope="module", autouse=True)
def roles(aws: EmbeddedAws) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": HUB.id}, "Action": "sts:AssumeRole"}
    resources = {
        name.title(): {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": name,
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                "Policies": [
                    {
                        "PolicyName": "all",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}],
                        },
                    }
                ],
            },
        }
        for name, (actions, resource) in ROLES.items()
    }
    assert aws.deploy("roles", resources) == "CREATE_COMPLETE"


def credentials(aws: EmbeddedAws, name: str) -> dict[str, str]:
    role = f"arn:aws:iam::{HUB.id}:role/{name}"
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="sweep")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def test_the_hub_lists_the_accounts_of_the_organization(aws: EmbeddedAws) -> None:
    accounts = aws.client("organizations", **credentials(aws, "reads")).list_accounts()["Accounts"]
    assert [(account["Id"], account["Name"]) for account in accounts] == [
        (account.id, account.alias) for account in DEMO.organization.accounts
    ]
    assert {(account["State"], account["Status"]) for account in accounts} == {("ACTIVE", "ACTIVE")}
    assert aws.client("organizations").describe_organization()["Organization"]["Id"] == "o-coastguard1"


def test_accounts_come_twenty_at_a_time(wide: EmbeddedAws) -> None:
    organizations = wide.client("organizations")
    pages = [page["Accounts"] for page in organizations.get_paginator("list_accounts").paginate()]
    assert [len(page) for page in pages] == [20] * 10 + [1]
    assert {account["Id"] for page in pages for account in page} == {a.id for a in WIDE.organization.accounts}
    assert len(organizations.list_accounts(MaxResults=3)["Accounts"]) == 3
    with pytest.raises(ClientError, match="InvalidInputException"):
        organizations.list_accounts(NextToken="what")


def test_units_are_walked_from_the_root(aws: EmbeddedAws) -> None:
    organizations = aws.client("organizations")

    def below(parent: str) -> tuple[list[str], list[str]]:
        units = organizations.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]
        accounts = organizations.list_accounts_for_parent(ParentId=parent)["Accounts"]
        return [unit["Name"] for unit in units], [account["Name"] for account in accounts]

    assert [root["Id"] for root in organizations.list_roots()["Roots"]] == [ROOT]
    assert below(ROOT) == (["workloads"], ["hub"])
    assert below(WORKLOADS.id) == (["prod"], ["media"])
    assert below(PROD.id) == ([], ["payments", "search", "shop"])
    with pytest.raises(ClientError, match="ParentNotFoundException"):
        below("ou-root-elsewhere")


def test_accounts_of_a_unit_come_twenty_at_a_time(wide: EmbeddedAws) -> None:
    pages = wide.client("organizations").get_paginator("list_accounts_for_parent").paginate(ParentId=PROD.id)
    assert [len(page["Accounts"]) for page in pages] == [20] * 5


def test_an_account_has_its_tags(aws: EmbeddedAws) -> None:
    tags = aws.client("organizations").list_tags_for_resource(ResourceId=PAYMENTS)["Tags"]
    assert tags == [{"Key": "environment", "Value": "prod"}, {"Key": "team", "Value": "payments"}]
    with pytest.raises(ClientError, match="TargetNotFoundException"):
        aws.client("organizations").list_tags_for_resource(ResourceId="999999999999")


READS: list[tuple[str, dict[str, str]]] = [
    ("list_accounts", {}),
    ("list_roots", {}),
    ("list_accounts_for_parent", {"ParentId": PROD.id}),
    ("list_organizational_units_for_parent", {"ParentId": ROOT}),
    ("list_tags_for_resource", {"ResourceId": PAYMENTS}),
]


@pytest.mark.parametrize(("operation", "asked"), READS, ids=[operation for operation, _ in READS])
def test_a_member_manages_nothing(aws: EmbeddedAws, operation: str, asked: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        getattr(aws.client("organizations", PAYMENTS), operation)(**asked)


def test_a_permission_may_be_for_units_alone_or_accounts_alone(aws: EmbeddedAws) -> None:
    walks = aws.client("organizations", **credentials(aws, "walks"))
    tags = aws.client("organizations", **credentials(aws, "tags"))

    in_prod = {member.id for member in DEMO.organization.members if member.unit == PROD.id}
    assert {account["Id"] for account in walks.list_accounts_for_parent(ParentId=PROD.id)["Accounts"]} == in_prod
    assert len(tags.list_tags_for_resource(ResourceId=PAYMENTS)["Tags"]) == 2
    with pytest.raises(ClientError, match="AccessDenied"):
        walks.list_accounts_for_parent(ParentId=ROOT)
    with pytest.raises(ClientError, match="AccessDenied"):
        tags.list_tags_for_resource(ResourceId=PROD.id)
    refusals = aws.refusals()[-2:]
    assert refusals[0].endswith(f"ListAccountsForParent on arn:aws:organizations::{HUB.id}:root/{ORGANIZATION}/{ROOT}.")
    assert refusals[1].endswith(f"on arn:aws:organizations::{HUB.id}:ou/{ORGANIZATION}/{PROD.id}.")


def test_listing_accounts_needs_its_permission(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("organizations", **credentials(aws, "asks")).list_accounts()
    assert aws.refusals()[-1] == f"role asks of {HUB.id} may not organizations:ListAccounts on *."


def test_every_cluster_of_a_wide_layout_has_an_instance_in_each_zone(wide: EmbeddedAws) -> None:
    accounts = wide.get("fleet")["accounts"]
    zones = {
        (account["id"], cluster["name"]): [instance["zone"] for instance in cluster["instances"]]
        for account in accounts
        for region in account["regions"]
        for cluster in region["clusters"]
    }
    assert (len(accounts), len(zones)) == (200, 400)
    assert {tuple(found) for found in zones.values()} == {("eu-west-1a", "eu-west-1b", "eu-west-1c")}
    only = WIDE.organization.members[7].id
    assert [account["id"] for account in wide.get(f"fleet?account={only}")["accounts"]] == [only]
