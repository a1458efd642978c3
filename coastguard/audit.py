"""The audit log outside Slack: what somebody wants to see of it, and how an entry is written for a program. Pure.

A spreadsheet takes a cell that begins with = + - or @ for a formula, and a terminal takes control characters for
orders. Names and reasons are written by anybody, so in CSV the first get a ' in front and the second become blanks.
JSON is exact: there, whatever is not ASCII is escaped.
"""

import csv
import difflib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.incidents.audit import LOG_KEPT, Entry
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.mrkdwn import visible

COLUMNS = (
    "at",
    "who",
    "what",
    "where",
    "result",
    "reason",
    "checks",
    "approved_by",
    "channel",
    "account",
    "region",
    "cluster",
    "incident",
    "request",
    "source_identity",
)
_LENGTH = re.compile(r"(?:[0-9]{1,6}[mhdw])+")
_PART = re.compile(r"([0-9]+)([mhdw])")
_MINUTES = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}
_ID = re.compile(r"[0-9]{12}")
# The second half: full-width forms, which some spreadsheets read as the first.
_FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_LONGEST_CELL = 32_000
_NAMED = 5


class BadTime(ValueError):
    """What is no time; the text says how to write one."""


class AuditError(Exception):
    """The log cannot be read, or not that part of it; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries somebody wants: from `since` until before `until`; "" for all accounts, for everybody."""

    since: datetime
    until: datetime
    account: str = ""
    who: str = ""

    def has(self, entry: Entry) -> bool:
        """Whether it is one of them, given that it is of that time."""
        return (not self.who or self.who in {entry.who, entry.approved_by}) and (
            not self.account or self.account == account_of(entry)
        )


def moment(text: str, now: datetime) -> datetime:
    """Read `7d` (that long ago) or `2026-11-24`, `2026-11-24T09:00`, with `+01:00` or in UTC. Raises BadTime."""
    written = text.strip().lower()
    if _LENGTH.fullmatch(written):
        minutes = sum(int(number) * _MINUTES[unit] for number, unit in _PART.findall(written))
        return now - min(timedelta(minutes=minutes), LOG_KEPT)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadTime(
            f"{text!r} is no time: write 90m, 12h, 7d, or a day like 2026-11-24 or 2026-11-24T09:00"
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def is_id(words: str) -> bool:
    """Whether this is an account's id."""
    return _ID.fullmatch(words) is not None


def account_of(entry: Entry) -> str:
    """Tell which account an entry is about, "" for none or for several."""
    if entry.cluster:
        return entry.cluster.split("/", 1)[0]
    try:
        return Scope.parse(entry.where).account
    except ValueError:
        # A refusal tells what was asked for, in the words of whoever asked.
        return entry.where if is_id(entry.where) else ""


def find_account(words: str, accounts: Mapping[str, Account]) -> str:
    """Find the id of an account by its name. Raises AuditError."""
    found = sorted(account.id for account in accounts.values() if account.name.casefold() == words.casefold())
    if len(found) == 1:
        return found[0]
    if found:
        raise AuditError(f"Several accounts are called {visible(words)!r}: give the id, {', '.join(found[:_NAMED])}.")
    names = {account.name.casefold(): account.name for account in accounts.values() if account.name}
    near = ", ".join(visible(names[name]) for name in difflib.get_close_matches(words.casefold(), names, _NAMED))
    hint = f" The nearest names: {near}." if near else ""
    raise AuditError(
        f"The table knows no account called {visible(words)!r}.{hint} Give its id, or its name in AWS Organizations:"
        " aliases stand in the policy alone."
    )


def fields(entry: Entry) -> dict[str, str]:
    """Take an entry apart into its columns, all of them text."""
    account, region, cluster = entry.cluster.split("/", 2) if entry.cluster else (account_of(entry), "", "")
    told = {
        "at": entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "account": account,
        "region": region,
        "cluster": cluster,
    }
    return {column: told[column] if column in told else str(getattr(entry, column)) for column in COLUMNS}


def as_json(entry: Entry) -> str:
    """Write an entry as one line."""
    return json.dumps(fields(entry))


def csv_header() -> str:
    """Name the columns."""
    return _csv(COLUMNS)


def as_csv(entry: Entry) -> str:
    """Write an entry as a record of RFC 4180, without its end."""
    return _csv(tuple(map(_cell, fields(entry).values())))


def _csv(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def _cell(text: str) -> str:
    plain = visible(text, _LONGEST_CELL)
    return f"'{plain}" if plain.startswith(_FORMULAS) else plain
