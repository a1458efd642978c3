"""What can go wrong in a member account, sorted by what the caller does about it.

    SpokeError
    ├── Refused       the role is missing, or trust or permission says no: tell the operator, do not try again
    ├── Busy          throttled, failing or silent: try again later
    ├── ClusterGone   the cluster does not exist (any more): its incidents are over
    └── NotDone       a repair that must not or could not be done: show the sentence to the person who clicked

Texts are short sentences without request ids and without secrets. What is none of these is a mistake of ours, and rises
as botocore raised it.
"""

import re
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
_FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_REFUSED = STALE | _FORBIDDEN | {"OptInRequired", "RegionDisabledException"}
# What botocore's own retries take for a throttle, and what else passes. A test compares.
_BUSY = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ScalingActivityInProgress",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
# What AWS writes into its messages that helps nobody here, or that nobody here should read.
_NOISE = re.compile(
    r"""
    \s*\(Service:[^)]*\)                                                  # "(Service: …; Request ID: …)"
    | [\s,;(]*\brequest[\s_-]?id\b\W*[\w-]+\)?
    | \s*Encoded\ authorization\ failure\ message:.*                       # kilobytes that an API decodes
    | \b[\w-]*(?:token|secret|password|credential|signature)[\w-]*\s*[=:]\s*\S+
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_LONGEST_MESSAGE = 240


def kind(error: ClientError | BotoCoreError) -> type[SpokeError] | None:
    """Sort what botocore raised; None when it is no matter of the member account."""
    if isinstance(error, UNANSWERED):
        return Busy
    if not isinstance(error, ClientError):
        return None
    code = reason(error)
    if code in _REFUSED:
        return Refused
    if code in _BUSY or _status(error) >= 500 or _status(error) == 429:
        return Busy
    return ClusterGone if code == "ClusterNotFoundException" else None


def reason(error: ClientError | BotoCoreError) -> str:
    """Name the reason in one word: AWS's error code, or what kept an answer from coming."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def told(error: BaseException | None) -> str:
    """Quote what AWS has to say beside its error code, which may be the same for everything; "" if nothing.

    In one line, bounded, and without what is nobody's business (request ids, tokens, encoded messages). Also of the
    ClientError that an error of ours was raised from.
    """
    if isinstance(error, SpokeError):
        error = error.__cause__
    if not isinstance(error, ClientError):
        return ""
    message = _NOISE.sub("", str(error.response.get("Error", {}).get("Message") or ""))
    line = " ".join(message.split()).rstrip(" .,;:(")
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE].rstrip()}…"


def explained(error: ClientError | SpokeError) -> str:
    """Name an error for a person: our sentence or AWS's code, and what AWS itself says of it."""
    named = reason(error) if isinstance(error, ClientError) else str(error)
    return f"{named} ({quoted})" if (quoted := told(error)) else named


def forbidden(error: SpokeError) -> bool:
    """Return whether a refusal is one of permissions: a role that was deployed before the permission was needed."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and reason(cause) in _FORBIDDEN


def unanswered(error: SpokeError) -> bool:
    """Return whether nobody knows if AWS has done it: no answer came, or one that says that the service has failed."""
    cause = error.__cause__
    return isinstance(cause, UNANSWERED) or (isinstance(cause, ClientError) and _status(cause) >= 500)


def stale(error: ClientError | BotoCoreError) -> bool:
    """Return whether the credentials are to blame: signing in anew may help."""
    return reason(error) in STALE


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
