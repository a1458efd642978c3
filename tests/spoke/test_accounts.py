"""Who signs what, seen from the other end of the wire: an AWS on 127.0.0.1 that records."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from hub.runtime.clients import HubSession
from spoke.accounts import Accounts, Role
from spoke.errors import STALE, Busy, Refused
from spoke.places import BadPlace
from tests.spoke.fleet import ACCOUNT, REGION, Faults
from tests.spoke.server import RecordingAws, recording_aws

OTHER = "333344445555"
READER = Role("coastguard/coastguard-reader", "coastguard-look")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingAws]:
    with recording_aws() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


@pytest.fixture
def accounts(wire: RecordingAws, hub: boto3.Session, loader: Loader) -> Accounts:  # noqa: ARG001 - the wire must be up
    return Accounts(hub, loader)


def test_a_call_is_signed_by_the_member_in_its_region(wire: RecordingAws, accounts: Accounts) -> None:
    accounts.member(ACCOUNT, "us-east-1", READER).call("ecs", "list_clusters")

    (asked,) = wire.calls()
    assert (asked.operation, asked.key, asked.token, asked.region) == (
        "ListClusters",
        f"ASIA{ACCOUNT}0001",
        f"token-{ACCOUNT}",
        "us-east-1",
    )


def test_the_hub_assumes_the_role_by_its_path_and_names_the_session(wire: RecordingAws, accounts: Accounts) -> None:
    accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")

    (asked,) = wire.signed_in()
    assert asked["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/coastguard/coastguard-reader"
    assert asked["RoleSessionName"] == "coastguard-look"
    assert "SourceIdentity" not in asked


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_the_role_is_in_the_partition_of_the_region(
    wire: RecordingAws, accounts: Accounts, region: str, partition: str
) -> None:
    accounts.member(ACCOUNT, region, READER).call("ecs", "list_clusters")

    assert wire.signed_in()[0]["RoleArn"].startswith(f"arn:{partition}:iam::")


def test_a_call_without_a_member_is_not_sent(wire: RecordingAws, accounts: Accounts) -> None:
    accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")
    client = accounts._clients.get("ecs", REGION)

    with pytest.raises(RuntimeError, match="no member account is signed in"):
        client.list_clusters()

    assert len(wire.calls()) == 1


def test_a_member_is_not_set_while_its_pages_are_read(wire: RecordingAws, accounts: Accounts) -> None:
    member, other = (accounts.member(account, REGION, READER) for account in (ACCOUNT, OTHER))
    pages = member.pages("ecs", "list_clusters")

    next(pages)
    with pytest.raises(RuntimeError, match="no member account is signed in"):
        accounts._clients.get("ecs", REGION).list_clusters()
    other.call("ecs", "list_clusters")

    assert [asked.token for asked in wire.calls()] == [f"token-{ACCOUNT}", f"token-{OTHER}"]


def test_the_hubs_own_credentials_sign_nothing_but_assume_role(wire: RecordingAws, accounts: Accounts) -> None:
    for account in (ACCOUNT, OTHER):
        accounts.member(account, REGION, READER).call("ecs", "list_clusters")

    signed_by_hub = {asked.operation for asked in wire.asked if asked.key.startswith("AKIAHUB")}
    assert signed_by_hub == {"AssumeRole"}


def test_threads_do_not_mix_the_accounts(wire: RecordingAws, accounts: Accounts) -> None:
    members = [accounts.member(account, REGION, READER) for account in (ACCOUNT, OTHER) * 50]
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(lambda member: member.call("ecs", "list_container_instances", cluster=member.account), members)
        )

    asked = wire.calls()
    assert len(asked) == 100
    assert {(call.fields["cluster"], call.key[4:16], call.token) for call in asked} == {
        (account, account, f"token-{account}") for account in (ACCOUNT, OTHER)
    }
    assert len(wire.signed_in()) == 2


def test_a_retry_is_signed_by_the_same_member_again(wire: RecordingAws, accounts: Accounts) -> None:
    wire.stumbles.update({ACCOUNT: 1, OTHER: 1})
    members = [accounts.member(account, REGION, READER) for account in (ACCOUNT, OTHER)]
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(lambda member: member.call("ecs", "list_container_instances", cluster=member.account), members)
        )

    asked = wire.calls()
    assert len(asked) == 4
    assert all(call.token == f"token-{call.fields['cluster']}" for call in asked)


def test_neither_client_nor_sign_in_is_made_twice(wire: RecordingAws, accounts: Accounts) -> None:
    made: list[str] = []
    accounts.events.register("creating-client-class.ecs", lambda **_: made.append("ecs"))
    for account in range(100_000_000_000, 100_000_000_020):
        for region in (REGION, "us-east-1"):
            accounts.member(str(account), region, READER).call("ecs", "list_clusters")

    assert len(wire.signed_in()) == 20
    assert made == ["ecs", "ecs"]  # one in each Region


@pytest.mark.parametrize(
    ("account", "role"),
    [
        pytest.param(OTHER, READER, id="another account"),
        pytest.param(ACCOUNT, Role("coastguard-remediator", "coastguard-look"), id="another role"),
        pytest.param(ACCOUNT, Role(READER.name, "coastguard-sweep"), id="another session"),
    ],
)
def test_whatever_differs_has_a_sign_in_of_its_own(
    wire: RecordingAws, accounts: Accounts, account: str, role: Role
) -> None:
    accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")
    accounts.member(account, REGION, role).call("ecs", "list_clusters")

    assert len(wire.signed_in()) == 2


def test_a_persons_sign_in_is_never_handed_to_another_member(wire: RecordingAws, accounts: Accounts) -> None:
    role = Role("coastguard-remediator", "incident-1", source_identity="slack-T0COAST01-U0ALICE01")
    member = accounts.member(ACCOUNT, REGION, role)
    member.call("ecs", "list_clusters")
    member.call("ecs", "list_clusters")
    accounts.member(ACCOUNT, REGION, role).call("ecs", "list_clusters")

    assert [asked["SourceIdentity"] for asked in wire.signed_in()] == ["slack-T0COAST01-U0ALICE01"] * 2
    assert not accounts._sign_ins


def test_credentials_renew_themselves(wire: RecordingAws, accounts: Accounts) -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    member = accounts.member(ACCOUNT, REGION, READER)
    for later in (timedelta(0), timedelta(minutes=30), timedelta(minutes=55)):
        with time_machine.travel(start + later, tick=True):
            member.call("ecs", "list_clusters")

    assert [asked.key[-4:] for asked in wire.calls()] == ["0001", "0001", "0002"]


@pytest.mark.parametrize("code", sorted(STALE))
def test_what_is_refused_as_stale_is_signed_anew_and_tried_once_more(
    wire: RecordingAws, accounts: Accounts, code: str
) -> None:
    """AWS does not know a session that is good, or a role that was made anew."""
    member = accounts.member(ACCOUNT, REGION, READER)
    member.call("ecs", "list_clusters")
    wire.stale_keys.add(f"ASIA{ACCOUNT}0001")
    wire.stale_code = code

    assert member.call("ecs", "list_clusters")["clusterArns"] == []

    assert [asked.key[-4:] for asked in wire.calls()] == ["0001", "0001", "0002"]


def test_a_stale_answer_in_the_middle_of_pages_is_cured_too(wire: RecordingAws, accounts: Accounts) -> None:
    member = accounts.member(ACCOUNT, REGION, READER)
    wire.pages = 3
    pages = member.pages("ecs", "list_clusters")
    next(pages)
    wire.stale_keys.add(f"ASIA{ACCOUNT}0001")

    assert len(list(pages)) == 2

    assert [asked.key[-4:] for asked in wire.calls()] == ["0001", "0001", "0002", "0002"]
    assert [asked.fields.get("nextToken") for asked in wire.calls()] == [None, "1", "1", "2"]


def test_who_is_refused_as_stale_again_is_told_so_and_tried_no_more(wire: RecordingAws, accounts: Accounts) -> None:
    member = accounts.member(ACCOUNT, REGION, READER)
    wire.stale_keys |= {f"ASIA{ACCOUNT}{number:04}" for number in (1, 2)}

    with pytest.raises(Refused, match="UnrecognizedClientException"):
        member.call("ecs", "list_clusters")
    assert len(wire.calls()) == 2

    member.call("ecs", "list_clusters")
    assert wire.calls()[-1].key == f"ASIA{ACCOUNT}0003"


def test_a_refusal_that_no_signature_mends_is_not_tried_again(wire: RecordingAws, accounts: Accounts) -> None:
    wire.stale_keys.add(f"ASIA{ACCOUNT}0001")
    wire.stale_code = "AccessDeniedException"

    with pytest.raises(Refused, match="AccessDeniedException"):
        accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")

    assert len(wire.calls()) == 1


def test_a_role_that_cannot_be_assumed_anew_is_what_is_told(wire: RecordingAws, accounts: Accounts) -> None:
    member = accounts.member(ACCOUNT, REGION, READER)
    member.call("ecs", "list_clusters")
    wire.stale_keys.add(f"ASIA{ACCOUNT}0001")
    wire.refuse_roles_in.add(ACCOUNT)

    with pytest.raises(Refused, match="cannot be assumed"):
        member.call("ecs", "list_clusters")


def test_the_hubs_own_stale_answer_is_tried_once_more(
    wire: RecordingAws, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session is the entry points'."""
    for name, value in (("ACCESS_KEY_ID", "AKIAHUB0000000000000"), ("SECRET_ACCESS_KEY", "not-a-secret")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    accounts = Accounts(HubSession(), loader)
    wire.forgets_once = True

    accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")

    assert [asked.operation for asked in wire.asked] == ["AssumeRole", "AssumeRole", "ListClusters"]


def test_a_role_that_cannot_be_assumed_says_which_and_where(wire: RecordingAws, accounts: Accounts) -> None:
    wire.refuse_roles_in.add(ACCOUNT)
    member = accounts.member(ACCOUNT, REGION, READER)

    with pytest.raises(Refused) as refused:
        member.call("ecs", "list_clusters")

    assert str(refused.value) == f"role coastguard/coastguard-reader cannot be assumed in {ACCOUNT}: AccessDenied"
    assert wire.calls() == []


def test_a_refused_sign_in_is_tried_again_by_the_next_call(wire: RecordingAws, accounts: Accounts) -> None:
    member = accounts.member(ACCOUNT, REGION, READER)
    wire.refuse_roles_in.add(ACCOUNT)
    with pytest.raises(Refused):
        member.call("ecs", "list_clusters")
    wire.refuse_roles_in.clear()

    member.call("ecs", "list_clusters")

    assert len(wire.calls()) == 1


def test_an_endpoint_that_nobody_answers_at_is_busy(
    monkeypatch: pytest.MonkeyPatch, hub: boto3.Session, loader: Loader
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(
        Busy, match=f"role coastguard/coastguard-reader cannot be assumed in {ACCOUNT}: EndpointConnectionError"
    ):
        Accounts(hub, loader).member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")


def test_an_error_of_ours_rises_as_it_is(accounts: Accounts) -> None:
    faults = Faults()
    faults.fail("ecs:ListClusters", "InvalidParameterException")
    accounts.events.register("before-call.*.*", faults)

    with pytest.raises(ClientError, match="InvalidParameterException"):
        accounts.member(ACCOUNT, REGION, READER).call("ecs", "list_clusters")


def test_the_hub_signs_in_through_its_own_regions_endpoint(hub: boto3.Session, loader: Loader) -> None:
    assert Accounts(hub, loader)._sts.meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"


def test_the_hubs_parsed_service_models_are_shared(hub: boto3.Session, loader: Loader) -> None:
    assert Accounts(hub, loader)._clients._session._core.get_component("data_loader") is loader


@pytest.mark.parametrize(
    ("account", "region"),
    [
        pytest.param("22223333444", REGION, id="short account"),
        pytest.param("222233334444:role/evil", REGION, id="smuggled role"),
        pytest.param(ACCOUNT, "eu-west-1.evil.example", id="smuggled host"),
    ],
)
def test_a_malformed_place_has_no_member(accounts: Accounts, account: str, region: str) -> None:
    with pytest.raises(BadPlace):
        accounts.member(account, region, READER)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "/coastguard-reader"}, id="leading slash"),
        pytest.param({"name": "a/b c"}, id="space"),
        pytest.param({"name": "coastguard-reader", "session_name": "x"}, id="short session"),
        pytest.param({"name": "coastguard-reader", "source_identity": "slack T U"}, id="identity with spaces"),
        pytest.param({"name": "coastguard-reader", "source_identity": "x" * 65}, id="long identity"),
        pytest.param({"name": "coastguard-reader", "source_identity": ""}, id="empty identity"),
    ],
)
def test_a_role_that_sts_would_not_take_is_refused_early(parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"role name|characters"):
        Role(**{"session_name": "coastguard-look", **parts})
