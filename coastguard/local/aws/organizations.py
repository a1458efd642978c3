"""AWS Organizations as the world's organization has it: the hub manages, the members are its accounts.

MiniStack takes each account for the manager of an organization of its own, and gives all of anything at once.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

import ministack.app
from ministack.core.responses import error_response_json, get_account_id, request_scope
from ministack.services import organizations

from coastguard.local.aws.moto_mount import Response
from coastguard.local.layout.organization import HUB, HUB_REGION, ORGANIZATION, ROOT, UNITS, Account, Organization

# Lists give so many at once, also to those who ask for none.
MOST_AT_ONCE = 20
# When the accounts joined, for those who want to know.
JOINED = 1_700_000_000

# What each operation lists, by the list's name in its answer.
LISTS = {
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
    "ListRoots": "Roots",
    "ListTagsForResource": "Tags",
}
_OF_A_PARENT = {"ListAccountsForParent", "ListOrganizationalUnitsForParent"}

Answer = Callable[[Mapping[str, object]], Response]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, list[str]]], Awaitable[Response]]


def install(organization: Organization) -> None:
    """Give MiniStack's service this organization, and let only the hub manage it."""
    with request_scope(HUB.id, HUB_REGION):
        _found(organization)
    for operation in LISTS:
        organizations._DISPATCH[operation] = _in_pages(operation, organizations._DISPATCH[operation])  # noqa: SLF001 - asserted in symbols
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
    for unit in UNITS:
        organizations._ous[unit.id] = {  # noqa: SLF001 - asserted in symbols
            "Id": unit.id,
            "Arn": f"{arn}:ou/{ORGANIZATION}/{unit.id}",
            "Name": unit.name,
            "_ParentId": unit.parent,
        }
    for account in organization.accounts:
        organizations._accounts[account.id] = {**_described(account), "_ParentId": account.unit}  # noqa: SLF001 - asserted in symbols
        organizations._tags[account.id] = dict(account.tags)  # noqa: SLF001 - asserted in symbols


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


def _in_pages(operation: str, ministacks_answer: Answer) -> Answer:
    """Answer a page; MiniStack's own answer is everything, and nothing for a parent that is not there."""
    name = LISTS[operation]

    def answer(asked: Mapping[str, object]) -> Response:
        size, token = asked.get("MaxResults", MOST_AT_ONCE), asked.get("NextToken", "0")
        if not isinstance(size, int) or not 1 <= size <= MOST_AT_ONCE or not str(token).isdecimal():
            return _refused("InvalidInputException", "MaxResults is 1 to 20.")
        if operation in _OF_A_PARENT and asked.get("ParentId") not in {ROOT, *(unit.id for unit in UNITS)}:
            return _refused("ParentNotFoundException", "You specified a parent that doesn't exist.")
        status, headers, body = ministacks_answer(asked)
        told = json.loads(body)
        if name not in told:
            return status, headers, body
        everything = sorted(told[name], key=lambda each: str(each.get("Id", each.get("Key"))))
        start, end = int(str(token)), int(str(token)) + size
        more = {"NextToken": str(end)} if end < len(everything) else {}
        page: Response = organizations._json(status, {name: everything[start:end], **more})  # noqa: SLF001 - asserted in symbols
        return page

    return answer


def _refused(code: str, text: str) -> Response:
    refusal: Response = error_response_json(code, text, 400)
    return refusal


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
