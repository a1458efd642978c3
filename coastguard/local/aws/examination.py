"""IAM at work: what each call touches, who made it, and the record of what was allowed and what was refused."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import sts, tagging

from coastguard.local.aws.naming import principal_name
from coastguard.local.fleet import resources
from coastguard.local.record import Call, Record

FLEET_SERVICES = frozenset({"autoscaling", "ec2", "ecs", "organizations", "ssm"})
# An AssumeRole is recorded as one call once the role's trust policy has spoken too: see source_identity.
SAID_ELSEWHERE = frozenset({"sts:AssumeRole", "sts:SetSourceIdentity"})

# IAM knows no actions for batches; MiniStack asks for them by the operation's name.
BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}

# The condition keys of the request whose resource was just worked out; MiniStack asks for them one step later.
_condition_keys: ContextVar[Mapping[str, str]] = ContextVar("coastguard_condition_keys", default=MappingProxyType({}))

# What else a request touches, of which IAM is asked one after another.
_more: ContextVar[Sequence[str]] = ContextVar("coastguard_more_resources", default=())


def install(record: Record) -> None:
    """Teach MiniStack the fleet's resources and record every examined call."""
    _stand_for_tls()
    _teach_resources()
    _teach_tags()
    _record_calls(record)


def caller(access_key: str) -> tuple[str, str | None]:
    """Return the principal's ARN behind an access key (the key itself if unknown) and its session's source identity."""
    session = sts._sessions.get(access_key) or {}  # noqa: SLF001 - asserted in symbols
    credential = iam_evaluator.resolve_credential(access_key, get_account_id())
    return getattr(credential, "principal_arn", access_key), session.get("SourceIdentity")


def _stand_for_tls() -> None:
    """Let the loopback count as the encrypted line to AWS that it stands for, or aws:SecureTransport denies it all."""
    pin = iam_evaluator.pin_request_origin
    ministack.app.pin_request_origin = lambda address, _secure: pin(address, True)
    # The default is what deliveries from service to service have, which no request of ours began.
    origin = ContextVar("coastguard_request_origin", default=("127.0.0.1", True))
    iam_evaluator._request_origin = origin  # noqa: SLF001 - asserted in symbols


def _teach_resources() -> None:
    ministacks_answer = iam_actions.extract_resource_arn

    def extract_resource_arn(  # noqa: PLR0913 - MiniStack's signature
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        resource = None
        _condition_keys.set({})
        _more.set(())
        if service in FLEET_SERVICES:
            request = resources.Request.of(service, headers, body, query_params, region, account_id)
            resource = resources.resource_of(request)
            _condition_keys.set(resources.condition_keys(request))
            _more.set(resources.more_resources_of(request))
        if service == "sts" and query_params.get("SourceIdentity"):
            _condition_keys.set({"sts:sourceidentity": query_params["SourceIdentity"][0]})
        return resource or str(
            ministacks_answer(service, method, path, headers, body, query_params, region, account_id)
        )

    iam_actions.extract_resource_arn = extract_resource_arn


def _teach_tags() -> None:
    ministacks_tags = tagging.resource_tags

    def resource_tags(arn: str) -> dict[str, str] | None:
        tags = resources.tags_of(arn)
        return ministacks_tags(arn) if tags is None else tags

    tagging.resource_tags = resource_tags


def _record_calls(record: Record) -> None:
    ministacks_verdict = iam_evaluator.enforce

    def enforce(  # noqa: PLR0913 - MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - MiniStack has no types
        iam_action = BATCHES.get(iam_action, iam_action)
        context = {**_condition_keys.get(), **(service_context or {})}
        denied = None
        for arn in (resource_arn, *_more.get()):
            denied = denied or ministacks_verdict(access_key_id, iam_action, service, region, arn, context)
        if iam_action in SAID_ELSEWHERE and not denied:
            return denied
        principal, source_identity = caller(access_key_id or "")
        record.add_call(
            Call(
                at=record.now(),
                account=get_account_id(),
                region=region,
                principal=principal,
                action=iam_action,
                resource=resource_arn,
                allowed=not denied,
                source_identity=source_identity,
            )
        )
        if isinstance(denied, iam_evaluator.AuthError):
            record.refuse("iam", f"{iam_action} by {principal_name(principal)} was not examined: {denied.message}")
        elif denied:
            record.refuse("iam", f"{principal_name(principal)} may not {iam_action} on {resource_arn}.")
        return denied

    iam_evaluator.enforce = enforce
