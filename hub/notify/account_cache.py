"""The account cache: the accounts as the table knows them, read as a whole and kept for some minutes."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hub.scopes.account import Account
from hub.table.rows import TableError
from hub.table.store import Store

log = logging.getLogger(__name__)

ACCOUNTS_KEPT = timedelta(minutes=5)
# A table that does not answer, or knows no account yet, is asked again this soon; not for each look, which would cost
# each its patience.
_AGAIN = timedelta(seconds=30)


class AccountCache:
    """What is known of the organization's accounts."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, Account] = {}
        self._due: datetime | None = None

    def of(self, account: str) -> Account:
        """Say what is known of an account: of one nobody has heard of, its id."""
        return self.everyone().get(account) or Account(account)

    def everyone(self) -> Mapping[str, Account]:
        """Return all accounts by id. Where the table cannot be read, what it has said before still holds."""
        now = self._clock()
        if self._due is None or now >= self._due:
            try:
                self._known = self._store.accounts()
                self._due = now + (ACCOUNTS_KEPT if self._known else _AGAIN)
            except TableError as error:
                log.warning("accounts.unreadable", extra={"reason": type(error).__name__})
                self._due = now + _AGAIN
        return self._known
