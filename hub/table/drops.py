"""Drops that wait for longer than a queue may hold them: what is due, the sweep asks for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.chain import Waiting
from hub.table.rows import TRANSACTION, Draft, Rows, cluster_of, cluster_pk, draft, moment, open_key
from spoke.places import Cluster

# A drop that waits is taken up when it is due.
WAITING_KEPT = timedelta(days=3)


def waiting_row(waiting: Waiting) -> Draft:
    """Draft the row of a drop that waits."""
    pk, instance = cluster_pk(waiting.cluster), waiting.drop.instance
    row = draft(pk, f"drop#{instance}", waiting, waiting.version)
    if not waiting.over:
        row.open_pk, row.open_sk = "waiting", f"{moment(waiting.due)}/{open_key(waiting.cluster)}/{instance}"
    row.expires = int((waiting.due + WAITING_KEPT).timestamp())
    return row


class Drops(Rows):
    """Drops that wait."""

    def keep_waiting(self, drops: Sequence[Waiting]) -> None:
        """Write drops that wait, or are over; raise Conflict."""
        rows = [waiting_row(drop) for drop in drops]
        for start in range(0, len(rows), TRANSACTION):
            self._write(rows[start : start + TRANSACTION])

    def clusters_waiting(self, now: datetime) -> set[Cluster]:
        """Name the clusters with a drop that is due by now."""
        due = self._row.open_sk < f"{moment(now)}/~"
        rows = self._row.open_index.query("waiting", due, attributes_to_get=["open_sk"])
        return {cluster_of(row.open_sk.partition("/")[2]) for row in rows}
