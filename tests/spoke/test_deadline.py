"""Until when members may be called, and a Region that takes calls and never answers."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ReadTimeoutError
from botocore.loaders import Loader

from spoke.accounts import Accounts, Role
from spoke.deadline import deadline, for_seconds, within
from spoke.errors import Busy
from tests.spoke.fleet import ACCOUNT
from tests.spoke.server import RecordingAws, recording_aws

OTHER, THIRD, HUNG, WELL = "333344445555", "444455556666", "us-east-1", "eu-west-1"
READER = Role("coastguard/coastguard-reader", "coastguard-look")


@dataclass
class Hung:
    """A Region that takes calls and never answers; the waiting itself is left out."""

    waited: list[str] = field(default_factory=list)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> None:
        if f"/{HUNG}/" in str(request.headers["Authorization"]):
            self.waited.append(request.url)
            raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingAws]:
    with recording_aws() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


@pytest.fixture
def accounts(wire: RecordingAws, hub: boto3.Session, loader: Loader) -> Accounts:  # noqa: ARG001 - the wire must be up
    return Accounts(hub, loader)


@pytest.fixture
def hung(accounts: Accounts) -> Hung:
    hung = Hung()
    accounts.events.register("before-send.ecs.*", hung)
    return hung


def listed(accounts: Accounts, account: str, region: str) -> str:
    """What a call comes to."""
    try:
        accounts.member(account, region, READER).call("ecs", "list_clusters")
    except Busy as error:
        return str(error)
    return "answered"


def test_a_region_that_does_not_answer_is_waited_for_by_two_accounts(accounts: Accounts, hung: Hung) -> None:
    with within(lambda: 60.0):
        for account in (ACCOUNT, OTHER):
            assert listed(accounts, account, HUNG).endswith("ReadTimeoutError")
        waits = len(hung.waited)
        assert listed(accounts, THIRD, HUNG) == (
            f"ecs:ListClusters not answered in {THIRD}/{HUNG}: ecs did not answer a moment ago"
        )
        assert listed(accounts, ACCOUNT, WELL) == "answered"
        assert len(hung.waited) == waits

    with within(lambda: 60.0):  # the next invocation
        assert listed(accounts, OTHER, HUNG).endswith("ReadTimeoutError")


def test_what_one_look_finds_silent_the_next_one_of_the_batch_knows(accounts: Accounts, hung: Hung) -> None:
    with within(lambda: 60.0):
        with for_seconds(15):
            listed(accounts, ACCOUNT, HUNG)
        waits = len(hung.waited)
        with for_seconds(15):
            listed(accounts, ACCOUNT, HUNG)

    assert len(hung.waited) == waits


def test_what_one_account_does_not_answer_another_one_is_asked_all_the_same(accounts: Accounts, hung: Hung) -> None:
    with within(lambda: 60.0):
        listed(accounts, ACCOUNT, HUNG)
        waits = len(hung.waited)

        assert listed(accounts, OTHER, HUNG).endswith("ReadTimeoutError")

    assert len(hung.waited) == 2 * waits


def test_without_anybody_who_says_how_long_each_call_is_made(accounts: Accounts, hung: Hung) -> None:
    listed(accounts, ACCOUNT, HUNG)
    waits = len(hung.waited)

    assert listed(accounts, ACCOUNT, HUNG).endswith("ReadTimeoutError")

    assert len(hung.waited) == 2 * waits


@pytest.mark.parametrize(("left", "made"), [(0.1, True), (0.0, False), (-1.0, False), (math.inf, True)])
def test_no_call_begins_after_the_deadline(accounts: Accounts, wire: RecordingAws, left: float, made: bool) -> None:
    with within(lambda: left):
        said = listed(accounts, ACCOUNT, WELL)

    assert said == ("answered" if made else f"ecs:ListClusters not answered in {ACCOUNT}/{WELL}: no time left")
    assert bool(wire.calls()) is made


def test_a_share_of_the_time_ends_before_the_whole_does() -> None:
    clock = [100.0]
    with within(lambda: clock[0]):
        with for_seconds(15):
            assert deadline().left() == 15
            clock[0] = 90
            assert deadline().left() == 5
        clock[0] = 10
        with for_seconds(15):
            assert deadline().left() == 10
    with for_seconds(15):
        assert deadline().left() == math.inf


def test_a_member_keeps_to_its_deadline_in_whatever_thread_it_is_called(accounts: Accounts, wire: RecordingAws) -> None:
    clock = [1.0]
    with within(lambda: clock[0]):
        member = accounts.member(ACCOUNT, WELL, READER)
        clock[0] = 0
        with ThreadPoolExecutor(1) as threads, pytest.raises(Busy, match="no time left"):
            threads.submit(member.call, "ecs", "list_clusters").result()

    assert wire.calls() == []
