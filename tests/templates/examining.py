"""IAM in small: whether a policy document lets a request through.

Knows the operators that the templates use; any other is an error. After AWS's "IAM JSON policy elements": a key that is
absent satisfies ForAllValues and Null "true" and nothing else here; a key with several values is examined properly by
set operators only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Values = tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """Who does what to what, and what AWS knows besides: condition keys, each with one value or a tuple of several."""

    action: str
    resource: str = "*"
    principal: str = ""
    keys: Mapping[str, str | Values] = field(default_factory=dict)


def allows(document: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement allows the request and none denies it."""
    effects = {statement["Effect"] for statement in statements(document) if _matches(statement, request)}
    return "Allow" in effects and "Deny" not in effects


def denies(document: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a statement denies the request outright."""
    return any(statement["Effect"] == "Deny" and _matches(statement, request) for statement in statements(document))


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy document, or of a lone statement."""
    found = document.get("Statement", document)
    return found if isinstance(found, list) else [found]


def listed(value: str | list[str] | None) -> list[str]:
    """Return what the policy language lets one write as a lone string or as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def like(pattern: str, text: str) -> bool:
    """Match with IAM's two wildcards, * and ?."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text) is not None


def _matches(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        any(like(action.lower(), request.action.lower()) for action in listed(statement["Action"]))
        and ("Resource" not in statement or any(like(arn, request.resource) for arn in listed(statement["Resource"])))
        and ("Principal" not in statement or _is_meant(statement["Principal"], request.principal))
        and all(
            _holds(operator, listed(wanted), request.keys.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _is_meant(principals: str | Mapping[str, str | list[str]], principal: str) -> bool:
    if principals == "*":
        return True
    assert isinstance(principals, Mapping)
    if principal in listed(principals.get("Service")):
        return True
    account = principal.split(":")[4] if principal.startswith("arn:") else ""
    named = listed(principals.get("AWS"))
    return "*" in named or (bool(account) and f"arn:aws:iam::{account}:root" in named)


def _holds(operator: str, wanted: list[str], given: str | Values | None) -> bool:
    if operator == "Null":
        return (given is None) == (wanted == ["true"])
    if operator == "ForAllValues:StringEquals":
        return set(() if given is None else (given,) if isinstance(given, str) else given) <= set(wanted)
    if not isinstance(given, str):
        return False
    match operator:
        case "StringEquals" | "Bool":
            return given in wanted
        case "StringLike":
            return any(like(pattern, given) for pattern in wanted)
        case "ArnEquals" | "ArnLike":
            return any(_arn_like(pattern, given) for pattern in wanted)
    raise NotImplementedError(f"The templates use the operator {operator}, which is not known yet.")


def _arn_like(pattern: str, arn: str) -> bool:
    """Each of the six parts of an ARN is matched on its own."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(like, patterns, parts))
