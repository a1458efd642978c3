"""Mutes, what they have recorded, and counts of what was used: budgets, ledgers of caps, what operators have heard."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hub.incidents.mute import Mute
from hub.policy.ledger import Ledger
from hub.table.rows import Draft, Rows, codec, draft

BUDGET_KEPT = timedelta(hours=1)
# What a mute has recorded is told when it is over, or by the next sweep that can.
MUTE_KEPT = timedelta(days=4)
# What has been said of a mute with an id stands in fields that an earlier release does not know; in its own it reads
# that all has been said. It would note that under the scope alone, where this mute is not, and say it at every sweep.
_SAID = {"told_at": "told", "warned_at": "warned"}


def mutes_row(at: datetime) -> Draft:
    """Draft the row that says when mutes were changed last; as a check, that none was since then.

    It stands by itself, for an earlier release takes whatever stands beside mutes for one.
    """
    return Draft("mutes", "changed", int(at.timestamp() * 1_000), {}, beside=True)


def read_mute(data: Mapping[str, Any], version: int) -> Mute:
    """Read a mute's row."""
    said = {name: data[own] for name, own in _SAID.items() if own in data}
    return replace(codec().structure({**data, **said}, Mute), version=version)


def _written(mute: Mute) -> dict[str, Any]:
    data: dict[str, Any] = codec().unstructure(mute)
    if not mute.id:
        return data
    said = {own: data[name] for name, own in _SAID.items()}
    return data | dict.fromkeys(_SAID, data["since"]) | said


class Mutes(Rows):
    """Mutes."""

    def mutes(self) -> list[Mute]:
        """Read all mutes, those that are over too until they are forgotten."""
        rows = self._row.query("mute", consistent_read=True)
        return [read_mute(row.data, int(row.version)) for row in rows]

    def keep_mute(self, mute: Mute, changed: datetime | None = None) -> Mute:
        """Write a mute; raise Conflict. `changed` is the time now, where from now on something else is muted."""
        row = draft("mute", mute.key, mute, mute.version)
        row.data = _written(mute)
        row.expires = int((mute.until + MUTE_KEPT).timestamp())
        self._write([row, *([mutes_row(changed)] if changed else [])])
        return replace(mute, version=mute.version + 1)

    def recorded(self, mute: Mute, more: int = 0) -> int:
        """Tell how many incidents were opened under a mute; `more` are counted first."""
        row = self._row(pk=f"budget#muted {mute.key}", sk=mute.since.isoformat())
        if more:
            self._add(row, more, mute.until + MUTE_KEPT)
            return int(row.used)
        # An earlier release counts by the scope alone.
        counters = {row.pk, f"budget#muted {mute.scope}"}
        return sum(int(found.used or 0) for pk in counters if (found := self._get(pk, row.sk)))


class Budgets(Rows):
    """What has been used of what is limited, and what the operators have been told."""

    def spend(self, what: str, now: datetime) -> int:
        """Count one more use of something in this minute; returns how many there have been."""
        row = self._row(pk=f"budget#{what}", sk=f"{now:%Y%m%dT%H%M}")
        self._add(row, 1, now + BUDGET_KEPT)
        return int(row.used)

    def ledger(self, name: str) -> Ledger:
        """Read what has been used of a cap."""
        row = self._get("ledger", name)
        return self._read(row, Ledger) if row else Ledger()

    def keep_ledger(self, name: str, ledger: Ledger, until: datetime) -> None:
        """Write what has been used, and forget it some time after `until`; raise Conflict."""
        row = draft("ledger", name, ledger, ledger.version)
        row.expires = int(until.timestamp())
        self._put(row, self._unchanged(row))

    def told(self, what: str) -> bool:
        """Tell whether the operators have heard of something already."""
        return self._get(f"budget#told {what}", "told") is not None

    def note_told(self, what: str, until: datetime) -> None:
        """Note that they have, and forget it some time after `until`."""
        self._add(self._row(pk=f"budget#told {what}", sk="told"), 1, until)
