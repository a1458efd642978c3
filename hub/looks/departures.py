"""Departures: whether a cluster's account has left the organization, or its Region is no longer watched.

Sweep counts that in the table (hub.sweeping.account_sync); a look asks here before it resolves incidents for it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.incidents.condition import ACCOUNT_GONE, REGION_GONE
from hub.table.rows import TableError
from hub.table.store import Store
from spoke.places import Cluster

log = logging.getLogger(__name__)

ABSENCES_KEPT = timedelta(minutes=5)


class Departures:
    """What is known to be gone: read as a whole and kept for some minutes, and read anew before it is believed."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._gone: frozenset[str] = frozenset()
        self._due: datetime | None = None

    def of(self, cluster: Cluster) -> str:
        """Say what stands for the status of instances that are out of reach for good: ACCOUNT_GONE, REGION_GONE, or "".

        Where the table cannot be read nothing is gone: whoever is in trouble stays so for another look.
        """
        try:
            for name, status in ((cluster.account, ACCOUNT_GONE), (cluster.region, REGION_GONE)):
                # What has just come back must not be resolved by what was so some minutes ago.
                if self._may_be_gone(name) and self._store.is_gone(name):
                    return status
        except TableError as error:
            log.warning("absences.unreadable", extra={"reason": type(error).__name__})
        return ""

    def _may_be_gone(self, name: str) -> bool:
        now = self._clock()
        if self._due is None or now >= self._due:
            self._due = now + ABSENCES_KEPT
            self._gone = frozenset(each.name for each in self._store.absences().values() if each.proven)
        return name in self._gone
