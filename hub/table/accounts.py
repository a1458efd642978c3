"""The organization's accounts, those that are missing, what visits have left of their Regions, and their clusters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.scopes.absence import Absence
from hub.scopes.account import Account
from hub.scopes.coverage import Place, Visit
from hub.table.rows import TRANSACTION, Draft, Rows, draft

# What is gone is forgotten some time after it was missing last.
ABSENCE_KEPT = timedelta(days=7)
# Each row of what was seen is written anew in ten minutes; one that is not holds what is no more.
SEEN_KEPT = timedelta(days=1)
# A row has room for so many places, each with a problem: DynamoDB takes 400 KB.
SEEN_A_ROW = 1_000
# A row of clusters' names is written when they change, and anew before it goes; what is no more is not written.
NAMES_KEPT = timedelta(days=7)
# A row has room for so many names, each of up to 255 characters.
NAMES_A_ROW = 1_000


@dataclass(frozen=True, slots=True)
class NamesRow:
    """The names of some of a place's clusters, all of them in its rows together, and until when the row is kept."""

    place: Place
    number: int
    names: tuple[str, ...]
    expires: datetime


class Accounts(Rows):
    """Accounts and their Regions."""

    def accounts(self) -> dict[str, Account]:
        """Read what is known of the organization's accounts, by id; whoever has just been written may be missing."""
        rows = self._row.query("account")
        return {row.sk: self._read(row, Account) for row in rows if not row.expires}

    def keep_accounts(self, accounts: Iterable[Account], gone: Iterable[Account] = (), *, now: datetime) -> None:
        """Write accounts, and let those that are `gone` end by their time to live. Raises Conflict."""
        drafts = [draft("account", account.id, account, 0) for account in accounts]
        for account in gone:
            row = draft("account", account.id, account, 0)
            row.expires = int(now.timestamp())
            drafts.append(row)
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
            row = draft("absent", absence.name, absence, 0)
            row.expires = int((absence.at + (ABSENCE_KEPT if absence.times else timedelta())).timestamp())
            self._model(row).save()

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
            row = Draft("seen", f"{turn}/{number}", 1, dict(told[start : start + SEEN_A_ROW]))
            row.expires = int((now + SEEN_KEPT).timestamp())
            self._put(row, None)

    def cluster_names(self) -> list[NamesRow]:
        """Read the names of all places' clusters, as the sweep has listed them last."""
        return [_names_row(row.sk, row.data, int(row.expires)) for row in self._row.query("names")]

    def keep_cluster_names(self, row: NamesRow) -> None:
        """Write a row of names."""
        draft = Draft("names", f"{'/'.join(row.place)}/{row.number}", 1, list(row.names))
        draft.expires = int(row.expires.timestamp())
        self._put(draft, None)


def _names_row(sk: str, names: Sequence[str], expires: int) -> NamesRow:
    account, region, number = sk.split("/")
    return NamesRow((account, region), int(number), tuple(names), _second(expires))


def _seen(times: Sequence[Any]) -> Visit:
    tried_at, at, problem = times
    return Visit(_second(tried_at), None if at is None else _second(at), problem)


def _times(seen: Visit) -> list[Any]:
    """Write what was seen of a place as briefly as it goes, for there are thousands: whole seconds, no names."""
    return [int(seen.tried_at.timestamp()), seen.at and int(seen.at.timestamp()), seen.problem]


def _second(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
