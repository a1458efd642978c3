"""The table of a simulation: honours the tokens of repeated transactions, and shows what has been written."""

from dataclasses import dataclass

from tests.simulation.stage import TABLE
from tests.wire.expressions import Row
from tests.wire.table import Tables
from tests.wire.wire import Call


@dataclass(frozen=True)
class Change:
    """A row that has changed; None where there is none."""

    key: tuple[str, str]
    before: Row | None
    after: Row | None


class Ledger(Tables):
    """DynamoDB, with every change of every row in order."""

    def __init__(self) -> None:
        super().__init__()
        self._done: set[str] = set()
        self._seen: dict[tuple[str, str], Row] = {}

    def __call__(self, call: Call) -> bytes:
        token = str(call.fields.get("ClientRequestToken", ""))
        if token and token in self._done:
            return b"{}"  # the same transaction again, whose answer was lost
        answer = super().__call__(call)
        self._done.add(token)
        return answer

    def changes(self) -> list[Change]:
        """What has changed since the last time somebody asked."""
        now = {key: row for key, (row, _) in self._tables[TABLE].rows.items()}
        seen, self._seen = self._seen, now
        gone = [Change(key, row, None) for key, row in seen.items() if key not in now]
        return gone + [Change(key, seen.get(key), row) for key, row in now.items() if seen.get(key) is not row]

    def all_rows(self) -> dict[tuple[str, str], Row]:
        return {key: row for key, (row, _) in self._tables[TABLE].rows.items()}
