"""Questions to IAM policies that MiniStack does not ask by itself, answered by MiniStack's own policy evaluation."""

from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

# MiniStack has no types.
Role = Mapping[str, Any]
Policy = Mapping[str, Any] | str | None


def role_by_arn(role_arn: str) -> Role | None:
    """Return MiniStack's record of the role with exactly this ARN, its path included."""
    parts = role_arn.split(":", 5)
    if len(parts) != 6:
        return None
    role: Role | None = iam._roles.get_scoped(parts[4], None, role_arn.rpartition("/")[2])  # noqa: SLF001 - asserted in symbols
    return role if role and role["Arn"] == role_arn else None


def role_context(role: Role, action: str, resource: str, region: str, **keys: object) -> Any:  # noqa: ANN401 - no types
    """Describe a call that a service makes in this role; `keys` are the condition keys of the call."""
    account = role["Arn"].split(":")[4]
    return iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context=keys,
    )


def identity_verdict(role: Role, context: Any) -> Any:  # noqa: ANN401 - MiniStack has no types
    """Evaluate the role's own policies, within its permissions boundary."""
    account = role["Arn"].split(":")[4]
    policies = iam_evaluator._gather_role_policies(role["RoleName"], account)  # noqa: SLF001 - asserted in symbols
    limits = iam_evaluator._permissions_boundary(iam._roles, role["RoleName"], account)  # noqa: SLF001
    return iam_evaluator.evaluate(context, policies, *limits)


def lets_service(policy: Policy, service: str, action: str, resource: str, source_arn: str) -> bool:
    """Whether a resource's policy, or a role's trust policy, lets a service act on it on behalf of `source_arn`."""
    parts = source_arn.split(":")
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=parts[3],
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": parts[4]},
    )
    verdict = iam_evaluator.evaluate_resource_policy(policy, context, service=service)
    return bool(verdict.decision == "Allow")
