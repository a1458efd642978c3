"""The table of a simulation: DynamoDB as it is when several functions write at the same time, and as time goes by.

It honours the tokens of repeated transactions, lets transactions conflict that overlap, lets indexes and reads that are
not consistent lag behind, deletes rows whose time to live is over, and shows what has been written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.hub.timing import Clock
from tests.simulation.stage import TABLE
from tests.wire.expressions import Row
from tests.wire.table import Tables
from tests.wire.wire import Call, Failure

Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """A row that has changed; None where there is none."""

    key: Key
    before: Row | None
    after: Row | None


class Ledger(Tables):
    """DynamoDB, with every change of every row in order. `pause` is where others may go on amid a transaction."""

    def __init__(self, clock: Clock, pause: Callable[[], None], count: Callable[[str], None]) -> None:
        super().__init__()
        self.lag = timedelta()
        self._clock, self._pause, self._count = clock, pause, count
        self._done: set[str] = set()
        self._seen: dict[Key, Row] = {}
        self._touched: dict[Key, None] = {}
        self._busy: list[set[Key]] = []
        self._behind = Tables()
        self._coming: list[tuple[datetime, Key, Row | None]] = []

    def __call__(self, call: Call) -> bytes:
        if call.operation == "CreateTable":
            self._behind(call)
        keys = _written(call)
        if not keys:
            return self._read(call)
        token = str(call.fields.get("ClientRequestToken", ""))
        if token and token in self._done:
            return b"{}"  # the same transaction again, whose answer was lost
        with self._one_at_a_time(call, keys):
            answer = super().__call__(call)
        self._done.add(token)
        self._touch(keys)
        return answer

    @contextmanager
    def _one_at_a_time(self, call: Call, keys: set[Key]) -> Iterator[None]:
        """Of two writes to a row at the same time, one of them in a transaction, the later one is told so."""
        if any(not keys.isdisjoint(busy) for busy in self._busy):
            self._count("conflict of transactions")
            raise _conflict(call, {key for busy in self._busy for key in busy})
        if call.operation != "TransactWriteItems":
            yield
            return
        self._busy.append(keys)
        try:
            self._pause()
            yield
        finally:
            self._busy.remove(keys)

    def _read(self, call: Call) -> bytes:
        if not self.lag or call.operation not in {"GetItem", "Query"} or call.fields.get("ConsistentRead"):
            return super().__call__(call)
        self._catch_up()
        if self._coming:
            self._count("read of what is behind")
        return self._behind(call)

    def _catch_up(self) -> None:
        table, until = self._behind._tables[TABLE], self._clock() - self.lag
        while self._coming and self._coming[0][0] <= until:
            _, key, row = self._coming.pop(0)
            table.delete(key) if row is None else table.put(key, row)

    def _touch(self, keys: set[Key]) -> None:
        now, rows = self._clock(), self._tables[TABLE]
        self._touched |= dict.fromkeys(sorted(keys))
        self._coming += [(now, key, rows.get(key)) for key in sorted(keys)]

    def forget(self, now: float) -> int:
        before = set(self._tables[TABLE].rows)
        expired = super().forget(now)
        self._touch(before - self._tables[TABLE].rows.keys())
        return expired

    def all_rows(self) -> dict[Key, Row]:
        return {key: row for key, (row, _) in self._tables[TABLE].rows.items()}

    def changes(self) -> list[Change]:
        """What has changed since the last time somebody asked."""
        rows, touched, self._touched = self._tables[TABLE], self._touched, {}
        changed = [Change(key, self._seen.get(key), rows.get(key)) for key in touched]
        self._seen |= {change.key: change.after for change in changed if change.after is not None}
        for change in changed:
            if change.after is None:
                self._seen.pop(change.key, None)
        return [change for change in changed if change.before is not change.after]


def _written(call: Call) -> set[Key]:
    """The keys of the rows that a call writes, or checks in a transaction."""
    if call.operation == "TransactWriteItems":
        asked = [next(iter(each.items())) for each in call.fields["TransactItems"]]
        return {_key(fields["Item"] if kind == "Put" else fields["Key"]) for kind, fields in asked}
    if call.operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        return {_key(call.fields.get("Item") or call.fields["Key"])}
    return set()


def _key(row: Row) -> Key:
    return row["pk"]["S"], row["sk"]["S"]


def _conflict(call: Call, busy: set[Key]) -> Failure:
    text = "Transaction is ongoing for the item"
    if call.operation != "TransactWriteItems":
        return Failure("TransactionConflictException", text)
    asked = [next(iter(each.items())) for each in call.fields["TransactItems"]]
    keys = [_key(fields["Item"] if kind == "Put" else fields["Key"]) for kind, fields in asked]
    reasons = [{"Code": "TransactionConflict", "Message": text} if key in busy else {"Code": "None"} for key in keys]
    told = ", ".join(reason["Code"] for reason in reasons)
    said = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]"
    return Failure("TransactionCanceledException", said, CancellationReasons=reasons)
