"""Ways of breaking a template, each with the check that has to notice.

A break names a place by the keys that lead to it and says what stands there instead. The place must exist (or, for what
is added, its parent), so a template that moves on cannot leave a break behind that no longer breaks anything.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.templates.reading import Template

GONE = object()
"""Instead of a value: the key is taken away."""


@dataclass(frozen=True)
class Break:
    """`text` tells what is broken, `check` is the name of the check that notices, `path` is dotted."""

    text: str
    check: str
    template: str
    path: str
    value: Any = GONE

    def applied(self, templates: dict[str, Template]) -> dict[str, Template]:
        """Return the templates with this one thing broken."""
        broken = {**templates, self.template: deepcopy(templates[self.template])}
        *parents, last = self.path.split(".")
        place: Any = broken[self.template]
        for key in parents:
            place = place[int(key)] if isinstance(place, list) else place[key]
        if isinstance(place, list):
            if last == "+":
                place.append(self.value)
            elif self.value is GONE:
                del place[int(last)]
            else:
                place[int(last)] = self.value
        elif self.value is GONE:
            del place[last]
        else:
            place[last] = self.value
        if broken == templates:
            raise ValueError(f"{self.text}: nothing changed.")
        return broken


def hub(text: str, check: str, path: str, value: Any = GONE) -> Break:
    """Break a resource of the hub."""
    return Break(text, check, "hub", f"Resources.{path}", value)


def roles(text: str, check: str, path: str, value: Any = GONE) -> Break:
    """Break a resource of the members' roles."""
    return Break(text, check, "roles", f"Resources.{path}", value)


def rules(text: str, check: str, path: str, value: Any = GONE) -> Break:
    """Break a resource of the members' rules."""
    return Break(text, check, "rules", f"Resources.{path}", value)


def organization(text: str, check: str, path: str, value: Any = GONE) -> Break:
    """Break something of the template with the StackSets."""
    return Break(text, check, "organization", path, value)


def allow(action: str, resource: Any = "*") -> dict[str, Any]:
    """Return a statement that allows too much."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def attribute(logical_id: str, name: str = "Arn") -> dict[str, Any]:
    """Return !GetAtt."""
    return {"Fn::GetAtt": [logical_id, name]}
