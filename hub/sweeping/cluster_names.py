"""The names of every member Region's clusters: those of a visit are written where they have changed.

Nobody else may list a member's clusters, and people name clusters that are well, too: chatops reads here what there is.
Sweep is the only writer. It remembers what it has written, so a visit that finds the same costs nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from hub.scopes.coverage import Place
from hub.table.accounts import NAMES_A_ROW, NAMES_KEPT, NamesRow
from hub.table.store import Store

# Another environment of the function may have written meanwhile.
READ_ANEW = timedelta(hours=1)


class ClusterNames:
    """What the table has, as far as this one knows."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[tuple[Place, int], NamesRow] = {}
        self._due: datetime | None = None

    def keep(self, listed: Mapping[Place, Sequence[str]]) -> int:
        """Bring the table in line with what visits have listed, place by place. Return how many rows were written.

        Raises as the table does; whatever was not written is, by the next visit.
        """
        now = self._clock()
        if self._due is None or now >= self._due:
            self._kept = {(row.place, row.number): row for row in self._store.cluster_names()}
            self._due = now + READ_ANEW
        written = 0
        for place, names in listed.items():
            for row in self._rows(place, names, now):
                before = self._kept.get((place, row.number))
                if _is_due(before, row, now):
                    self._store.keep_cluster_names(row)
                    self._kept[place, row.number] = row
                    written += 1
        return written

    def _rows(self, place: Place, names: Sequence[str], now: datetime) -> Iterator[NamesRow]:
        """Return the rows that a place should have: as many as it needs, and as it has had, which are empty now."""
        number = 0
        while number * NAMES_A_ROW < len(names) or (place, number) in self._kept:
            some = names[number * NAMES_A_ROW : (number + 1) * NAMES_A_ROW]
            yield NamesRow(place, number, tuple(some), now + NAMES_KEPT)
            number += 1


def _is_due(before: NamesRow | None, row: NamesRow, now: datetime) -> bool:
    """Whether a row says something new, or is still true and would be gone some day; nobody misses an empty one."""
    if before is None or before.names != row.names:
        return True
    return bool(row.names) and before.expires - now < NAMES_KEPT / 2
