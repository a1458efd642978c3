"""Signing in to member accounts, and calling AWS there.

One client per service and Region serves all accounts: a client costs 2-15 ms and a megabyte, an account costs neither.
What differs is who signs, so the clients' credentials answer from a context variable that `Member.call` sets for the
duration of one call. A call outside of it is not signed at all; the hub's own credentials never reach a member client.

    Accounts ──member(account, region, role)──▶ Member ──call(service, operation, …)──▶ answer, or an error of `errors`
       │                                           │
       └ clients by (service, Region)              └ a sign-in by (partition, account, role), renewed before it ends,
                                                     or when AWS says that it is stale (spoke.curing)

A role with a source identity acts as one person: its sign-in lives and dies with its Member, and lasts a quarter of an
hour. What it may do is narrowed to what is being done (`Member.narrowed`, spoke.session_policy).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol

from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials
from botocore.exceptions import ClientError
from botocore.hooks import BaseEventHooks
from botocore.loaders import Loader

from spoke import USER_AGENT
from spoke.curing import cure
from spoke.deadline import Deadline, deadline
from spoke.errors import UNANSWERED, Busy, kind, reason, stale
from spoke.models import STATUSES, read_statuses
from spoke.places import check_account, check_region, partition
from spoke.session_policy import Allowed, session_policy
from spoke.sessions import LeanSession

# A look waits for many accounts: a silent one must cost ten seconds, not the minute that botocore would wait.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=32,  # as many as the sweep has threads: a new connection is a handshake, which costs the most
    user_agent=USER_AGENT,
)
# What cannot be done twice is sent once: botocore would send again what was only not answered.
_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
# STS gives no shorter sessions.
_SHORTEST = 900
_NOTICE = {"advisory_timeout": 60, "mandatory_timeout": 30}
_ROLE_NAME = re.compile(r"([\x21-\x2e\x30-\x7e]+/)*[A-Za-z0-9_+=,.@-]{1,64}")
_SESSION_WORD = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")

_signing: ContextVar["_SignIn"] = ContextVar("signing")


class _Session(Protocol):
    """What makes clients with the hub's own credentials, as boto3's sessions do."""

    def client(self, service: str, /, *, config: Config) -> Any: ...  # noqa: ANN401  # botocore's clients have no type


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume in member accounts.

    `name` may carry a path ("coastguard/coastguard-reader"); `session_name` and `source_identity` stand in the member's
    CloudTrail. `policy` is what of the role's permissions a session keeps, as JSON; "" for all of them. Raises
    ValueError for what STS would not take.
    """

    name: str
    session_name: str
    source_identity: str | None = None
    policy: str = ""

    def __post_init__(self) -> None:
        if not _ROLE_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a role name, with or without a path")
        for word in (self.session_name, self.source_identity):
            if word is not None and not _SESSION_WORD.fullmatch(word):
                raise ValueError(f"{word!r} must be 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -")


class Accounts:
    """The member accounts, reached from the hub.

    Args:
        session: the hub's own session; its Region's STS hands out the members' credentials
        loader: one whose parsed service models are to be shared with others; by default those of the whole process
    """

    def __init__(self, session: _Session, loader: Loader | None = None) -> None:
        self._sts = session.client("sts", config=_CONFIG)
        self._clients = _Clients(loader)
        self._sign_ins: dict[tuple[str, str, Role], _SignIn] = {}
        self._lock = Lock()

    @property
    def events(self) -> BaseEventHooks:
        """Botocore's event hooks of all member clients. Register before the first call: a client copies them."""
        return self._clients.events

    def member(self, account: str, region: str, role: Role) -> "Member":
        """Return the account as seen in that Region with that role. Nothing is called yet. Raises BadPlace."""
        check_account(account)
        check_region(region)
        return Member(account, region, self._clients, self._sign_in(account, region, role), deadline())

    def _sign_in(self, account: str, region: str, role: Role) -> "_SignIn":
        if role.source_identity is not None:
            return _SignIn(self._sts.assume_role, account, region, role)
        with self._lock:
            place = (partition(region), account, role)
            if place not in self._sign_ins:
                self._sign_ins[place] = _SignIn(self._sts.assume_role, account, region, role)
            return self._sign_ins[place]


class Member:
    """One account and Region, signed in with one role. May be used by several threads.

    It keeps to the deadline of the work that it was made for: calls that would begin after it raise Busy.
    """

    def __init__(self, account: str, region: str, clients: "_Clients", sign_in: "_SignIn", deadline: Deadline) -> None:
        self.account = account
        self.region = region
        self._clients = clients
        self._sign_in = sign_in
        self._deadline = deadline

    def narrowed(self, *allowed: Allowed) -> "Member":
        """Return the same account and Region, signed in anew for these actions alone."""
        sign_in = self._sign_in.narrowed(session_policy(allowed))
        return Member(self.account, self.region, self._clients, sign_in, self._deadline)

    def sign_in(self) -> None:
        """Sign in now, and not at the first call. Raises Refused or Busy."""
        self._sign_in.credentials()

    def call(self, service: str, operation: str, /, **params: object) -> dict[str, Any]:
        """Call AWS here: `member.call("ecs", "describe_clusters", clusters=[…])`.

        Raises Refused, Busy or ClusterGone; any other ClientError as it is.
        """
        return self._call(self._clients.get(service, self.region), service, operation, params)

    def once(self, service: str, operation: str, /, **params: object) -> dict[str, Any]:
        """Do what `call` does, but send it once: what must not happen twice is not repeated for want of an answer.

        Busy then leaves open whether it was done, unless it came from a throttle (`errors.unanswered`).
        """
        return self._call(self._clients.get(service, self.region, once=True), service, operation, params)

    def _call(self, client: Any, service: str, operation: str, params: Mapping[str, object]) -> dict[str, Any]:  # noqa: ANN401 - botocore's clients have no type
        with self._signed(service, client.meta.method_to_api_mapping[operation]):
            answer: dict[str, Any] = getattr(client, operation)(**params)
            return answer

    def pages(self, service: str, operation: str, /, **params: object) -> Iterator[dict[str, Any]]:
        """Call an operation that answers in pages, and yield each. Raises as `call` does."""
        client = self._clients.get(service, self.region)
        pages = iter(client.get_paginator(operation).paginate(**params))
        while True:
            # The member must not stay set while the caller has the page.
            with self._signed(service, client.meta.method_to_api_mapping[operation]):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def require(self, account: str, region: str) -> None:
        """Raise ValueError unless this is that account and Region: nothing may be read or done in another one."""
        if (self.account, self.region) != (account, region):
            raise ValueError(f"{account}/{region} cannot be reached through {self.account}/{self.region}")

    @contextmanager
    def _signed(self, service: str, operation: str) -> Iterator[None]:
        place = f"{self.account}/{self.region}"
        if self._deadline.left() <= 0:
            raise Busy(f"{service}:{operation} {Busy.happened} in {place}: no time left")
        if self._deadline.is_silent(self.account, service, self.region):
            raise Busy(f"{service}:{operation} {Busy.happened} in {place}: {service} did not answer a moment ago")
        self._sign_in.credentials()
        token = _signing.set(self._sign_in)
        try:
            yield
        except (ClientError, *UNANSWERED) as error:
            if isinstance(error, UNANSWERED):
                self._deadline.silent.setdefault((service, self.region), set()).add(self.account)
            if stale(error):
                self._sign_in.forget()
            sort = kind(error)
            if sort is None:
                raise
            raise sort(f"{service}:{operation} {sort.happened} in {place}: {reason(error)}") from error
        finally:
            _signing.reset(token)


class _SignIn:
    """One role in one account: assumed at first use, and again before the credentials end."""

    def __init__(self, assume_role: Callable[..., dict[str, Any]], account: str, region: str, role: Role) -> None:
        self._assume_role = assume_role
        self._account = account
        self._region = region
        self._arn = f"arn:{partition(region)}:iam::{account}:role/{role.name}"
        self._role = role
        self._credentials: RefreshableCredentials | None = None
        self._lock = Lock()

    def narrowed(self, policy: str) -> "_SignIn":
        """Return a sign-in of its own, to the same role, that keeps of its permissions what the policy allows."""
        return _SignIn(self._assume_role, self._account, self._region, replace(self._role, policy=policy))

    def credentials(self) -> RefreshableCredentials:
        with self._lock:
            if self._credentials is None:
                # By itself botocore would sign in anew for each call of a session that is as short as its own notice.
                notice = _NOTICE if self._role.source_identity is not None else {}
                self._credentials = RefreshableCredentials.create_from_metadata(
                    metadata=self._assume(), refresh_using=self._assume, method="coastguard", **notice
                )
            return self._credentials

    def forget(self) -> None:
        """Sign in anew at the next use: a role that was deleted and made again makes its old sessions worthless."""
        with self._lock:
            self._credentials = None

    def _assume(self) -> dict[str, str]:
        more: dict[str, object] = {"Policy": self._role.policy} if self._role.policy else {}
        if self._role.source_identity is not None:
            more |= {"SourceIdentity": self._role.source_identity, "DurationSeconds": _SHORTEST}
        try:
            answer = self._assume_role(RoleArn=self._arn, RoleSessionName=self._role.session_name, **more)
        except (ClientError, *UNANSWERED) as error:
            sort = kind(error)
            if sort is None:
                raise
            what = f"role {self._role.name} cannot be assumed in {self._account}"
            raise sort(f"{what}: {reason(error)}") from error
        given = answer["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }


class _Clients:
    """Clients by service and Region, shared by all accounts; each is made when it is first needed."""

    def __init__(self, loader: Loader | None) -> None:
        self._session = LeanSession(_Provider(), loader)
        self.events.register(STATUSES, read_statuses)
        cure(self.events, lambda: _signing.get().forget())
        self._made: dict[tuple[str, str, bool], Any] = {}
        self._lock = Lock()

    @property
    def events(self) -> BaseEventHooks:
        return self._session.events

    def get(self, service: str, region: str, *, once: bool = False) -> Any:  # noqa: ANN401 - botocore's clients have no type
        which = service, region, once
        with self._lock:
            if which not in self._made:
                self._made[which] = self._session.client(service, region, _ONCE if once else _CONFIG)
            return self._made[which]


class _Provider:
    """What botocore asks for the credentials of a new client."""

    def load_credentials(self) -> "_CredentialsOfTheCall":
        return _CredentialsOfTheCall()


class _CredentialsOfTheCall:
    """Botocore's idea of credentials, answered anew for each request (and each retry of one)."""

    method = "coastguard"

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        sign_in = _signing.get(None)
        if sign_in is None:
            raise RuntimeError("no member account is signed in: use Member.call")
        return sign_in.credentials().get_frozen_credentials()

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """Botocore asks so for the account id, where a service's endpoint depends on it."""
        return lambda: getattr(self.get_frozen_credentials(), name)
