"""What can go wrong in a member account, sorted by what the caller does about it.

    SpokeError
    ├── Refused       the role is missing, or trust or permission says no: tell the operator, do not try again
    ├── Busy          throttled, failing or silent: try again later
    ├── ClusterGone   the cluster does not exist (any more): its incidents are over
    └── NotDone       a repair that must not or could not be done: show the sentence to the person who clicked

Texts are short sentences without request ids and without secrets. What is none of these is a mistake of ours, and rises
as botocore raised it.
"""

from typing import ClassVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - its name there


class SpokeError(Exception):
    """What every error of a member account derives from."""

    happened: ClassVar[str] = "failed"


class Refused(SpokeError):
    """The member account says no, and will say so again."""

    happened = "refused"


class Busy(SpokeError):
    """The member account does not answer now; it may later."""

    happened = "not answered"


class ClusterGone(SpokeError):
    """The member account has no such cluster."""

    happened = "found no such cluster"


class NotDone(SpokeError):
    """A repair did not take place, for the reason that the text tells a person."""


UNANSWERED: tuple[type[BotoCoreError], ...] = (ConnectionError, HTTPClientError)
"""What botocore raises when no answer came: no connection, timeouts, a connection closed half-way."""

STALE = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
"""Error codes of AWS that blame the credentials: signing in anew may help (spoke.curing)."""
_REFUSED = STALE | {"OptInRequired", "RegionDisabledException", "UnauthorizedOperation"}
_BUSY = frozenset(
    {
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ScalingActivityInProgress",
        "SlowDown",
        "TooManyRequestsException",
    }
)


def kind(error: ClientError | BotoCoreError) -> type[SpokeError] | None:
    """Sort what botocore raised; None when it is no matter of the member account."""
    if isinstance(error, UNANSWERED):
        return Busy
    if not isinstance(error, ClientError):
        return None
    code = reason(error)
    if code in _REFUSED or code.startswith("AccessDenied"):
        return Refused
    if code in _BUSY or code.startswith("Throttl") or _status(error) >= 500 or _status(error) == 429:
        return Busy
    return ClusterGone if code == "ClusterNotFoundException" else None


def reason(error: ClientError | BotoCoreError) -> str:
    """Name the reason in one word: AWS's error code, or what kept an answer from coming."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def stale(error: ClientError | BotoCoreError) -> bool:
    """Tell whether the credentials are to blame: signing in anew may help."""
    return reason(error) in STALE


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
