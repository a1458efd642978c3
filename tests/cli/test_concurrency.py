import boto3
import pytest
from botocore.stub import Stubber

from coastguard.concurrency import Room, room


@pytest.mark.parametrize(
    ("unreserved", "kept"),
    [(10, 0), (149, 0), (150, 50), (1000, 50)],
    ids=["a new account", "one too few", "just enough", "as a rule"],
)
def test_something_is_kept_free_for_slack_where_lambda_allows_it(unreserved: int, kept: int) -> None:
    assert Room(unreserved, unreserved).for_front == kept


@pytest.mark.parametrize(
    ("found", "looks", "reserved", "said"),
    [
        (Room(10, 10), 10, 0, "Slack gets no answer while clusters are looked at"),
        (Room(1000, 1000), 10, 0, ""),
        (Room(1000, 950), 10, 50, ""),
        (Room(1000, 950), 1000, 50, "functions wait for each other"),
        (Room(1000, 20), 10, 0, "20 of them are not reserved, and Coastguard may want 26 (looks: 10)"),
        (Room(1000, 21), 10, 50, ""),
        (Room(1000, 26), 10, 0, ""),
    ],
    ids=["a new account", "as a rule", "front is kept free", "too many looks", "others reserve", "enough", "barely"],
)
def test_what_is_missing_is_said_with_the_remedy(found: Room, looks: int, reserved: int, said: str) -> None:
    told = found.shortage(looks, reserved)
    assert said in told
    assert bool(told) is bool(said)
    assert not told or "Service Quotas" in told


def test_whoever_may_not_ask_lambda_is_told_nothing_wrong() -> None:
    client = boto3.client("lambda", "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    with Stubber(client) as stubbed:
        stubbed.add_client_error("get_account_settings", "AccessDeniedException")
        assert room(client) is None
        limits = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
        stubbed.add_response("get_account_settings", {"AccountLimit": limits})
        assert room(client) == Room(10, 10)
