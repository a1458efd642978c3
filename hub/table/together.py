"""Changes of several clusters, written in few transactions: of a storm's clusters that one invocation looks at."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident
from hub.table.bulletins import bulletin_rows
from hub.table.incident_rows import Page, arranged, incident_row, page_row
from hub.table.log import entry_row
from hub.table.rows import TRANSACTION, Draft, Rows, TableError
from hub.table.writes import Conflict

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What is written of one cluster: incidents that have changed, its bulletin if that has, and log entries.

    `pages` are those of its incidents that were read, `now` is when it was decided.
    """

    incidents: Sequence[Incident]
    bulletin: Bulletin | None
    entries: Sequence[Entry]
    pages: Sequence[Page]
    now: datetime


class Together(Rows):
    """Writes what many clusters have to be written at once."""

    def save_together(self, changes: Sequence[Change]) -> list[bool]:
        """Write changes of different clusters, each with its bulletin. Say of each whether it is written.

        Whatever keeps one from being written keeps its whole transaction: it is best tried again alone. One that is too
        large to share a transaction is not tried here.
        """
        drafts = [self._drafts(change) for change in changes]
        written = [False] * len(changes)
        for some in _that_fit([len(rows) for rows in drafts]):
            try:
                self._write([row for number in some for row in drafts[number]])
            except (Conflict, TableError) as error:
                log.info("together.unwritten", extra={"clusters": len(some), "reason": type(error).__name__})
            else:
                for number in some:
                    written[number] = True
        return written

    def _drafts(self, change: Change) -> list[Draft]:
        """Draft all rows of a change; none if somebody else has changed one of its incidents."""
        if change.bulletin is None:
            return []
        try:
            into, alone = arranged(change.pages, change.incidents, opens_in_pages=self._opens_in_pages, now=change.now)
        except Conflict:
            return []
        rows = [*bulletin_rows(change.bulletin), *(entry_row(change.bulletin.cluster, e) for e in change.entries)]
        return [*rows, *map(page_row, into), *map(incident_row, alone)]


def _that_fit(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Share out changes of so many rows each over transactions, told by their numbers."""
    some: list[int] = []
    room = TRANSACTION
    for number, size in enumerate(sizes):
        if not 0 < size <= TRANSACTION // 2:
            continue
        if size > room:
            yield some
            some, room = [], TRANSACTION
        some.append(number)
        room -= size
    if some:
        yield some
