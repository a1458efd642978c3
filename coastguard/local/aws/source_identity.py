"""AssumeRole as AWS does it: the organization and the role as the caller, and the person as the source identity.

MiniStack evaluates a trust policy, but knows neither `sts:SourceIdentity` nor `sts:SetSourceIdentity`, takes each
account for an organization of its own, and gives `aws:PrincipalArn` of a session as the session's ARN where AWS gives
the role's.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from coastguard.local.aws.examination import caller
from coastguard.local.aws.moto_mount import Response
from coastguard.local.aws.naming import principal_name
from coastguard.local.layout.organization import Organization
from coastguard.local.record import Call, Record

SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

# The source identity of the AssumeRole that is being answered.
_source_identity: ContextVar[str | None] = ContextVar("coastguard_source_identity", default=None)


def install(record: Record, organization: Organization) -> None:
    """Teach MiniStack's STS and IAM what this module's docstring names."""
    iam_evaluator._principal_org_id = organization.id_of  # noqa: SLF001 - asserted in symbols
    _resolve_the_role_of_a_session()
    _demand_source_identity_in_trust()
    _keep_source_identity_in_sessions()
    _watch_assume_role(record)


def role_arn(principal_arn: str) -> str:
    """Return the role's ARN, path included, for an assumed role's session ARN; any other ARN as it is."""
    parts = principal_arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("assumed-role/"):
        return principal_arn
    account, name = parts[4], parts[5].split("/")[1]
    role = iam._roles.get_scoped(account, None, name)  # noqa: SLF001 - asserted in symbols
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def _resolve_the_role_of_a_session() -> None:
    ministacks_value = iam_evaluator._resolve_condition_key  # noqa: SLF001 - asserted in symbols

    def resolve(key: str, context: Any) -> Any:  # noqa: ANN401 - MiniStack has no types
        if key.lower() == "aws:principalarn":
            return role_arn(context.principal_arn)
        return ministacks_value(key, context)

    iam_evaluator._resolve_condition_key = resolve  # noqa: SLF001 - asserted in symbols


def _demand_source_identity_in_trust() -> None:
    ministacks_verdict = iam_evaluator.evaluate_trust_policy

    def evaluate_trust_policy(document: Any, caller_arn: str, context: Any = None) -> bool:  # noqa: ANN401 - as above
        given = _source_identity.get()
        if context is None or given is None:
            return bool(ministacks_verdict(document, caller_arn, context))
        known = replace(context, service_context={**context.service_context, "sts:sourceidentity": given})
        return bool(ministacks_verdict(document, caller_arn, known)) and bool(
            ministacks_verdict(document, caller_arn, replace(known, action=SET_SOURCE_IDENTITY))
        )

    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy


def _keep_source_identity_in_sessions() -> None:
    ministacks_register = sts.register_session
    ministacks_keys = iam_evaluator._principal_keys  # noqa: SLF001 - asserted in symbols

    def register_session(access_key: str, session: dict[str, Any]) -> None:
        if given := _source_identity.get():
            session["SourceIdentity"] = given
        ministacks_register(access_key, session)

    def principal_keys(credential: Any) -> dict[str, Any]:  # noqa: ANN401 - MiniStack has no types
        keys: dict[str, Any] = ministacks_keys(credential)
        session = sts._sessions.get(credential.access_key_id) or {}  # noqa: SLF001 - asserted in symbols
        if session.get("SourceIdentity"):
            keys["aws:sourceidentity"] = session["SourceIdentity"]
        return keys

    sts.register_session = register_session
    iam_evaluator._principal_keys = sts._principal_keys = principal_keys  # noqa: SLF001 - asserted in symbols


def _watch_assume_role(record: Record) -> None:
    ministacks_sts: Callable[..., Awaitable[Response]] = sts.handle_request

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, list[str]]
    ) -> Response:
        form = {**query_params, **parse_qs(body.decode())}
        if form.get("Action") != ["AssumeRole"]:
            return await ministacks_sts(method, path, headers, body, query_params)
        access_key = extract_access_key_id(headers, query_params)
        asked = AskedRole.of(form, access_key)
        refusal = asked.malformed() or asked.refused_by_the_caller(access_key)
        token = _source_identity.set(asked.source_identity)
        try:
            answer = refusal or await ministacks_sts(method, path, headers, body, query_params)
        finally:
            _source_identity.reset(token)
        allowed = answer[0] == 200
        record.add_call(asked.call(record.now(), allowed=allowed))
        if answer[0] == 403 and not refusal:
            record.refuse("trust", asked.untrusted())
        return asked.with_source_identity(answer) if allowed else answer

    sts.handle_request = handle_request


@dataclass(frozen=True, slots=True)
class AskedRole:
    """One AssumeRole: who asks for which role, and on whose behalf.

    `requested` is the source identity in the request, `inherited` that of the caller's own session.
    """

    role: str
    session: str
    principal: str
    requested: str | None
    inherited: str | None

    @classmethod
    def of(cls, form: Mapping[str, list[str]], access_key: str) -> "AskedRole":
        """Read the request's form."""
        principal, inherited = caller(access_key)
        role, session, requested = (
            form.get(name, [""])[0] for name in ("RoleArn", "RoleSessionName", "SourceIdentity")
        )
        return cls(role, session, principal, requested or None, inherited)

    @property
    def source_identity(self) -> str | None:
        """The source identity of the new session: once set, it stays for the whole chain of roles."""
        return self.inherited or self.requested

    def refused_by_the_caller(self, access_key: str) -> Response | None:
        """Return the refusal if the caller's own side does not let it set, or change, the source identity."""
        if self.source_identity is None or not ministack.app.AUTH:
            return None
        changes = self.inherited and self.requested and self.inherited != self.requested
        denied = iam_evaluator.enforce(access_key, SET_SOURCE_IDENTITY, "sts", get_region(), self.role)
        if not changes and not denied:
            return None
        refused: Response = iam_actions.access_denied_response(
            "sts", SET_SOURCE_IDENTITY, self.principal, "", resource_arn=self.role
        )
        return refused

    def malformed(self) -> Response | None:
        """Return STS's answer to a source identity that no session can have."""
        if self.requested is None or re.fullmatch(r"[\w+=,.@-]{2,64}", self.requested, re.ASCII):
            return None
        text = f"Value '{self.requested}' at 'sourceIdentity' must be 2 to 64 of letters, digits and +=,.@-_"
        answer: Response = sts._error(400, "ValidationError", text, ns="sts")  # noqa: SLF001 - asserted in symbols
        return answer

    def call(self, at: float, *, allowed: bool) -> Call:
        """Return the record of this AssumeRole."""
        return Call(
            at=at,
            account=get_account_id(),
            region=get_region(),
            principal=self.principal,
            action="sts:AssumeRole",
            resource=self.role,
            allowed=allowed,
            source_identity=self.source_identity,
            role=self.role,
            session=self.session,
        )

    def untrusted(self) -> str:
        """Return the sentence for a role that does not let this caller in."""
        identity = f"source identity {self.source_identity}" if self.source_identity else "no source identity"
        who = principal_name(self.principal)
        return f"{principal_name(self.role)} does not exist or does not trust {who} with {identity}."

    def with_source_identity(self, answer: Response) -> Response:
        """Return STS's answer with the source identity in it, as AWS answers."""
        if self.source_identity is None:
            return answer
        status, headers, body = answer
        mark, identity = b"</AssumeRoleResult>", self.source_identity.encode()
        return (
            status,
            headers,
            body.replace(mark, b"<SourceIdentity>%b</SourceIdentity>" % identity + mark),
        )
