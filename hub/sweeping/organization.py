"""The organization as AWS Organizations tells of it: its accounts, the organizational units they are in, their tags.

AWS lets the management account read it, and a delegated administrator. Everybody in the organization shares the limits
on these reads, which AWS does not publish: so what may take many calls is done in steps, some calls at a time.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

PERMISSIONS = (
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
)
"""The IAM actions that the calls here need."""

# How old the list of accounts and units may get, and an account's tags, each of which takes a call.
LIST_KEPT, TAGS_KEPT = timedelta(minutes=10), timedelta(hours=1)
# Organizational units are nested up to five levels below the root.
_DEPTH = 5

Units = dict[str, tuple[str, ...]]
"""The units of each account, outermost first."""
Tags = tuple[tuple[str, str], ...]


class Nobody(RuntimeError):
    """The organization is said to have no account: an answer that tells nothing."""


class Organization:
    """Reads the organization, and keeps what it has read for some minutes.

    `client` is a boto3 client; `pace` waits until one more call of the many may be made.
    """

    def __init__(self, client: Any, clock: Callable[[], datetime], pace: Callable[[], None]) -> None:  # noqa: ANN401  # boto3 has no types
        self._client = client
        self._clock = clock
        self._pace = pace
        self._names: tuple[datetime, dict[str, str]] | None = None
        self._units: tuple[datetime, Units] | None = None
        self._walk: tuple[datetime, Iterator[Units | None]] | None = None
        self._tags: dict[str, tuple[datetime, Tags]] = {}

    @property
    def listed_at(self) -> datetime | None:
        """When the accounts were listed last, None before that."""
        return self._names[0] if self._names else None

    def names(self) -> dict[str, str]:
        """Return the names of the active accounts by id, in an order that does not change.

        Raises as boto3 does, and Nobody.
        """
        now = self._clock()
        if self._names is None or now - self._names[0] >= LIST_KEPT:
            pages = self._client.get_paginator("list_accounts").paginate()
            active = {raw["Id"]: raw.get("Name", "") for page in pages for raw in page["Accounts"] if _is_active(raw)}
            if not active:
                raise Nobody("organizations:ListAccounts names no active account, not even the one that asks")
            self._names = (now, dict(sorted(active.items())))
            self._tags = {account: kept for account, kept in self._tags.items() if account in active}
        return self._names[1]

    @property
    def units(self) -> Units | None:
        """The units of accounts as they were read last, None before that."""
        return self._units[1] if self._units else None

    def read_units(self, calls: int) -> int:
        """Go on reading the units, if it is time. Return how many of so many calls are left. Raises as boto3 does.

        A reading that is interrupted begins anew the next time.
        """
        now = self._clock()
        if self._walk is None:
            if self._units and now - self._units[0] < LIST_KEPT:
                return calls
            self._walk = (now, self._walked())
        began, walk = self._walk
        self._walk = None  # for who is interrupted
        for found in walk:
            calls -= found is None
            if found is not None:
                self._units = (began, found)
                return calls
            if not calls:
                break
        self._walk = (began, walk)
        return calls

    def tags(self, account: str) -> Tags | None:
        """Return an account's tags as they were read last, None before that."""
        kept = self._tags.get(account)
        return kept[1] if kept else None

    def read_tags(self, accounts: Collection[str], calls: int) -> int:
        """Read the tags of accounts, of each if it is time, first of those that were read longest ago or never.

        Returns how many of so many calls are left. Raises as boto3 does.
        """
        now = self._clock()
        never = datetime.min.replace(tzinfo=UTC)
        read_at = {account: self._tags[account][0] if account in self._tags else never for account in accounts}
        due = sorted((at, account) for account, at in read_at.items() if now - at >= TAGS_KEPT)
        for _, account in due[:calls]:
            calls -= 1
            pages = self._pages("list_tags_for_resource", ResourceId=account)
            tags = sorted((tag["Key"], tag["Value"]) for page in pages for tag in page["Tags"])
            self._tags[account] = (now, tuple(tags))
        return calls

    def _walked(self) -> Iterator[Units | None]:
        """Walk through the units, with a call between two steps; the last step brings what was found."""
        found: Units = {}
        parents: list[tuple[str, tuple[str, ...]]] = []
        for page in self._pages("list_roots"):
            parents += [(raw["Id"], ()) for raw in page["Roots"]]
            yield None
        for depth in range(_DEPTH + 1):
            below: list[tuple[str, tuple[str, ...]]] = []
            for parent, units in parents:
                for page in self._pages("list_accounts_for_parent", ParentId=parent):
                    found |= {raw["Id"]: units for raw in page["Accounts"]}
                    yield None
                if depth == _DEPTH:
                    continue
                for page in self._pages("list_organizational_units_for_parent", ParentId=parent):
                    below += [(raw["Id"], (*units, raw["Id"])) for raw in page["OrganizationalUnits"]]
                    yield None
            parents = below
        yield found

    def _pages(self, operation: str, **params: str) -> Iterator[dict[str, Any]]:
        pages = iter(self._client.get_paginator(operation).paginate(**params))
        more = True
        while more:
            self._pace()
            page: dict[str, Any] = next(pages)
            more = bool(page.get("NextToken"))
            yield page


def _is_active(raw: dict[str, str]) -> bool:
    """Whether the account can have anything in it. `State` has taken the place of `Status` in September 2026."""
    return raw.get("State", raw.get("Status")) == "ACTIVE"
