"""The table: the only module that knows PynamoDB, and what a row looks like.

    pk                                 sk                what                     index `open`
    cluster#<account>/<region>/<name>  instance#<id>     incident                 incidents, while unresolved
    same                               bulletin          record of the message    bulletins, while not closed
    same                               drop#<instance>   drop that waits          waiting, by when it is due
    same                               log#<time>#<id>   audit entry
    storm#<channel>                    <region>          record of its message    storms, while not closed
    request#<id>                       request           a click or a command, single use
    mute                               <scope>           mute
    switch                             repairs           whether somebody has stopped all repairs
    organization                       log#<time>#<id>   audit entry of what is about no single cluster
    budget#<what>                      <minute>          how often it was done
    ledger                             <cap's id>        which repairs have used up a cap of the policy
    account                            <account id>      what the organization says of it
    absent                             <id or Region>    how often an account or a Region was missing, in a row
    seen                               <turn>/<number>   what visits have left of up to SEEN_A_ROW places

Audit entries of what people did also stand in the index, by month.

The index's sort key begins with the Region, so that a storm can be read in one go.

Rows carry a version. Each write names the version it read; whoever finds another one raises Conflict, reads again and
decides again (hub.table.writes). Values travel as one JSON document per row, so a row of an older release reads as
today's with defaults. Log entries, accounts and what was seen go without: the same entry twice is one, and the rest has
one writer, sweep, whose last word counts.
"""

import json
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.config import Config
from cattrs.preconf.json import make_converter
from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from hub.chain import Waiting
from hub.incidents import audit
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident
from hub.incidents.mute import Mute
from hub.incidents.storm import Storm
from hub.policy.ledger import Ledger
from hub.policy.repair_stop import RepairStop
from hub.scopes.absence import Absence
from hub.scopes.account import Account
from hub.scopes.coverage import Place, Visit
from hub.scopes.scope import Scope
from hub.table.writes import TRIES, Conflict, write
from spoke import USER_AGENT
from spoke.curing import cure
from spoke.models import LeanLoader
from spoke.places import Cluster

_T = TypeVar("_T")
MessageRecord = TypeVar("MessageRecord", Bulletin, Storm)

# Rows of a transaction: DynamoDB takes 100.
TRANSACTION = 100
REQUEST_KEPT = timedelta(days=30)
BUDGET_KEPT = timedelta(hours=1)
# A drop that waits is taken up when it is due.
WAITING_KEPT = timedelta(days=3)
# What a mute has recorded is told when it is over, or by the next sweep that can.
MUTE_KEPT = timedelta(days=4)
# What is gone is forgotten some time after it was missing last.
ABSENCE_KEPT = timedelta(days=7)
# Each row of what was seen is written anew in ten minutes; one that is not holds what is no more.
SEEN_KEPT = timedelta(days=1)
# A row has room for so many places, each with a problem: DynamoDB takes 400 KB.
SEEN_A_ROW = 1_000
# Transactions of a big save at the same time.
_THREADS = 8
# Whoever stops all repairs is not turned away by repairs that begin just then: some 25 seconds.
_TRIES_TO_STOP = 50


TableError = PynamoDBException
"""What every failure of the table derives from, but for Conflict."""


@dataclass(frozen=True, slots=True)
class KnownCluster:
    """What is known of one cluster; incidents and waiting drops by instance."""

    incidents: dict[str, Incident]
    bulletin: Bulletin | None
    waiting: dict[str, Waiting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A request's row: since when it is worked on and what came of it. An empty outcome: it is not finished.

    `untold` says that it was refused, and that the person has not been told so yet.
    """

    request: str
    at: datetime
    outcome: str = ""
    version: int = 0
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Alongside:
    """What is written together with an incident, all of it or nothing.

    `switch` has to be as it was read, `used` are what has been used of caps, each by name and with when it is
    forgotten, `ended` is the claim that this ends, with its outcome.
    """

    switch: RepairStop | None = None
    used: Mapping[str, tuple[Ledger, datetime]] = field(default_factory=dict)
    ended: Claim | None = None


class _Patience:
    """How long a call may take: a slow table must not eat up a function's minute."""

    connect_timeout_seconds = 2
    read_timeout_seconds = 5


class _OpenIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # pynamodb leaves this one untyped
    class Meta:
        index_name = "open"
        projection = AllProjection()

    open_pk = UnicodeAttribute(hash_key=True)
    open_sk = UnicodeAttribute(range_key=True)


class _Row(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(default=0)
    expires = NumberAttribute(null=True)
    open_pk = UnicodeAttribute(null=True)
    open_sk = UnicodeAttribute(null=True)
    used = NumberAttribute(null=True)
    data = JSONAttribute()
    open_index = _OpenIndex()


@dataclass(slots=True)
class _Draft:
    """A row to be written. A transaction has a hundred of them, so they go without the model's detours."""

    pk: str
    sk: str
    version: int
    data: object
    expires: int | None = None
    open_pk: str | None = None
    open_sk: str | None = None

    def put(self, table: str) -> dict[str, Any]:
        """Write it as DynamoDB wants it, on condition that the version is the one that was read."""
        item = {"pk": {"S": self.pk}, "sk": {"S": self.sk}, "version": {"N": str(self.version)}}
        item["data"] = {"S": json.dumps(self.data)}
        if self.expires is not None:
            item["expires"] = {"N": str(self.expires)}
        if self.open_pk and self.open_sk:
            item |= {"open_pk": {"S": self.open_pk}, "open_sk": {"S": self.open_sk}}
        put: dict[str, Any] = {"TableName": table, "Item": item}
        if self.sk.startswith("log#") or self.pk == "account":
            return put  # the same entry twice is one, and of an account the last word counts
        return put | self._unchanged()

    def check(self, table: str) -> dict[str, Any]:
        """Demand that the row has the version that was read, without writing it."""
        return {"TableName": table, "Key": {"pk": {"S": self.pk}, "sk": {"S": self.sk}}} | self._unchanged()

    def _unchanged(self) -> dict[str, Any]:
        if self.version == 1:
            return {
                "ConditionExpression": "attribute_not_exists (#pk)",
                "ExpressionAttributeNames": {"#pk": "pk"},
            }
        return {
            "ConditionExpression": "#version = :read",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":read": {"N": str(self.version - 1)}},
        }


class Store:
    """The table's door. `region` is the table's; `sleep` and `chance`, between 0 and 1, are for writes that contend."""

    def __init__(
        self,
        table: str,
        region: str,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._chance = chance
        meta = type("Meta", (_Patience,), {"table_name": table, "region": region})
        self._table = table
        self._row: type[_Row] = type("Row", (_Row,), {"Meta": meta})
        self._connection = Connection(
            region=region,
            connect_timeout_seconds=_Patience.connect_timeout_seconds,
            read_timeout_seconds=_Patience.read_timeout_seconds,
        )
        self._connection.session.register_component("data_loader", LeanLoader())  # transactions are many rows
        for connection in (self._connection, self._row._get_connection().connection):  # noqa: SLF001  # no other way in
            connection.session.set_default_client_config(Config(user_agent=USER_AGENT))
            cure(connection.session.get_component("event_emitter"))
        self._codec = make_converter()
        self._codec.register_unstructure_hook(Cluster, lambda cluster: cluster.key)
        self._codec.register_structure_hook(Cluster, lambda text, _: Cluster.from_key(text))
        self._codec.register_unstructure_hook(Scope, str)
        self._codec.register_structure_hook(Scope, lambda text, _: Scope.parse(text))

    # Clusters

    def known(self, cluster: Cluster) -> KnownCluster:
        """Read a cluster's incidents, its bulletin and the drops that wait, in one query."""
        incidents: dict[str, Incident] = {}
        waiting: dict[str, Waiting] = {}
        bulletin = None
        for row in self._row.query(
            _cluster_pk(cluster), self._row.sk.between("bulletin", "instance#~"), consistent_read=True
        ):
            if row.sk == "bulletin":
                bulletin = self._read(row, Bulletin)
            elif row.sk.startswith("drop#"):
                kept = self._read(row, Waiting)
                waiting[kept.drop.instance] = kept
            else:
                incident = self._read(row, Incident)
                incidents[incident.instance] = incident
        return KnownCluster(incidents, bulletin, waiting)

    def incident(self, cluster: Cluster, instance: str) -> Incident | None:
        """Read one incident."""
        row = self._get(_cluster_pk(cluster), f"instance#{instance}")
        return self._read(row, Incident) if row else None

    def bulletin(self, cluster: Cluster) -> Bulletin | None:
        """Read a cluster's bulletin."""
        row = self._get(_cluster_pk(cluster), "bulletin")
        return self._read(row, Bulletin) if row else None

    def save(
        self,
        incidents: Sequence[Incident],
        bulletin: Bulletin | None = None,
        entries: Iterable[audit.Entry] = (),
        alongside: Alongside | None = None,
    ) -> Bulletin | None:
        """Write changed incidents, all of one cluster, with their bulletin and log entries; raise Conflict.

        The bulletin, the log and what is written alongside travel with the first transaction: an incident is never
        without them. Returns the bulletin as written.
        """
        checks, rows = self._alongside(alongside) if alongside else ([], [])
        rows += [self._bulletin_row(bulletin)] if bulletin else []
        # What a big save has come to when it dies is not changed again, and would never be logged: the log goes first.
        rows += [self._entry_row(_one_cluster(incidents, bulletin), entry) for entry in entries]
        rows += [self._incident_row(incident) for incident in incidents]
        first = TRANSACTION - len(checks)
        self._write(rows[:first], checks)
        rest = [rows[start : start + TRANSACTION] for start in range(first, len(rows), TRANSACTION)]
        if len(rest) == 1:
            self._write(rest[0])
        elif rest:
            with ThreadPoolExecutor(min(_THREADS, len(rest))) as threads:
                list(threads.map(self._write, rest))
        return replace(bulletin, version=bulletin.version + 1) if bulletin else None

    def keep(self, record: MessageRecord) -> MessageRecord:
        """Write what Slack shows; raise Conflict."""
        row = self._record_row(record)
        self._put(row, self._unchanged(row))
        return replace(record, version=record.version + 1)

    def keep_all(self, bulletins: Sequence[Bulletin]) -> list[Bulletin]:
        """Write several bulletins together; returns those that were written. Whom somebody else has changed stays."""
        written: list[Bulletin] = []
        for start in range(0, len(bulletins), TRANSACTION):
            some = bulletins[start : start + TRANSACTION]
            try:
                self._write([self._record_row(bulletin) for bulletin in some])
            except Conflict:
                written += self._keep_each(some)
            else:
                written += [replace(bulletin, version=bulletin.version + 1) for bulletin in some]
        return written

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
        """Read the bulletins that have not said their last, of one Region or of all."""
        narrowed = self._row.open_sk.startswith(f"{region}/") if region else None
        return [self._read(row, Bulletin) for row in self._row.open_index.query("bulletins", narrowed)]

    def open_incidents(self, clusters: Collection[Cluster]) -> dict[Cluster, list[Incident]]:
        """Read the unresolved incidents of some clusters of a Region, at best ones that are next to each other."""
        found: dict[Cluster, list[Incident]] = {cluster: [] for cluster in clusters}
        # With the slash: "prod-2/…" comes before "prod/…".
        keys = sorted(f"{_open_key(cluster)}/" for cluster in clusters)
        for row in self._row.open_index.query("incidents", self._row.open_sk.between(keys[0], f"{keys[-1]}~")):
            incident = self._read(row, Incident)
            if incident.cluster in found:
                found[incident.cluster].append(incident)
        return found

    def everything_open(self) -> Iterator[Incident]:
        """Read every unresolved incident."""
        return (self._read(row, Incident) for row in self._row.open_index.query("incidents"))

    def clusters_in_trouble(self) -> set[Cluster]:
        """Name the clusters with an unresolved incident."""
        rows = self._row.open_index.query("incidents", attributes_to_get=["open_sk"])
        return {_cluster_of(row.open_sk) for row in rows}

    # Drops that wait for long

    def keep_waiting(self, drops: Sequence[Waiting]) -> None:
        """Write drops that wait, or are over; raise Conflict."""
        rows = [self._waiting_row(drop) for drop in drops]
        for start in range(0, len(rows), TRANSACTION):
            self._write(rows[start : start + TRANSACTION])

    def clusters_waiting(self, now: datetime) -> set[Cluster]:
        """Name the clusters with a drop that is due by now."""
        due = self._row.open_sk < f"{_moment(now)}/~"
        rows = self._row.open_index.query("waiting", due, attributes_to_get=["open_sk"])
        return {_cluster_of(row.open_sk.partition("/")[2]) for row in rows}

    # Mutes, and the switch for repairs

    def mutes(self) -> list[Mute]:
        """Read all mutes, those that are over too until they are forgotten."""
        return [self._read(row, Mute) for row in self._row.query("mute", consistent_read=True)]

    def keep_mute(self, mute: Mute) -> Mute:
        """Write a mute; raise Conflict. One of the same scope is replaced: it is written with that one's version."""
        row = self._make("mute", str(mute.scope), mute, mute.version)
        row.expires = int((mute.until + MUTE_KEPT).timestamp())
        self._put(row, self._unchanged(row))
        return replace(mute, version=mute.version + 1)

    def recorded(self, mute: Mute, more: int = 0) -> int:
        """Tell how many incidents were opened under a mute; `more` are counted first."""
        row = self._row(pk=f"budget#muted {mute.scope}", sk=mute.since.isoformat())
        if more:
            self._add(row, more, mute.until + MUTE_KEPT)
            return int(row.used)
        found = self._get(row.pk, row.sk)
        return int(found.used or 0) if found else 0

    def switch(self) -> RepairStop:
        """Read whether repairs are stopped."""
        row = self._get("switch", "repairs")
        return self._read(row, RepairStop) if row else RepairStop()

    def turn(self, switch: RepairStop) -> None:
        """Stop repairs, or let them go on; raise Conflict. It waits out whoever begins a repair at the same time."""
        row = self._switch_row(switch)
        self._put(row, self._unchanged(row), _TRIES_TO_STOP)

    # Budgets

    def spend(self, what: str, now: datetime) -> int:
        """Count one more use of something in this minute; returns the how manieth it is."""
        row = self._row(pk=f"budget#{what}", sk=f"{now:%Y%m%dT%H%M}")
        self._add(row, 1, now + BUDGET_KEPT)
        return int(row.used)

    def ledger(self, name: str) -> Ledger:
        """Read what has been used of a cap."""
        row = self._get("ledger", name)
        return self._read(row, Ledger) if row else Ledger()

    def told(self, what: str) -> bool:
        """Tell whether the operators have heard of something already."""
        return self._get(f"budget#told {what}", "told") is not None

    def note_told(self, what: str, until: datetime) -> None:
        """Note that they have, and forget it some time after `until`."""
        self._add(self._row(pk=f"budget#told {what}", sk="told"), 1, until)

    def _add(self, row: _Row, number: int, until: datetime) -> None:
        def add() -> None:
            row.update([self._row.used.add(number), self._row.expires.set(int(until.timestamp()))])

        write(add, self._sleep, self._chance)

    # The organization's accounts, and what visits have left of their Regions

    def accounts(self) -> dict[str, Account]:
        """Read what is known of the organization's accounts, by id; whoever has just been written may be missing."""
        rows = self._row.query("account")
        return {row.sk: self._read(row, Account) for row in rows if not row.expires}

    def keep_accounts(self, accounts: Iterable[Account], gone: Iterable[Account] = (), *, now: datetime) -> None:
        """Write accounts, and let those that are `gone` end by their time to live. Raises Conflict."""
        drafts = [self._make("account", account.id, account, 0) for account in accounts]
        for account in gone:
            draft = self._make("account", account.id, account, 0)
            draft.expires = int(now.timestamp())
            drafts.append(draft)
        for start in range(0, len(drafts), TRANSACTION):
            self._write(drafts[start : start + TRANSACTION])

    def absences(self) -> dict[str, Absence]:
        """Read which accounts and Regions are missing, by id and name; what was just written may be missing itself."""
        return {row.sk: self._read(row, Absence) for row in self._row.query("absent")}

    def is_gone(self, name: str) -> bool:
        """Tell whether an account or a Region is proven to be gone as of now."""
        row = self._get("absent", name)
        return row is not None and self._read(row, Absence).proven

    def keep_absences(self, absences: Iterable[Absence]) -> None:
        """Write how often accounts and Regions were missing; of one that is there again it is forgotten."""
        for absence in absences:
            draft = self._make("absent", absence.name, absence, 0)
            draft.expires = int((absence.at + (ABSENCE_KEPT if absence.times else timedelta())).timestamp())
            self._model(draft).save()

    def places_seen(self, turn: int | None = None) -> dict[Place, Visit]:
        """Read what visits have left of all places, or of those of a turn."""
        narrowed = None if turn is None else self._row.sk.startswith(f"{turn}/")
        found: dict[Place, Visit] = {}
        for row in self._row.query("seen", narrowed):
            for name, times in row.data.items():
                account, _, region = name.partition("/")
                seen = _seen(times)
                known = found.get((account, region))
                # When places become fewer or more, one may stand in two rows for a while.
                if known is None or known.tried_at < seen.tried_at:
                    found[account, region] = seen
        return found

    def keep_seen(self, turn: int, seen: Mapping[Place, Visit], now: datetime) -> None:
        """Write what visits have left of all places of a turn: a row or few, however many places."""
        told = [(f"{account}/{region}", _times(last)) for (account, region), last in sorted(seen.items())]
        for number, start in enumerate(range(0, len(told), SEEN_A_ROW)):
            draft = _Draft("seen", f"{turn}/{number}", 1, dict(told[start : start + SEEN_A_ROW]))
            draft.expires = int((now + SEEN_KEPT).timestamp())
            self._put(draft, None)

    # The log

    def log(self, cluster: Cluster | None, entry: audit.Entry) -> None:
        """Add an entry, about a cluster or about none in particular; the same one twice is one, and stays as it was."""
        with suppress(Conflict):
            self._put(self._entry_row(cluster, entry), self._row.pk.does_not_exist())

    def deeds(self, since: datetime, until: datetime) -> Iterator[audit.Entry]:
        """Read what people did from `since` until before `until`, of all clusters, oldest first."""
        for month in _months(since, until):
            narrowed = self._row.open_sk.between(_moment(since), _moment(until))
            for row in self._row.open_index.query(f"deeds {month}", narrowed):
                yield self._read(row, audit.Entry)

    def entries(self, cluster: Cluster, after: str) -> list[tuple[str, audit.Entry]]:
        """Read a cluster's log entries whose key comes after `after`, oldest first."""
        first = max(after, "log#") + "\x00"
        rows = self._row.query(_cluster_pk(cluster), self._row.sk.between(first, "log#~"), consistent_read=True)
        return [(row.sk, self._read(row, audit.Entry)) for row in rows]

    # Requests

    def claim(self, request: str, now: datetime) -> Claim:
        """Take a request on: the first caller gets a new claim, any later one the claim as it stands."""
        claim = Claim(request, now)
        try:
            row = self._claim_row(claim)
            self._put(row, self._row.pk.does_not_exist())
        except Conflict:
            standing = self._get(f"request#{request}", "request")
            if standing is None:
                raise
            return self._read(standing, Claim)
        return replace(claim, version=1)

    def finish(
        self, claim: Claim, outcome: str, cluster: Cluster | None = None, entry: audit.Entry | None = None
    ) -> Claim:
        """Record what came of a request, and with it a log entry about a cluster or none in particular; raise Conflict.

        Returns the claim as written.
        """
        ended = replace(claim, outcome=outcome)
        row = self._claim_row(ended)
        if entry:
            self._write([row, self._entry_row(cluster, entry)])
        else:
            self._put(row, self._unchanged(row))
        return replace(ended, version=claim.version + 1)

    # Rows

    def _incident_row(self, incident: Incident) -> _Draft:
        row = self._make(_cluster_pk(incident.cluster), f"instance#{incident.instance}", incident, incident.version)
        if incident.expires:
            row.expires = int(incident.expires.timestamp())
        else:
            row.open_pk, row.open_sk = "incidents", f"{_open_key(incident.cluster)}/{incident.instance}"
        return row

    def _alongside(self, alongside: Alongside) -> tuple[list[_Draft], list[_Draft]]:
        """Return the rows that have to be as they were read, and those that are written."""
        rows = []
        for name, (ledger, until) in alongside.used.items():
            row = self._make("ledger", name, ledger, ledger.version)
            row.expires = int(until.timestamp())
            rows.append(row)
        rows += [self._claim_row(alongside.ended)] if alongside.ended else []
        return [self._switch_row(alongside.switch)] if alongside.switch else [], rows

    def _switch_row(self, switch: RepairStop) -> _Draft:
        return self._make("switch", "repairs", switch, switch.version)

    def _waiting_row(self, waiting: Waiting) -> _Draft:
        pk, instance = _cluster_pk(waiting.cluster), waiting.drop.instance
        row = self._make(pk, f"drop#{instance}", waiting, waiting.version)
        if not waiting.over:
            row.open_pk, row.open_sk = "waiting", f"{_moment(waiting.due)}/{_open_key(waiting.cluster)}/{instance}"
        row.expires = int((waiting.due + WAITING_KEPT).timestamp())
        return row

    def _record_row(self, record: Bulletin | Storm) -> _Draft:
        return self._bulletin_row(record) if isinstance(record, Bulletin) else self._storm_row(record)

    def _bulletin_row(self, bulletin: Bulletin) -> _Draft:
        row = self._make(_cluster_pk(bulletin.cluster), "bulletin", bulletin, bulletin.version)
        if not bulletin.closed:
            row.open_pk, row.open_sk = "bulletins", _open_key(bulletin.cluster)
        return row

    def _storm_row(self, storm: Storm) -> _Draft:
        row = self._make(f"storm#{storm.channel}", storm.region, storm, storm.version)
        if not storm.closed:
            row.open_pk, row.open_sk = "storms", f"{storm.region}/{storm.channel}"
        return row

    def _entry_row(self, cluster: Cluster | None, entry: audit.Entry) -> _Draft:
        entry = replace(entry, cluster=cluster.key if cluster else "")
        row = self._make(_cluster_pk(cluster) if cluster else "organization", entry.key, entry, 0)
        row.expires = int((entry.at + audit.LOG_KEPT).timestamp())
        if entry.who:
            row.open_pk, row.open_sk = f"deeds {_moment(entry.at)[:7]}", f"{_moment(entry.at)}/{row.pk}/{entry.key}"
        return row

    def _claim_row(self, claim: Claim) -> _Draft:
        row = self._make(f"request#{claim.request}", "request", claim, claim.version)
        row.expires = int((claim.at + REQUEST_KEPT).timestamp())
        return row

    def _make(self, pk: str, sk: str, value: object, version: int) -> _Draft:
        return _Draft(pk, sk, version + 1, self._codec.unstructure(value))

    def _read(self, row: _Row, kind: type[_T]) -> _T:
        value = self._codec.structure(row.data, kind)
        return replace(value, version=int(row.version)) if hasattr(value, "version") else value  # type: ignore[type-var]

    def _unchanged(self, draft: _Draft) -> Condition:
        read = draft.version - 1
        return self._row.version == read if read else self._row.pk.does_not_exist()

    def _get(self, pk: str, sk: str) -> _Row | None:
        try:
            return self._row.get(pk, sk, consistent_read=True)
        except self._row.DoesNotExist:
            return None

    def _keep_each(self, bulletins: Iterable[Bulletin]) -> list[Bulletin]:
        written: list[Bulletin] = []
        for bulletin in bulletins:
            try:
                written.append(self.keep(bulletin))
            except Conflict:
                continue
        return written

    def _model(self, draft: _Draft) -> _Row:
        return self._row(**{field.name: getattr(draft, field.name) for field in fields(draft)})

    def _put(self, draft: _Draft, condition: Condition | None, tries: int = TRIES) -> None:
        write(lambda: self._model(draft).save(condition), self._sleep, self._chance, tries)

    def _write(self, drafts: Sequence[_Draft], checks: Sequence[_Draft] = ()) -> None:
        demands = [draft.check(self._table) for draft in checks]
        puts = [draft.put(self._table) for draft in drafts]
        write(lambda: self._connection.transact_write_items(demands, (), puts, ()), self._sleep, self._chance)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """Name the months from `since` to `until`, in UTC."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04}-{number % 12 + 1:02}"


def _seen(times: Sequence[Any]) -> Visit:
    tried_at, at, problem = times
    return Visit(_second(tried_at), None if at is None else _second(at), problem)


def _times(seen: Visit) -> list[Any]:
    """Write what was seen of a place as briefly as it goes, for there are thousands: whole seconds, no names."""
    return [int(seen.tried_at.timestamp()), seen.at and int(seen.at.timestamp()), seen.problem]


def _second(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _cluster_pk(cluster: Cluster) -> str:
    return f"cluster#{cluster.key}"


def _open_key(cluster: Cluster) -> str:
    return f"{cluster.region}/{cluster.account}/{cluster.name}"


def _cluster_of(open_key: str) -> Cluster:
    region, account, name, _ = open_key.split("/")
    return Cluster(account, region, name)


def _one_cluster(incidents: Sequence[Incident], bulletin: Bulletin | None) -> Cluster:
    return bulletin.cluster if bulletin else incidents[0].cluster
