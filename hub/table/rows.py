"""Rows: how a value becomes one, is written on condition of the version that was read, and is read again.

Rows carry a version. Each write names the version it read; whoever finds another one raises Conflict, reads again and
decides again (hub.table.writes). Values travel as one JSON document per row, so a row of an older release reads as
today's with defaults. Log entries, accounts and what was seen go without: the same entry twice is one, and the rest has
one writer, sweep, whose last word counts.
"""

import json
import random
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from botocore.config import Config
from cattrs.preconf.json import JsonConverter, make_converter
from pynamodb.attributes import BinaryAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from hub.scopes.scope import Scope
from hub.table.writes import TRIES, write
from spoke import USER_AGENT
from spoke.curing import cure
from spoke.models import lean_loader
from spoke.places import Cluster

_T = TypeVar("_T")

# Rows of a transaction: DynamoDB takes 100.
TRANSACTION = 100
# Rows that are written whatever stands there.
_LAST_WORD_COUNTS = frozenset({"account", "mutes"})

TableError = PynamoDBException
"""What every failure of the table derives from, but for Conflict."""


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


class Row(Model):
    """A row of the table, as PynamoDB reads it."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(default=0)
    expires = NumberAttribute(null=True)
    open_pk = UnicodeAttribute(null=True)
    open_sk = UnicodeAttribute(null=True)
    used = NumberAttribute(null=True)
    data = JSONAttribute(null=True)
    packed = BinaryAttribute(null=True, legacy_encoding=False)
    open_index = _OpenIndex()


@dataclass(slots=True)
class Draft:
    """A row to be written. A transaction has a hundred of them, so they go without the model's detours.

    One that is written `beside` another takes that one's version, whose condition holds for both. What is `packed`
    stands in the place of `data`.
    """

    pk: str
    sk: str
    version: int
    data: object
    expires: int | None = None
    open_pk: str | None = None
    open_sk: str | None = None
    packed: bytes | None = None
    beside: bool = False

    def put(self, table: str) -> dict[str, Any]:
        """Write it as DynamoDB wants it, on condition that the version is the one that was read."""
        item: dict[str, Any] = {"pk": {"S": self.pk}, "sk": {"S": self.sk}, "version": {"N": str(self.version)}}
        item |= (
            {"packed": {"B": b64encode(self.packed).decode()}}
            if self.packed
            else {"data": {"S": json.dumps(self.data)}}
        )
        if self.expires is not None:
            item["expires"] = {"N": str(self.expires)}
        if self.open_pk and self.open_sk:
            item |= {"open_pk": {"S": self.open_pk}, "open_sk": {"S": self.open_sk}}
        put: dict[str, Any] = {"TableName": table, "Item": item}
        if self.sk.startswith("log#") or self.pk in _LAST_WORD_COUNTS:
            return put  # the same entry twice is one
        if self.beside:
            return put | self._older()
        return put | self._unchanged()

    def check(self, table: str) -> dict[str, Any]:
        """Demand what `put` would, without writing it."""
        condition = self._older() if self.beside else self._unchanged()
        return {"TableName": table, "Key": {"pk": {"S": self.pk}, "sk": {"S": self.sk}}} | condition

    def _older(self) -> dict[str, Any]:
        return {
            "ConditionExpression": "attribute_not_exists (#pk) OR #version < :now",
            "ExpressionAttributeNames": {"#pk": "pk", "#version": "version"},
            "ExpressionAttributeValues": {":now": {"N": str(self.version)}},
        }

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


@cache
def codec() -> JsonConverter:
    """Make what turns dataclasses into JSON and back, with defaults for what a row does not have."""
    made = make_converter()
    made.register_unstructure_hook(Cluster, lambda cluster: cluster.key)
    made.register_structure_hook(Cluster, lambda text, _: Cluster.from_key(text))
    made.register_unstructure_hook(Scope, str)
    made.register_structure_hook(Scope, lambda text, _: Scope.parse(text))
    return made


def draft(pk: str, sk: str, value: object, version: int) -> Draft:
    """Draft a row that holds a value; `version` is the one that was read, 0 if there was none."""
    return Draft(pk, sk, version + 1, codec().unstructure(value))


def moment(at: datetime) -> str:
    """Write a time so that keys sort by it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def cluster_pk(cluster: Cluster) -> str:
    """Return the partition of all that is known of a cluster."""
    return f"cluster#{cluster.key}"


def open_key(cluster: Cluster) -> str:
    """Return the cluster's place in the index of what is open: the Region first."""
    return f"{cluster.region}/{cluster.account}/{cluster.name}"


def cluster_of(key: str) -> Cluster:
    """Read a cluster out of a key in that index, which goes on after it."""
    region, account, name, _ = key.split("/")
    return Cluster(account, region, name)


class Rows:
    """The table's rows. `region` is the table's; `sleep` and `chance`, between 0 and 1, are for writes that contend.

    `opens_in_pages` says whether incidents that begin are kept many in a row (hub.table.incident_rows).
    """

    def __init__(
        self,
        table: str,
        region: str,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        *,
        opens_in_pages: bool = False,
    ) -> None:
        self._opens_in_pages = opens_in_pages
        self._sleep = sleep
        self._chance = chance
        meta = type("Meta", (_Patience,), {"table_name": table, "region": region})
        self._table = table
        self._row: type[Row] = type("Row", (Row,), {"Meta": meta})
        self._connection = self._row._get_connection().connection  # noqa: SLF001  # no other way in
        session = self._connection.session
        session.register_component("data_loader", lean_loader())  # transactions are many rows
        session.set_default_client_config(Config(user_agent=USER_AGENT))
        cure(session.get_component("event_emitter"))
        # Made here: pynamodb keeps a session for each thread, and one of another thread would be as botocore makes it.
        self._connection.client  # noqa: B018  # it is made when it is asked for

    def _read(self, row: Row, kind: type[_T]) -> _T:
        value = codec().structure(row.data, kind)
        return replace(value, version=int(row.version)) if hasattr(value, "version") else value  # type: ignore[type-var]

    def _unchanged(self, draft: Draft) -> Condition:
        read = draft.version - 1
        return self._row.version == read if read else self._row.pk.does_not_exist()

    def _get(self, pk: str, sk: str) -> Row | None:
        try:
            return self._row.get(pk, sk, consistent_read=True)
        except self._row.DoesNotExist:
            return None

    def _model(self, draft: Draft) -> Row:
        return self._row(
            **{field.name: getattr(draft, field.name) for field in fields(draft) if field.name != "beside"}
        )

    def _put(self, draft: Draft, condition: Condition | None, tries: int = TRIES) -> None:
        write(lambda: self._model(draft).save(condition), self._sleep, self._chance, tries)

    def _write(self, drafts: Sequence[Draft], checks: Sequence[Draft] = ()) -> None:
        demands = [draft.check(self._table) for draft in checks]
        puts = [draft.put(self._table) for draft in drafts]
        write(lambda: self._connection.transact_write_items(demands, (), puts, ()), self._sleep, self._chance)

    def _add(self, row: Row, number: int, until: datetime) -> None:
        def add() -> None:
            row.update([self._row.used.add(number), self._row.expires.set(int(until.timestamp()))])

        write(add, self._sleep, self._chance)
