"""DynamoDB on the wire, in memory: one lock, strict, and hundreds of times as fast as moto.

Reads and writes rows of tables whose keys are texts; queries tables and their indexes in pages of 1 MB; keeps
conditions and transactions all-or-nothing. What has expired goes when `forget` is called, as late as one likes. Each
write's units are counted by the partition key that they fall on, in the table and in its indexes (`units`): AWS takes
1,000 a second of each. Reads' units are counted together (`reads`). Not modelled: indexes that lag behind and
throughput. Here transactions come one after another; that they overlap and conflict is a fault to order
(Kind.CONFLICTING). A transaction's token is remembered for good, in AWS for ten minutes.
"""

import json
from base64 import b64decode
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tests.wire import expressions
from tests.wire.expressions import Row
from tests.wire.wire import HUB, Call, Failure, Json, Stray, Wire

_MOST_IN_TRANSACTION = 100
_MOST_READ = 100
_LONGEST_TRANSACTION = 4 * 1024 * 1024
_LONGEST_ROW = 400 * 1024
_LONGEST_PAGE = 1024 * 1024
_WRITE_UNIT, _READ_UNIT = 1024, 4096
_WORDS = ("ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnConsumedCapacity")
_WRITES = (*_WORDS, "ReturnItemCollectionMetrics", "ReturnValuesOnConditionCheckFailure")


@dataclass
class _Sorted:
    """Rows of a table or of an index, by hash key, in the order of their range keys (and then of the table's own)."""

    hash_key: str
    range_key: str
    projected: frozenset[str] | None = None  # None: everything
    partitions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def place(self, row: Row) -> tuple[str, str] | None:
        """Where a row stands here, or None if it lacks a key."""
        if self.hash_key not in row or self.range_key not in row:
            return None
        return row[self.hash_key]["S"], row[self.range_key]["S"]

    def put(self, row: Row, key: tuple[str, str]) -> None:
        if place := self.place(row):
            insort(self.partitions.setdefault(place[0], []), (place[1], *key))

    def take_out(self, row: Row, key: tuple[str, str]) -> None:
        if place := self.place(row):
            rows = self.partitions[place[0]]
            del rows[bisect_left(rows, (place[1], *key))]


@dataclass
class _Table:
    own: _Sorted
    indexes: dict[str, _Sorted]
    rows: dict[tuple[str, str], tuple[Row, int]] = field(default_factory=dict)

    def key(self, row: Mapping[str, Any]) -> tuple[str, str]:
        place = self.own.place(dict(row))
        if place is None or not all(place):
            raise Failure("ValidationException", "One of the required keys was not given a value")
        return place

    def get(self, key: tuple[str, str]) -> Row | None:
        found = self.rows.get(key)
        return found[0] if found else None

    def put(self, key: tuple[str, str], row: Row) -> None:
        known = self.get(key)
        if known is not None:
            for index in self.indexes.values():
                index.take_out(known, key)
        else:
            self.own.put(row, key)
        for index in self.indexes.values():
            index.put(row, key)
        self.rows[key] = row, _size(row)

    def delete(self, key: tuple[str, str]) -> None:
        known = self.get(key)
        if known is not None:
            for each in (self.own, *self.indexes.values()):
                each.take_out(known, key)
            del self.rows[key]


class Tables:
    """All tables of the hub's account."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self.reads = 0.0
        self.room: int | None = None  # how many rows one BatchGetItem reads; None: as many as are asked for
        self._tables: dict[str, _Table] = {}
        self._transacted: dict[str, Any] = {}
        self._lock = Lock()

    def hang(self, wire: Wire) -> None:
        """Answer for DynamoDB."""
        wire.services["dynamodb"] = self

    def rows(self, table: str) -> list[Row]:
        """Everything that is kept there."""
        with self._lock:
            return [row for row, _ in self._tables[table].rows.values()]

    def forget(self, now: float) -> int:
        """Delete what has expired by now, as DynamoDB does at once or up to two days late; returns how many rows."""
        with self._lock:
            expired = [
                (table, key)
                for table in self._tables.values()
                for key, (row, _) in table.rows.items()
                if "expires" in row and float(row["expires"]["N"]) < now
            ]
            for table, key in expired:
                table.delete(key)
        return len(expired)

    def __call__(self, call: Call) -> bytes:
        operation = self._OPERATIONS.get(call.operation)
        if operation is None or call.account != HUB:
            raise Stray(f"dynamodb:{call.operation} by {call.account}")
        with self._lock:
            return json.dumps(operation(self, call), separators=(",", ":")).encode()

    def _create(self, call: Call) -> Json:
        call.only("TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        kinds = {each["AttributeName"]: each["AttributeType"] for each in call.fields["AttributeDefinitions"]}
        if set(kinds.values()) != {"S"}:
            raise Stray(f"keys that are no texts: {kinds}")
        own = _sorted(call.fields["KeySchema"], {"ProjectionType": "ALL"})
        indexes = {
            index["IndexName"]: _sorted(index["KeySchema"], index["Projection"], own)
            for index in call.fields.get("GlobalSecondaryIndexes", ())
        }
        self._tables[call.fields["TableName"]] = _Table(own, indexes)
        return {"TableDescription": {"TableName": call.fields["TableName"], "TableStatus": "ACTIVE"}}

    def _delete_table(self, call: Call) -> Json:
        call.only("TableName")
        self._table(call.fields)
        del self._tables[call.fields["TableName"]]
        return {"TableDescription": {"TableName": call.fields["TableName"], "TableStatus": "DELETING"}}

    # Reading

    def _get(self, call: Call) -> Json:
        call.only("TableName", "Key", "ConsistentRead", "ReturnConsumedCapacity")
        table = self._table(call.fields)
        row = table.get(table.key(call.fields["Key"]))
        self._count_read(_size(row) if row is not None else 0, call.fields)
        return {"Item": row} if row is not None else {}

    def _batch_get(self, call: Call) -> Json:
        """What is left out for want of `room` comes back as unprocessed, and nothing is said of rows there are not."""
        call.only("RequestItems", "ReturnConsumedCapacity")
        ((name, asked),) = call.fields["RequestItems"].items()
        if strange := asked.keys() - {"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}:
            raise Stray(f"dynamodb:BatchGetItem with {', '.join(sorted(strange))}")
        table = self._table({"TableName": name})
        keys = [table.key(key) for key in asked["Keys"]]
        if not 1 <= len(keys) <= _MOST_READ:
            raise Failure("ValidationException", "Member must have length between 1 and 100")
        if any(len(key) != 2 for key in asked["Keys"]):
            raise Failure("ValidationException", "The provided key element does not match the schema")
        if len(set(keys)) < len(keys):
            raise Failure("ValidationException", "Provided list of item keys contains duplicates")
        found = [table.get(key) for key in keys[: self.room]]
        for row in found:
            self._count_read(_size(row) if row is not None else 0, asked)
        left = asked["Keys"][self.room :] if self.room is not None else []
        unprocessed = {name: {**asked, "Keys": left}} if left else {}
        return {
            "Responses": {name: [_projected(row, table.own, asked) for row in found if row is not None]},
            "UnprocessedKeys": unprocessed,
        }

    def _query(self, call: Call) -> Json:
        call.only(
            "TableName", "IndexName", "KeyConditionExpression", "FilterExpression", "ProjectionExpression", "Select",
            "ConsistentRead", "Limit", "ScanIndexForward", "ExclusiveStartKey", *_WORDS,
        )  # fmt: skip
        fields, table = call.fields, self._table(call.fields)
        rows = _index(table, fields) if "IndexName" in fields else table.own
        names, values = _names(fields), fields.get("ExpressionAttributeValues", {})
        asked = expressions.keys(fields["KeyConditionExpression"], names, rows.hash_key, rows.range_key)(values)
        fits = expressions.condition(fields["FilterExpression"], names) if "FilterExpression" in fields else None
        found: list[Row] = []
        scanned, size, last = 0, 0, None
        for sort, *key in _from(rows, asked.partition["S"], fields):
            if not asked.test(sort):
                continue
            row, bytes_ = table.rows[key[0], key[1]]
            scanned, size = scanned + 1, size + bytes_
            if fits is None or fits(row, values):
                found.append(_projected(row, rows, fields))
            if size >= _LONGEST_PAGE or scanned == fields.get("Limit"):
                last = {name: row[name] for each in (table.own, rows) for name in (each.hash_key, each.range_key)}
                break
        self._count_read(size, call.fields)
        counted = {"Count": len(found), "ScannedCount": scanned}
        shown = counted if fields.get("Select") == "COUNT" else {"Items": found, **counted}
        return {**shown, "LastEvaluatedKey": last} if last else shown

    def _count_read(self, size: int, asked: Mapping[str, Any]) -> None:
        self.reads += max(-(-size // _READ_UNIT), 1) * (1 if asked.get("ConsistentRead") else 0.5)

    # Writing

    def _put(self, call: Call) -> Json:
        call.only("TableName", "Item", "ConditionExpression", "ReturnValues", *_WRITES)
        return self._alone(call, "Put")

    def _update(self, call: Call) -> Json:
        call.only("TableName", "Key", "UpdateExpression", "ConditionExpression", "ReturnValues", *_WRITES)
        return self._alone(call, "Update")

    def _delete(self, call: Call) -> Json:
        call.only("TableName", "Key", "ConditionExpression", "ReturnValues", *_WRITES)
        return self._alone(call, "Delete")

    def _alone(self, call: Call, kind: str) -> Json:
        returned = call.fields.get("ReturnValues", "NONE")
        if returned not in {"NONE", "ALL_NEW", "ALL_OLD"}:
            raise Stray(f"ReturnValues {returned}")
        table, key, before, after = self._prepared(kind, call.fields)
        if not _holds(call.fields, before):
            raise Failure("ConditionalCheckFailedException", "The conditional request failed", **_told(call, before))
        _apply(table, key, before, after)
        self._bill(table, before, after, 1)
        shown = {"ALL_NEW": after, "ALL_OLD": before}.get(returned)
        return {"Attributes": shown} if shown is not None else {}

    def _transact(self, call: Call) -> Json:
        call.only("TransactItems", "ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics")
        items, token = call.fields["TransactItems"], call.fields.get("ClientRequestToken")
        if token in self._transacted:
            # Whoever has not heard the answer asks again with the same token, and nothing is done twice.
            if self._transacted[token] != items:
                raise Failure("IdempotentParameterMismatchException", "The token was used for another request")
            return {}
        asked = [next(iter(each.items())) for each in items]
        if not 1 <= len(asked) <= _MOST_IN_TRANSACTION:
            raise Failure("ValidationException", "Member must have length between 1 and 100")
        prepared = [self._prepared(kind, fields) for kind, fields in asked]
        if len({(id(table), key) for table, key, _, _ in prepared}) < len(prepared):
            raise Failure("ValidationException", "Transaction request cannot include multiple operations on one item")
        if sum(_size(after) for *_, after in prepared if after) > _LONGEST_TRANSACTION:
            raise Failure("ValidationException", "Transaction request exceeds 4 MB")
        hold = [_holds(fields, before) for (_, fields), (_, _, before, _) in zip(asked, prepared, strict=True)]
        if not all(hold):
            reasons = [_reason(held) for held in hold]
            told = ", ".join(reason["Code"] for reason in reasons)
            text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]"
            raise Failure("TransactionCanceledException", text, CancellationReasons=reasons)
        for each in prepared:
            _apply(*each)
            self._bill(each[0], each[2], each[3], 2)
        if token:
            self._transacted[token] = items
        return {}

    def _prepared(self, kind: str, fields: Mapping[str, Any]) -> tuple[_Table, tuple[str, str], Row | None, Row | None]:
        """What a write is about: its table and key, the row before it, and after it (itself, if it only checks)."""
        table = self._table(fields)
        key = table.key(fields["Item"] if kind == "Put" else fields["Key"])
        before = table.get(key)
        match kind:
            case "Put":
                after: Row | None = dict(fields["Item"])
            case "Update":
                after = dict(before or fields["Key"])
                change = expressions.update(fields["UpdateExpression"], _names(fields))
                if _holds(fields, before):
                    change(after, fields.get("ExpressionAttributeValues", {}))
            case "Delete":
                after = None
            case "ConditionCheck":
                after = before
            case _:
                raise Stray(f"{kind} in a transaction")
        if after is not None and _size(after) > _LONGEST_ROW:
            raise Failure("ValidationException", "Item size has exceeded the maximum allowed size")
        return table, key, before, after

    def _bill(self, table: _Table, before: Row | None, after: Row | None, times: int) -> None:
        """Count what a write takes: by the larger of the rows before and after it, twice in a transaction.

        An index is written where a row's place in it, or what it shows there, has changed, once for each place.
        """
        largest = max((row for row in (before, after) if row), key=_size, default=None)
        if largest is None:
            return
        self.units[largest[table.own.hash_key]["S"]] += times * _units(largest)
        for name, index in table.indexes.items() if before != after else ():
            places = {place: row for row in (before, after) if row and (place := index.place(row))}
            for (partition, _), row in places.items():
                self.units[f"{name}: {partition}"] += _units(row)

    def _table(self, fields: Mapping[str, Any]) -> _Table:
        if fields["TableName"] not in self._tables:
            raise Failure("ResourceNotFoundException", "Requested resource not found")
        return self._tables[fields["TableName"]]

    _OPERATIONS: dict[str, Callable[["Tables", Call], Json]] = {  # noqa: RUF012 - never changed
        "CreateTable": _create,
        "DeleteTable": _delete_table,
        "GetItem": _get,
        "BatchGetItem": _batch_get,
        "Query": _query,
        "PutItem": _put,
        "UpdateItem": _update,
        "DeleteItem": _delete,
        "TransactWriteItems": _transact,
    }


def _sorted(schema: list[Json], projection: Json, own: _Sorted | None = None) -> _Sorted:
    keys = {each["KeyType"]: each["AttributeName"] for each in schema}
    projected = None
    if own and projection["ProjectionType"] != "ALL":
        always = {own.hash_key, own.range_key, *keys.values()}
        projected = frozenset(always | set(projection.get("NonKeyAttributes", ())))
    return _Sorted(keys["HASH"], keys["RANGE"], projected)


def _index(table: _Table, fields: Mapping[str, Any]) -> _Sorted:
    if fields.get("ConsistentRead"):
        raise Failure("ValidationException", "Consistent reads are not supported on global secondary indexes")
    if fields["IndexName"] not in table.indexes:
        raise Failure("ValidationException", f"The table does not have the specified index: {fields['IndexName']}")
    return table.indexes[fields["IndexName"]]


def _from(rows: _Sorted, partition: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rows of a partition in the order that is asked for, from where the last page ended."""
    ordered = rows.partitions.get(partition, [])
    forward = fields.get("ScanIndexForward", True)
    start = fields.get("ExclusiveStartKey")
    if start:
        last = (start[rows.range_key]["S"], start["pk"]["S"], start["sk"]["S"])
        at = bisect_left(ordered, last)
        ordered = ordered[at + (ordered[at : at + 1] == [last]) :] if forward else ordered[:at]
    return iter(ordered if forward else reversed(ordered))


def _projected(row: Row, rows: _Sorted, fields: Mapping[str, Any]) -> Row:
    if rows.projected is not None:
        row = {name: value for name, value in row.items() if name in rows.projected}
    if "ProjectionExpression" not in fields:
        return row
    names = dict(_names(fields))
    asked = [word.strip() for word in fields["ProjectionExpression"].split(",")]
    if not all(word in names for word in asked):
        raise Stray(f"the projection {fields['ProjectionExpression']}: whole attributes with #names only")
    return {names[word]: row[names[word]] for word in asked if names[word] in row}


def _holds(fields: Mapping[str, Any], row: Row | None) -> bool:
    text = fields.get("ConditionExpression")
    if not text:
        return True
    return expressions.condition(text, _names(fields))(row or {}, fields.get("ExpressionAttributeValues", {}))


def _told(call: Call, row: Row | None) -> Json:
    return {"Item": row} if call.fields.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and row else {}


def _reason(held: bool) -> Json:
    return {"Code": "None"} if held else {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}


def _apply(table: _Table, key: tuple[str, str], before: Row | None, after: Row | None) -> None:
    if after is None:
        table.delete(key)
    elif after is not before:
        table.put(key, after)


def _names(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(fields.get("ExpressionAttributeNames", {}).items()))


def _units(row: Row) -> int:
    return -(-_size(row) // _WRITE_UNIT)


def _size(row: Row) -> int:
    """About what DynamoDB would bill; what is binary comes in base64, and is billed without."""
    return sum(len(name) + sum(_bytes(kind, value) for kind, value in each.items()) for name, each in row.items())


def _bytes(kind: str, value: object) -> int:
    return len(b64decode(value)) if kind == "B" and isinstance(value, str) else _weight(value)


def _weight(value: object) -> int:
    match value:
        case str():
            return len(value)
        case dict():
            return sum(len(name) + _weight(inner) + 1 for name, inner in value.items())
        case list():
            return sum(_weight(inner) + 1 for inner in value)
    return 1
