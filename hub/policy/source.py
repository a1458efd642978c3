"""Where the policy is kept: an SSM parameter ("ssm:/name") or an S3 object ("s3://bucket/key"), read anew each minute.

read well      ──▶ it is the policy
bad, or cannot ──▶ the last good one stays, `problem` says what is wrong
be read            never had a good one: there is no policy. Alerts go to the stack's channel, actions are refused
                   had one, but slept before it went bad: nobody knows what it has missed, so actions are refused
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from hub.policy.parse import LONGEST, read
from hub.policy.policy import Policy
from hub.policy.problems import BadPolicy

log = logging.getLogger(__name__)

_T = TypeVar("_T")

POLICY_KEPT = timedelta(minutes=1)
# A policy that was well so shortly before it went bad is the last good one: else there may have been another since.
_CERTAIN = 2 * POLICY_KEPT
# One reading may fail and the next succeed: while there is a good policy, only a failure that lasts is told.
PATIENCE = timedelta(minutes=5)
_PROBLEMS_SAID = 3
# So many versions back a function that has just started looks for a good one.
_VERSIONS_BACK = 5


class BadPolicyPlace(ValueError):
    """What is given as the policy's place is none; the text says how to write one."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What lies at the place: its text, and the mark by which another version is known."""

    text: str
    mark: str


class _Unreadable(Exception):
    """Nothing could be read; the text says why and what to do. What is `passing` may heal by itself."""

    def __init__(self, why: str, *, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


class _Keeper(Protocol):
    """What a policy can lie in. Both raise what botocore raises, and _Unreadable."""

    def newest(self, mark: str) -> _Found | None:
        """Read what lies there, None if that has still this mark."""

    def before(self, found: _Found) -> _Found | None:
        """Read what lay there before, None if nobody can tell."""


class PolicySource:
    """Keeps the policy. `client` makes a client of "ssm" or "s3", at once, for whoever has a policy needs it soon.

    Raises BadPlace. An empty `place` means that there is no policy file: everything is as without one.
    """

    def __init__(self, place: str, client: Callable[[str], Any], clock: Callable[[], datetime]) -> None:
        self.place = place
        self._keeper = _keeper(place, client)
        self._clock = clock
        self._policy: Policy | None = None if place else Policy()
        self._mark = ""
        self._bad = ""
        self._unreadable = ""
        self._failing_since: datetime | None = None
        self._read_at: datetime | None = None
        self._good_at: datetime | None = None
        self._bad_since: datetime | None = None

    @property
    def certain(self) -> Policy | None:
        """The policy that actions are held to; None where a newer one may forbid what the last good one allows."""
        policy = self.policy
        missed = self._bad_since and (self._good_at is None or self._bad_since - self._good_at > _CERTAIN)
        return None if missed else policy

    @property
    def policy(self) -> Policy | None:
        """The policy, at most a minute old as long as it can be read. None: there is one, and nobody can read it."""
        self._refresh()
        return self._policy

    @property
    def problem(self) -> str:
        """What is wrong with the policy at its place, "" if nothing is; the same words as long as it is the same."""
        self._refresh()
        problem = self._unreadable or self._bad
        return f"{problem}. {_MEANWHILE[self._policy is None]}" if problem else ""

    def _refresh(self) -> None:
        now = self._clock()
        if self._keeper is None or (self._read_at and now - self._read_at < POLICY_KEPT):
            return
        before = self._unreadable or self._bad
        self._read_at = now
        try:
            found = _asked(self._keeper.newest, self._mark)
        except _Unreadable as error:
            self._bad_since = self._bad_since or now
            self._failing_since = self._failing_since or now
            if not error.passing or self._policy is None or now - self._failing_since >= PATIENCE:
                self._unreadable = f"The policy at {self.place} cannot be read: {error}"
        else:
            self._unreadable, self._failing_since = "", None
            if found:
                self._take(found, self._keeper)
            if not self._bad:
                self._good_at, self._bad_since = now, None
        after = self._unreadable or self._bad
        if after != before:
            log.warning("policy.problem" if after else "policy.mended", extra={"place": self.place, "problem": after})

    def _take(self, found: _Found, keeper: _Keeper) -> None:
        try:
            self._policy, self._bad = read(found.text), ""
        except BadPolicy as error:
            # Ours need not be the last good one: while this function slept, others may have gone on with a newer one.
            before = _good_one_before(found, keeper)
            if before:
                self._policy, self._good_at = before, self._read_at
            self._bad_since = self._bad_since or self._read_at
            said = "; ".join(map(str, error.problems[:_PROBLEMS_SAID]))
            more = len(error.problems) - _PROBLEMS_SAID
            rest = f"; and {more} more" if more > 0 else ""
            self._bad = f"The policy at {self.place} has {_count(len(error.problems))}: {said}{rest}"
        self._mark = found.mark


_MEANWHILE = {
    False: "Until it is mended, the last good one stays in force.",
    True: "Until it is mended, actions are refused and alerts go to the stack's channel.",
}


def _good_one_before(found: _Found, keeper: _Keeper) -> Policy | None:
    """Find the policy that was in force before: this function has just started, others have gone on with it."""
    for _ in range(_VERSIONS_BACK):
        try:
            before = _asked(keeper.before, found)
        except _Unreadable:
            return None
        if before is None:
            return None
        try:
            return read(before.text)
        except BadPolicy:
            found = before
    return None


def _count(number: int) -> str:
    return "1 problem" if number == 1 else f"{number} problems"


def _keeper(place: str, client: Callable[[str], Any]) -> _Keeper | None:
    kind, _, rest = place.partition(":")
    if not place:
        return None
    if kind == "ssm" and rest.startswith("/"):
        return _Parameter(rest, client("ssm"))
    bucket, _, key = rest.removeprefix("//").partition("/")
    if kind == "s3" and rest.startswith("//") and bucket and key:
        return _Object(bucket, key, client("s3"))
    raise BadPolicyPlace(f"{place!r} is no place of a policy: write ssm:/name or s3://bucket/key")


def _asked(question: Callable[[_T], _Found | None], about: _T) -> _Found | None:
    """Ask, and turn what goes wrong into words."""
    try:
        return question(about)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise _Unreadable(_REMEDIES.get(code, f"AWS says {code}"), passing=code not in _REMEDIES) from error
    except (BotoCoreError, OSError) as error:  # the connection, also while the object's body comes
        raise _Unreadable(f"AWS does not answer ({type(error).__name__})", passing=True) from error
    except UnicodeDecodeError as error:
        raise _Unreadable("it is not text in UTF-8: save it as such") from error


_PUT_IT_THERE = "put the policy there, or deploy the hub with another PolicyPlace"
_REMEDIES = {
    "ParameterNotFound": f"there is no such parameter: {_PUT_IT_THERE}",
    "NoSuchKey": f"there is no such object: {_PUT_IT_THERE}",
    "NoSuchBucket": f"there is no such bucket: {_PUT_IT_THERE}",
    "AccessDenied": "access denied: is the object there, and not encrypted with a KMS key of your own?",
    "AccessDeniedException": "access denied: deploy the hub with this PolicyPlace",
}


class _Parameter:
    """An SSM parameter of type String."""

    def __init__(self, name: str, client: Any) -> None:  # noqa: ANN401  # botocore's clients have no type
        self._name = name
        self._client = client

    def newest(self, mark: str) -> _Found | None:
        found = self._read(self._name)
        return None if found.mark == mark else found

    def before(self, found: _Found) -> _Found | None:
        version = int(found.mark.partition(" ")[0])
        return self._read(f"{self._name}:{version - 1}") if version > 1 else None

    def _read(self, name: str) -> _Found:
        parameter = self._client.get_parameter(Name=name)["Parameter"]
        if parameter["Type"] != "String":
            raise _Unreadable(f"it is a parameter of type {parameter['Type']}: make it one of type String")
        # One that was deleted and made again begins anew with version 1.
        return _Found(parameter["Value"], f"{parameter['Version']} {parameter['LastModifiedDate'].isoformat()}")


class _Object:
    """An S3 object, sent again only if it has changed. Only a list of versions would tell what it was before."""

    def __init__(self, bucket: str, key: str, client: Any) -> None:  # noqa: ANN401  # botocore's clients have no type
        self._bucket = bucket
        self._key = key
        self._client = client

    def newest(self, mark: str) -> _Found | None:
        unless = {"IfNoneMatch": mark} if mark else {}
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key, **unless)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_MODIFIED:
                return None
            raise
        if found["ContentLength"] > 4 * LONGEST:
            raise _Unreadable(f"it has {found['ContentLength']:,} bytes, which is no policy")
        return _Found(found["Body"].read().decode(), found["ETag"])

    def before(self, _found: _Found) -> _Found | None:
        return None
