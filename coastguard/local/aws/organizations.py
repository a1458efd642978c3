"""AWS Organizations as the world's organization has it: the hub manages, the members are its accounts.

MiniStack takes each account for the manager of an organization of its own, and gives all accounts at once.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

import ministack.app
from ministack.core.responses import error_response_json, get_account_id, request_scope
from ministack.services import organizations

from coastguard.local.aws.moto_mount import Response
from coastguard.local.aws.organization import HUB, HUB_REGION, MEMBERS_UNIT, ORGANIZATION, ROOT, Account, Organization

# ListAccounts gives so many at once, also to those who ask for none.
MOST_AT_ONCE = 20
# When the accounts joined, for those who want to know.
JOINED = 1_700_000_000

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, list[str]]], Awaitable[Response]]


def install(organization: Organization) -> None:
    """Give MiniStack's service this organization, and let only the hub manage it."""
    with request_scope(HUB.id, HUB_REGION):
        _found(organization)
    organizations._DISPATCH["ListAccounts"] = _list_accounts  # noqa: SLF001 - asserted in symbols
    handlers = ministack.app.SERVICE_HANDLERS
    handlers["organizations"] = _only_for_the_hub(handlers["organizations"])


def _found(organization: Organization) -> None:
    """Write the organization into MiniStack's tables, in the hub's scope."""
    organizations._ensure_org()  # noqa: SLF001 - asserted in symbols
    arn = f"arn:aws:organizations::{HUB.id}"
    described = organizations._orgs["self"]  # noqa: SLF001 - asserted in symbols
    described |= {
        "Id": ORGANIZATION,
        "Arn": f"{arn}:organization/{ORGANIZATION}",
        "MasterAccountArn": f"{arn}:account/{ORGANIZATION}/{HUB.id}",
    }
    (root,) = organizations._roots.values()  # noqa: SLF001 - asserted in symbols
    organizations._roots.clear()  # noqa: SLF001
    organizations._roots[ROOT] = {**root, "Id": ROOT, "Arn": f"{arn}:root/{ORGANIZATION}/{ROOT}"}  # noqa: SLF001
    organizations._ous[MEMBERS_UNIT] = {  # noqa: SLF001 - asserted in symbols
        "Id": MEMBERS_UNIT,
        "Arn": f"{arn}:ou/{ORGANIZATION}/{MEMBERS_UNIT}",
        "Name": "members",
        "_ParentId": ROOT,
    }
    for account in organization.accounts:
        parent = ROOT if account == HUB else MEMBERS_UNIT
        organizations._accounts[account.id] = {**_described(account), "_ParentId": parent}  # noqa: SLF001 - asserted in symbols


def _described(account: Account) -> dict[str, object]:
    return {
        "Id": account.id,
        "Arn": f"arn:aws:organizations::{HUB.id}:account/{ORGANIZATION}/{account.id}",
        "Email": f"aws+{account.alias}@coast.example",
        "Name": account.alias,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": "INVITED" if account == HUB else "CREATED",
        "JoinedTimestamp": JOINED,
    }


def _list_accounts(asked: Mapping[str, object]) -> Response:
    """Answer a page; MiniStack's own answer is everything."""
    size, token = asked.get("MaxResults", MOST_AT_ONCE), asked.get("NextToken", "0")
    if not isinstance(size, int) or not 1 <= size <= MOST_AT_ONCE or not str(token).isdecimal():
        refused: Response = error_response_json("InvalidInputException", "MaxResults is 1 to 20.", 400)
        return refused
    accounts = sorted(organizations._accounts.values(), key=lambda account: str(account["Id"]))  # noqa: SLF001 - asserted in symbols
    start, end = int(str(token)), int(str(token)) + size
    page = [organizations._public_account(account) for account in accounts[start:end]]  # noqa: SLF001 - asserted in symbols
    more = {"NextToken": str(end)} if end < len(accounts) else {}
    answer: Response = organizations._json(200, {"Accounts": page, **more})  # noqa: SLF001 - asserted in symbols
    return answer


def _only_for_the_hub(ministacks_handler: Handler) -> Handler:
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Response:
        if get_account_id() == HUB.id:
            return await ministacks_handler(method, path, headers, body, query)
        refusal = {
            "__type": "AccessDeniedException",
            "Message": "You don't have permissions to access this resource.",
        }
        return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(refusal).encode()

    return handle
