"""Session policies: what a session may do of all that its role may. Pure.

A session's credential can do what the role *and* its session policy allow: so what a person has asked for is signed
with a credential that can do this one thing to this one target, and nothing else of what the role is for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

# Outside of ${…} these stand for any letters, or begin a variable.
_SPECIAL = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Actions on resources; AWS lets some actions be narrowed to none, so that these are "*"."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)


def session_policy(allowed: Iterable[Allowed]) -> str:
    """Write the policy, as short as it can be: STS takes 2,048 characters."""
    statements = [
        {"Effect": "Allow", "Action": list(each.actions), "Resource": list(each.resources)} for each in allowed
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def literally(name: str) -> str:
    """Write a name so that it means itself in a policy's resource, whatever letters AWS let somebody put into it."""
    return _SPECIAL.sub(lambda found: f"${{{found[0]}}}", name)
