"""How what botocore raises is sorted, and what the texts say."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)
from botocore.retries import standard

from spoke.accounts import Member
from spoke.errors import Busy, ClusterGone, NotDone, Refused, SpokeError, explained, forbidden, kind, reason, told
from tests.spoke.fleet import Faults

URL = "https://ecs.eu-west-1.amazonaws.com"


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "ListClusters")


@pytest.mark.parametrize(
    ("error", "sort"),
    [
        *((client_error(code), Refused) for code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")),
        *((client_error(code), Refused) for code in ("InvalidClientTokenId", "ExpiredToken", "AuthFailure")),
        (client_error("OptInRequired"), Refused),
        *((client_error(code), Busy) for code in ("Throttling", "ThrottlingException", "ThrottledException")),
        *((client_error(code), Busy) for code in ("RequestLimitExceeded", "TooManyRequestsException")),
        (client_error("ScalingActivityInProgress"), Busy),
        (client_error("ServerException", 500), Busy),
        (client_error("Unavailable", 503), Busy),
        (client_error("429", 429), Busy),
        (EndpointConnectionError(endpoint_url=URL), Busy),
        (ConnectTimeoutError(endpoint_url=URL), Busy),
        (ReadTimeoutError(endpoint_url=URL), Busy),
        (ConnectionClosedError(endpoint_url=URL), Busy),
        (SSLError(endpoint_url=URL, error="bad"), Busy),
        (client_error("ClusterNotFoundException"), ClusterGone),
        (client_error("InvalidParameterException"), None),
        (client_error("InvalidInstanceID.NotFound"), None),
        (ParamValidationError(report="no such parameter"), None),
    ],
    ids=lambda value: reason(value) if isinstance(value, ClientError | BotoCoreError) else "",
)
def test_errors_are_sorted_by_what_the_caller_does(
    error: ClientError | BotoCoreError, sort: type[SpokeError] | None
) -> None:
    assert kind(error) is sort


def test_an_answer_without_an_error_code_is_no_matter_of_the_member() -> None:
    assert kind(ClientError({}, "ListClusters")) is None


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        (
            "AccessDeniedException",
            400,
            "ecs:DescribeClusters refused in 222233334444/eu-west-1: AccessDeniedException",
        ),
        (
            "ThrottlingException",
            400,
            "ecs:DescribeClusters not answered in 222233334444/eu-west-1: ThrottlingException",
        ),
        (
            "ClusterNotFoundException",
            400,
            "ecs:DescribeClusters found no such cluster in 222233334444/eu-west-1: ClusterNotFoundException",
        ),
    ],
    ids=["refused", "busy", "gone"],
)
@pytest.mark.usefixtures("aws")
def test_a_text_tells_what_where_and_why_and_nothing_else(
    faults: Faults, member: Member, code: str, status: int, text: str
) -> None:
    faults.fail("ecs:DescribeClusters", code, status)

    with pytest.raises(SpokeError) as raised:
        member.call("ecs", "describe_clusters")

    assert str(raised.value) == text


@pytest.mark.parametrize("code", standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
def test_what_botocore_takes_for_a_throttle_is_busy(code: str) -> None:
    assert kind(client_error(code)) is Busy


def refused(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "TerminateInstances")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("The instance i-1 is not in InService or Standby.", "The instance i-1 is not in InService or Standby"),
        ("Not part of Auto Scaling group\n  web", "Not part of Auto Scaling group web"),
        ("No. (Service: ECS, Status Code: 400, Request ID: f00d-beef)", "No"),
        ("No (request id: 5bd5-feed)", "No"),
        ("You are not authorized. Encoded authorization failure message: 4GI" + "x" * 3_000, "You are not authorized"),
        ("Bad aws_session_token=FwoGZXIvYXdzE, sorry", "Bad sorry"),
        ("The key ASIAIOSFODNN7EXAMPLE is bad", "The key is bad"),
        ("no " * 200, ("no " * 80).strip() + "…"),
        ("", ""),
    ],
)
def test_what_aws_says_is_quoted_without_what_is_nobodys_business(message: str, said: str) -> None:
    assert told(refused(message)) == said
    assert explained(refused(message)) == (f"ValidationError ({said})" if said else "ValidationError")


def test_an_error_of_ours_quotes_what_it_was_raised_from() -> None:
    error = Refused("ecs:ListClusters refused")
    error.__cause__ = client_error("AccessDeniedException")
    assert (explained(error), forbidden(error)) == ("ecs:ListClusters refused", True)
    error.__cause__ = refused("It is not there.")
    assert (explained(error), forbidden(error)) == ("ecs:ListClusters refused (It is not there)", False)
    assert told(Refused("by nobody")) == ""


def test_every_error_of_a_member_can_be_caught_as_one() -> None:
    assert {Refused, Busy, ClusterGone, NotDone} == set(SpokeError.__subclasses__())
