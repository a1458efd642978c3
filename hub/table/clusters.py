"""Clusters: their incidents and bulletins, written together; storms; and what is open of all that."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import TypeVar

from hub.chain import Waiting
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import Delivery
from hub.incidents.incident import Incident
from hub.incidents.storm import Storm
from hub.policy.ledger import Ledger
from hub.policy.repair_stop import RepairStop
from hub.table.bulletins import DELIVERY, EPISODE, bulletin_rows, read_bulletin, written
from hub.table.incident_rows import INSTANCE, OPEN, OVER, PAGE, Page, arranged, incident_row, page_row, read_page
from hub.table.log import entry_row
from hub.table.mutes import mutes_row
from hub.table.requests import Claim, claim_row, stop_row
from hub.table.rows import TRANSACTION, Draft, Row, Rows, cluster_of, cluster_pk, draft, open_key
from hub.table.writes import Conflict
from spoke.places import Cluster

MessageRecord = TypeVar("MessageRecord", Bulletin, Storm)

# Transactions of a big save at the same time.
_THREADS = 8


@dataclass(frozen=True, slots=True)
class KnownCluster:
    """What is known of one cluster; incidents and waiting drops by instance. `pages` are where some incidents stand.

    One that is not `whole` has never been in trouble, and which of its drops wait was not read.
    """

    incidents: dict[str, Incident]
    bulletin: Bulletin | None
    waiting: dict[str, Waiting] = field(default_factory=dict)
    pages: tuple[Page, ...] = field(default=(), compare=False, repr=False)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Alongside:
    """What is written together with an incident, all of it or nothing.

    `switch` has to be as it was read, `used` are what has been used of caps, each by name and with when it is
    forgotten, `ended` is the claim that this ends, with its outcome. No mute may have been changed since `mutes_since`.
    """

    switch: RepairStop | None = None
    used: Mapping[str, tuple[Ledger, datetime]] = field(default_factory=dict)
    ended: Claim | None = None
    mutes_since: datetime | None = None


def storm_row(storm: Storm) -> Draft:
    """Draft the row of a storm."""
    row = draft(f"storm#{storm.channel}", storm.region, storm, storm.version)
    if not storm.closed:
        row.open_pk, row.open_sk = "storms", f"{storm.region}/{storm.channel}"
    return row


def _drafted(alongside: Alongside) -> tuple[list[Draft], list[Draft]]:
    """Return the rows that have to be as they were read, and those that are written."""
    rows = []
    for name, (ledger, until) in alongside.used.items():
        row = draft("ledger", name, ledger, ledger.version)
        row.expires = int(until.timestamp())
        rows.append(row)
    rows += [claim_row(alongside.ended)] if alongside.ended else []
    checks = [stop_row(alongside.switch)] if alongside.switch else []
    checks += [mutes_row(alongside.mutes_since)] if alongside.mutes_since else []
    return checks, rows


class Clusters(Rows):
    """What is known of clusters, and the storms that they are in."""

    def known(self, cluster: Cluster) -> KnownCluster:
        """Read a cluster's incidents, its bulletin and the drops that wait, in one query."""
        incidents: dict[str, Incident] = {}
        waiting: dict[str, Waiting] = {}
        deliveries: list[Delivery] = []
        pages: list[Page] = []
        bulletin = None
        for row in self._row.query(
            cluster_pk(cluster), self._row.sk.between(DELIVERY, f"{INSTANCE}~"), consistent_read=True
        ):
            if row.sk.startswith(DELIVERY):
                deliveries.append(self._read(row, Delivery))
            elif row.sk == EPISODE:
                bulletin = self._bulletin(row, deliveries)
            elif row.sk.startswith("drop#"):
                kept = self._read(row, Waiting)
                waiting[kept.drop.instance] = kept
            elif row.sk.startswith(PAGE):
                pages.append(_page(row))
            else:
                incident = self._read(row, Incident)
                incidents[incident.instance] = incident
        for page in pages:
            incidents |= page.incidents
        return KnownCluster(incidents, bulletin, waiting, tuple(pages))

    def pages(self, cluster: Cluster) -> tuple[Page, ...]:
        """Read the pages of a cluster's incidents."""
        rows = self._row.query(cluster_pk(cluster), self._row.sk.startswith(PAGE), consistent_read=True)
        return tuple(map(_page, rows))

    def incident(self, cluster: Cluster, instance: str, pages: Sequence[Page] | None = None) -> Incident | None:
        """Read one incident; whoever has just read the cluster's pages need not read them again."""
        for page in self.pages(cluster) if pages is None else pages:
            if found := page.incidents.get(instance):
                return found
        row = self._get(cluster_pk(cluster), f"{INSTANCE}{instance}")
        return self._read(row, Incident) if row else None

    def bulletin(self, cluster: Cluster) -> Bulletin | None:
        """Read a cluster's bulletin."""
        rows = self._row.query(cluster_pk(cluster), self._row.sk.between(DELIVERY, EPISODE), consistent_read=True)
        deliveries: list[Delivery] = []
        for row in rows:
            if row.sk == EPISODE:
                return self._bulletin(row, deliveries)
            deliveries.append(self._read(row, Delivery))
        return None

    def _bulletin(self, row: Row, deliveries: Iterable[Delivery] = ()) -> Bulletin:
        return read_bulletin(row.data, int(row.version), deliveries)

    def save(  # noqa: PLR0913  # what is written together
        self,
        incidents: Sequence[Incident],
        bulletin: Bulletin | None = None,
        entries: Iterable[Entry] = (),
        alongside: Alongside | None = None,
        *,
        pages: Sequence[Page] | None = None,
        now: datetime | None = None,
    ) -> Bulletin | None:
        """Write changed incidents, all of one cluster, with their bulletin and log entries; raise Conflict.

        The bulletin, the log and what is written alongside travel with the first transaction: an incident is never
        without them. `pages` are the cluster's, if they have been read; what has expired by `now` leaves them.
        Returns the bulletin as written.
        """
        checks, rows = _drafted(alongside) if alongside else ([], [])
        rows += bulletin_rows(bulletin) if bulletin else []
        # What a big save has come to when it dies is not changed again, and would never be logged: the log goes first.
        rows += [entry_row(_one_cluster(incidents, bulletin), entry) for entry in entries]
        rest = self._write_first(rows, checks, incidents, pages, now)
        if len(rest) == 1:
            self._write(rest[0])
        elif rest:
            with ThreadPoolExecutor(min(_THREADS, len(rest))) as threads:
                list(threads.map(self._write, rest))
        return written(bulletin) if bulletin else None

    def _write_first(
        self,
        rows: Sequence[Draft],
        checks: Sequence[Draft],
        incidents: Sequence[Incident],
        pages: Sequence[Page] | None,
        now: datetime | None,
    ) -> list[list[Draft]]:
        """Write the first transaction of a save; return what the others are to write. Raises Conflict.

        If only other incidents of a page have changed meanwhile, it is read and written again.
        """
        standing, first = pages or (), TRANSACTION - len(checks)
        while True:
            into, alone = arranged(standing, incidents, opens_in_pages=self._opens_in_pages, now=now)
            together = [*rows, *map(page_row, into), *map(incident_row, alone)]
            try:
                self._write(together[:first], checks)
            except Conflict:
                if not into and not (incidents and pages is None):
                    raise
                before, standing = standing, self.pages(incidents[0].cluster)
                if _versions(standing) == _versions(before):
                    raise
            else:
                return [together[start : start + TRANSACTION] for start in range(first, len(together), TRANSACTION)]

    def keep(self, record: MessageRecord) -> MessageRecord:
        """Write what is shown; raise Conflict."""
        if isinstance(record, Bulletin):
            self._write(bulletin_rows(record))
            return written(record)
        row = storm_row(record)
        self._put(row, self._unchanged(row))
        return replace(record, version=record.version + 1)

    def keep_all(self, bulletins: Sequence[Bulletin]) -> list[Bulletin]:
        """Write several bulletins together; returns those that were written. Whom somebody else has changed stays."""
        kept: list[Bulletin] = []
        rows = max((1 + len(bulletin.deliveries) for bulletin in bulletins), default=1)
        together = TRANSACTION // rows
        for start in range(0, len(bulletins), together):
            some = bulletins[start : start + together]
            try:
                self._write([row for bulletin in some for row in bulletin_rows(bulletin)])
            except Conflict:
                kept += self._keep_each(some)
            else:
                kept += map(written, some)
        return kept

    def _keep_each(self, bulletins: Iterable[Bulletin]) -> list[Bulletin]:
        kept: list[Bulletin] = []
        for bulletin in bulletins:
            try:
                kept.append(self.keep(bulletin))
            except Conflict:
                continue
        return kept

    def newest(self, record: MessageRecord) -> MessageRecord | None:
        """Read a record as it is by now."""
        if isinstance(record, Bulletin):
            return self.bulletin(record.cluster)
        return self.storm(record.channel, record.region)

    def storm(self, channel: str, region: str) -> Storm | None:
        """Read the storm of a channel and Region; one that is closed stays until the next."""
        row = self._get(f"storm#{channel}", region)
        return self._read(row, Storm) if row else None

    # What is open. The index is a moment behind the table: who reads it will look again.

    def open_storms(self) -> list[Storm]:
        """Read the storms that have not said their last."""
        return [self._read(row, Storm) for row in self._row.open_index.query("storms")]

    def open_bulletins(self, region: str = "") -> list[Bulletin]:
        """Read the bulletins that have not said their last, of one Region or of all, with what Slack has of each."""
        narrowed = self._row.open_sk.startswith(f"{region}/") if region else None
        return [self._bulletin(row) for row in self._row.open_index.query("bulletins", narrowed)]

    def open_incidents(self, clusters: Collection[Cluster]) -> dict[Cluster, list[Incident]]:
        """Read the unresolved incidents of some clusters of a Region, at best ones that are next to each other."""
        found: dict[Cluster, list[Incident]] = {cluster: [] for cluster in clusters}
        # With the slash: "prod-2/…" comes before "prod/…".
        keys = sorted(f"{open_key(cluster)}/" for cluster in clusters)
        for row in self._row.open_index.query(OPEN, self._row.open_sk.between(keys[0], f"{keys[-1]}~")):
            for incident in self._incidents(row):
                if incident.unresolved and incident.cluster in found:
                    found[incident.cluster].append(incident)
        return found

    def _incidents(self, row: Row) -> Iterable[Incident]:
        return _page(row).incidents.values() if row.packed else [self._read(row, Incident)]

    def _indexed(self, partition: str) -> Iterator[Incident]:
        for row in self._row.open_index.query(partition):
            yield from self._incidents(row)

    def everything_open(self) -> Iterator[Incident]:
        """Read every unresolved incident."""
        return (incident for incident in self._indexed(OPEN) if incident.unresolved)

    def lately_over(self) -> list[Incident]:
        """Read the incidents that are over and still kept, the last to end first."""
        ended = [(i.resolved_at, i) for part in (OPEN, OVER) for i in self._indexed(part) if i.resolved_at]
        return [incident for _, incident in sorted(ended, key=itemgetter(0), reverse=True)]

    def clusters_in_trouble(self) -> set[Cluster]:
        """Name the clusters with an unresolved incident."""
        rows = self._row.open_index.query(OPEN, attributes_to_get=["open_sk"])
        return {cluster_of(row.open_sk) for row in rows}


def _page(row: Row) -> Page:
    return read_page(row.sk, int(row.version), row.packed)


def _versions(pages: Iterable[Page]) -> dict[int, int]:
    return {page.number: page.version for page in pages}


def _one_cluster(incidents: Sequence[Incident], bulletin: Bulletin | None) -> Cluster:
    return bulletin.cluster if bulletin else incidents[0].cluster
