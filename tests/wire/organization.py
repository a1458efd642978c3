"""AWS Organizations on the wire: what sweep reads of it. Whoever changes an Organization changes what AWS answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.wire.wire import HUB, Call, Failure, Json, Stray, Wire

ROOT = "r-root"
_PAGE = 20  # https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html


@dataclass
class Enrolled:
    """An account of the organization."""

    name: str
    state: str = "ACTIVE"
    unit: str = ROOT
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Organization:
    """Accounts by id, and units below the root: of each, in which other one it is and what it is called."""

    accounts: dict[str, Enrolled] = field(default_factory=dict)
    units: dict[str, tuple[str, str]] = field(default_factory=dict)

    def hang(self, wire: Wire) -> None:
        """Answer for Organizations."""
        wire.services["organizations"] = self

    def unit(self, parent: str, name: str) -> str:
        """Make a unit; returns its id."""
        made = f"ou-root-{len(self.units):08}"
        self.units[made] = (parent, name)
        return made

    def __call__(self, call: Call) -> bytes:
        if call.account != HUB:
            raise Stray(f"organizations:{call.operation} by {call.account}")
        return json.dumps(self._answer(call)).encode()

    def _answer(self, call: Call) -> Json:
        match call.operation:
            case "ListAccounts":
                call.only("NextToken")
                return _page(call, "Accounts", self._told(list(self.accounts)))
            case "ListRoots":
                call.only()
                return {"Roots": [{"Id": ROOT}]}
            case "ListAccountsForParent":
                parent = self._parent(call)
                within = [account for account, each in self.accounts.items() if each.unit == parent]
                return _page(call, "Accounts", self._told(within))
            case "ListOrganizationalUnitsForParent":
                parent = self._parent(call)
                within = [unit for unit, (above, _) in self.units.items() if above == parent]
                units = [{"Id": unit, "Name": self.units[unit][1]} for unit in within]
                return _page(call, "OrganizationalUnits", units)
            case "ListTagsForResource":
                call.only("ResourceId")
                if call.fields["ResourceId"] not in self.accounts:
                    raise Failure("TargetNotFoundException", "You specified a target that doesn't exist.")
                tags = self.accounts[call.fields["ResourceId"]].tags
                return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        raise Stray(f"organizations:{call.operation}")

    def _told(self, accounts: list[str]) -> list[Json]:
        known = self.accounts
        return [{"Id": each, "Name": known[each].name, "State": known[each].state} for each in sorted(accounts)]

    def _parent(self, call: Call) -> str:
        call.only("ParentId", "NextToken")
        parent = str(call.fields["ParentId"])
        if parent != ROOT and parent not in self.units:
            raise Failure("ParentNotFoundException", "You specified parent that doesn't exist.")
        return parent


def _page(call: Call, name: str, rows: list[Json]) -> Json:
    start = int(call.fields.get("NextToken", 0))
    more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(rows) else {}
    return {name: rows[start : start + _PAGE], **more}


def nested(names: Mapping[str, str], states: Mapping[str, str] | None = None) -> Organization:
    """An organization of accounts with these names, by id, in a unit that is in another; the others are active."""
    made = Organization()
    inner = made.unit(made.unit(ROOT, "outer"), "inner")
    for account, name in names.items():
        state = (states or {}).get(account, "ACTIVE")
        made.accounts[account] = Enrolled(name, state, inner, {"name": name})
    return made
