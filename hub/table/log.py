"""The log: entries of what people and looks did, by cluster and by month. They are only ever added."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from hub.incidents.audit import LOG_KEPT, Entry
from hub.table.rows import Draft, Rows, cluster_pk, draft, moment
from hub.table.writes import Conflict
from spoke.places import Cluster

# The index's partitions are called so since the first release, and its rows are kept for more than a year.
_OF_PEOPLE = "deeds"


def entry_row(cluster: Cluster | None, entry: Entry) -> Draft:
    """Draft the row of an entry about a cluster, or about none in particular."""
    entry = replace(entry, cluster=cluster.key if cluster else "")
    row = draft(cluster_pk(cluster) if cluster else "organization", entry.key, entry, 0)
    row.expires = int((entry.at + LOG_KEPT).timestamp())
    if entry.who:
        row.open_pk, row.open_sk = f"{_OF_PEOPLE} {moment(entry.at)[:7]}", f"{moment(entry.at)}/{row.pk}/{entry.key}"
    return row


class Log(Rows):
    """Entries of the log."""

    def log(self, cluster: Cluster | None, entry: Entry) -> None:
        """Add an entry, about a cluster or about none in particular; the same one twice is one, and stays as it was."""
        with suppress(Conflict):
            self._put(entry_row(cluster, entry), self._row.pk.does_not_exist())

    def done_by_people(self, since: datetime, until: datetime) -> Iterator[Entry]:
        """Read what people did from `since` until before `until`, of all clusters, oldest first."""
        for month in _months(since, until):
            narrowed = self._row.open_sk.between(moment(since), moment(until))
            for row in self._row.open_index.query(f"{_OF_PEOPLE} {month}", narrowed):
                yield self._read(row, Entry)

    def entries(self, cluster: Cluster, after: str) -> list[tuple[str, Entry]]:
        """Read a cluster's log entries whose key comes after `after`, oldest first."""
        first = max(after, "log#") + "\x00"
        rows = self._row.query(cluster_pk(cluster), self._row.sk.between(first, "log#~"), consistent_read=True)
        return [(row.sk, self._read(row, Entry)) for row in rows]


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """Name the months from `since` to `until`, in UTC."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04}-{number % 12 + 1:02}"
