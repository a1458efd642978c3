"""Account sync: which member accounts the organization has, and the table's word on them kept in line with its own.

    listed            ──▶ its row says what the organization says of it
    missing           ──▶ its row stays as it is, and each list without it is counted (hub.scopes.absence)
    proven to be gone ──▶ its row goes, and a look resolves its incidents (hub.looks.departures)

Sweep keeps it; whoever else wants to know an account reads the table (hub.notify.account_cache). What the organization
does not tell (units or tags that it refuses, or that nobody has read yet) stays as it was.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from hub.scopes.absence import Absence, missed
from hub.scopes.account import Account
from hub.sweeping.organization import LIST_KEPT, Organization
from hub.table.rows import TableError
from hub.table.store import Store
from hub.table.writes import Conflict
from spoke.errors import reason

log = logging.getLogger(__name__)

# Calls that a round makes for units and tags; what is left over is next in later rounds.
CALLS_A_ROUND = 30
# How often it makes them: at once, and a second.
PACE = (5, 4.0)


class AccountSync:
    """Reads the organization's accounts, and keeps them in the table."""

    def __init__(
        self,
        organization: Organization,
        store: Store,
        clock: Callable[[], datetime],
        count: Callable[[str, int], None],
    ) -> None:
        self._organization = organization
        self._store = store
        self._clock = clock
        self._count = count
        self._kept: tuple[datetime, dict[str, Account]] | None = None
        self._absent: tuple[datetime | None, frozenset[str]] = (None, frozenset())

    def accounts(self) -> list[str]:
        """Name the active accounts, in an order that does not change. Raises ClientError, Nobody."""
        return list(self._organization.names())

    def keep(self, tagged: Collection[str] = (), regions: Collection[str] = ()) -> None:
        """Bring the table's accounts in line with the organization; `tagged` are those whose tags are to be read now.

        `regions` are all that are watched; none means that nobody has said.

        Nothing that goes wrong here may stop the sweep: it is logged and counted, and the next round tries again.
        """
        left = self._read("units", lambda: self._organization.read_units(CALLS_A_ROUND))
        calls = CALLS_A_ROUND if left is None else left
        self._read("tags", lambda: self._organization.read_tags(tagged, calls))
        try:
            self._write(regions)
        except (TableError, Conflict) as error:
            log.warning("accounts.unwritten", extra={"reason": type(error).__name__})
            self._count("unwritten", 1)

    def _read(self, what: str, read: Callable[[], int]) -> int | None:
        """Read something of the organization; None: it has refused, or does not answer."""
        try:
            return read()
        except (ClientError, BotoCoreError) as error:
            log.warning("organization.unreadable", extra={"what": what, "reason": reason(error)})
            self._count("untold", 1)
            return None

    def _write(self, regions: Collection[str]) -> None:
        """Write the accounts that have changed; in a quiet organization those are none."""
        now = self._clock()
        if self._kept is None or now - self._kept[0] >= LIST_KEPT:
            self._kept = (now, self._store.accounts())
        read, kept = self._kept
        names, units = self._organization.names(), self._organization.units
        told = {
            account: _told(kept.get(account, _unread(account)), name, units, self._organization.tags(account))
            for account, name in names.items()
        }
        changed = [account for account in told.values() if kept.get(account.id) != account]
        missing = {account.id: account for account in kept.values() if account.id not in told}
        proven = self._proven(missing, names, regions)
        gone = [account for account in missing.values() if account.id in proven]
        if changed or gone:
            self._store.keep_accounts(changed, gone, now=now)
            log.info("accounts.kept", extra={"changed": len(changed), "gone": len(gone)})
        self._kept = (read, told | {name: account for name, account in missing.items() if name not in proven})

    def _proven(self, missing: Collection[str], names: Collection[str], regions: Collection[str]) -> frozenset[str]:
        """Count what is missing from the newest list, once for each. Return which accounts and Regions are gone.

        Counted are accounts that are known, and whatever has incidents: else these would be looked at for ever. What is
        here again is missing no more.
        """
        listed_at = self._organization.listed_at
        if listed_at is None or listed_at == self._absent[0]:
            return self._absent[1]
        known = self._store.absences()
        troubled = self._store.clusters_in_trouble()
        expected = {*missing, *(cluster.account for cluster in troubled)} - {*names}
        if regions:
            expected |= {cluster.region for cluster in troubled} - {*regions}
        here = {*names, *regions}
        now = {name: missed(known.get(name), name, listed_at) for name in expected}
        back = [Absence(name, 0, listed_at) for name, before in known.items() if before.times and name in here]
        self._store.keep_absences([each for each in now.values() if each != known.get(each.name)] + back)
        if expected:
            log.warning("places.absent", extra={"missing": {name: each.times for name, each in sorted(now.items())}})
        self._absent = (listed_at, frozenset(name for name, each in now.items() if each.proven))
        return self._absent[1]


def _told(
    kept: Account,
    name: str,
    units: Mapping[str, tuple[str, ...]] | None,
    tags: tuple[tuple[str, str], ...] | None,
) -> Account:
    """Say what is known of an account now. Who is new since the units were read keeps what was known of its units."""
    own_units = (units or {}).get(kept.id)
    read = {what for what, told in (("units", own_units), ("tags", tags)) if told is not None}
    return replace(
        kept,
        name=name or kept.name,
        units=kept.units if own_units is None else own_units,
        tags=kept.tags if tags is None else tags,
        unread=tuple(what for what in kept.unread if what not in read),
    )


def _unread(account: str) -> Account:
    return Account(account, unread=("units", "tags"))
