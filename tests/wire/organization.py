"""AWS Organizations on the wire: what sweep reads of it. The accounts are in a unit of their own, below another."""

import json
from collections.abc import Mapping

from tests.wire.wire import HUB, Call, Json, Stray

ROOT, OUTER, INNER = "r-root", "ou-root-outer0001", "ou-root-inner0001"
_UNITS = {ROOT: [OUTER], OUTER: [INNER], INNER: []}


def organization(call: Call, names: Mapping[str, str], states: Mapping[str, str] | None = None) -> bytes:
    """Answer for an organization of accounts with these names, by id; those with no other of `states` are active."""
    if call.account != HUB:
        raise Stray(f"organizations:{call.operation} by {call.account}")
    return json.dumps(_answer(call, names, states or {})).encode()


def _answer(call: Call, names: Mapping[str, str], states: Mapping[str, str]) -> Json:
    accounts = [
        {"Id": account, "Name": name, "State": states.get(account, "ACTIVE")} for account, name in sorted(names.items())
    ]
    match call.operation:
        case "ListAccounts":
            call.only()
            return {"Accounts": accounts}
        case "ListRoots":
            call.only()
            return {"Roots": [{"Id": ROOT}]}
        case "ListAccountsForParent":
            call.only("ParentId")
            return {"Accounts": accounts if call.fields["ParentId"] == INNER else []}
        case "ListOrganizationalUnitsForParent":
            call.only("ParentId")
            return {"OrganizationalUnits": [{"Id": unit, "Name": unit} for unit in _UNITS[call.fields["ParentId"]]]}
        case "ListTagsForResource":
            call.only("ResourceId")
            return {"Tags": [{"Key": "name", "Value": names[call.fields["ResourceId"]]}]}
    raise Stray(f"organizations:{call.operation}")
