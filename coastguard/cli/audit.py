"""`coastguard audit`: entries as they are read, how far it is if that takes long, and why it cannot.

Entries alone go to `out`; everything else goes to `aside`, so that what is piped or kept in a file is entries.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, NoCredentialsError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from coastguard.audit import (
    AuditError,
    BadTime,
    Wanted,
    as_csv,
    as_json,
    csv_header,
    fields,
    find_account,
    is_id,
    moment,
)
from coastguard.cli.console import aside, out, session, tidy
from coastguard.cli.options import account_number
from hub.incidents.audit import Entry
from hub.slack.mrkdwn import visible
from hub.table.rows import TableError
from hub.table.store import Store

# What is there sooner needs no bar.
_PATIENCE_SECONDS = 1.0
_BATCH = 50
# Of a table that goes elsewhere than to a terminal.
_WIDTH = 180
_REMEDIES = {
    "ResourceNotFoundException": "There is no table {table} in Region {region} of this account: sign in to the hub"
    " account, name its Region with --region, or the table with --table.",
    "AccessDeniedException": "This role may not read the table {table} in {region}: it needs dynamodb:Query"
    " on the table and on its index `open`, and kms:Decrypt if the table has a key of your own.",
    "UnrecognizedClientException": "AWS does not know these credentials: sign in again.",
    "ExpiredTokenException": "These credentials have expired: sign in again.",
    "InvalidSignatureException": "AWS does not take these credentials: sign in again, and see that this machine's"
    " clock is right.",
}
_SIGN_IN = "There are no AWS credentials: sign in to the hub account (`aws sso login`, AWS_PROFILE, or its keys)."


class Format(StrEnum):
    """How entries are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def audit_command(  # noqa: PLR0913
    since: Annotated[
        str, typer.Option(help="From when: 90m, 12h, 7d ago, or 2026-11-24, 2026-11-24T09:00 in UTC.")
    ] = "7d",
    until: Annotated[str, typer.Option(help="Until when, written like --since; now if not given.")] = "",
    account: Annotated[str, typer.Option(help="Only what is about this account: its id, or its name.")] = "",
    who: Annotated[str, typer.Option(help="Only what this Slack user did or approved: U….")] = "",
    form: Annotated[Format, typer.Option("--format", help="json is one object a line.")] = Format.TABLE,
    table: Annotated[str, typer.Option(help="The hub's table.")] = "coastguard",
    region: Annotated[str, typer.Option(envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="The hub's Region.")] = "",
) -> None:
    """Show who did what, why, and what came of it: people's clicks and commands of up to 400 days, oldest first.

    Needs AWS credentials of the hub account that may query the table.
    """
    now, account = datetime.now(UTC), account_number(account)
    try:
        begin, end = moment(since, now), moment(until, now) if until else now
    except BadTime as error:
        raise typer.BadParameter(str(error)) from error
    if begin >= end:
        raise typer.BadParameter("--until has to be later than --since")
    with tidy(aside):
        place = region or session().region_name
        with explained(table, place):
            store = Store(table, place)
            known = is_id(account) or not account
            wanted = Wanted(begin, end, account if known else find_account(account, store.accounts()), who)
            Screen(out, aside).show(store.done_by_people(begin, end), wanted, form)


@dataclass(frozen=True, slots=True)
class Screen:
    """Writes to a console, and to another one beside it. After `patience` seconds it shows how far it is."""

    out: Console
    aside: Console
    patience: float = _PATIENCE_SECONDS

    def show(self, entries: Iterable[Entry], wanted: Wanted, form: Format) -> None:
        """Write those of the entries that are wanted, as they come."""
        with self._progress(wanted) as tick:
            read = (entry for entry in entries if tick(entry) and wanted.has(entry))
            shown = self._table(read) if form is Format.TABLE else self._lines(read, form)
        if not shown:
            self.aside.print(Text(f"Nobody did anything there from {_when(wanted.since)} until {_when(wanted.until)}."))
        elif form is Format.TABLE:
            self.aside.print(
                Text(f"{shown:,} {'entry' if shown == 1 else 'entries'}, oldest first; times are in UTC.", style="dim")
            )

    def _lines(self, entries: Iterator[Entry], form: Format) -> int:
        write = as_json if form is Format.JSON else as_csv
        end = "\n" if form is Format.JSON else "\r\n"
        if form is Format.CSV:
            self._line(csv_header(), end)
        shown = 0
        for shown, entry in enumerate(entries, 1):  # noqa: B007  # the number of the last one is what is returned
            self._line(write(entry), end)
        return shown

    def _line(self, line: str, end: str) -> None:
        if self.out.is_terminal:
            self.out.print(Text(line), soft_wrap=True)  # above the bar, if there is one
        else:
            self.out.file.write(line + end)

    def _table(self, entries: Iterator[Entry]) -> int:
        shown = 0
        paper = self.out if self.out.is_terminal else Console(file=self.out.file, width=_WIDTH, highlight=False)
        while batch := list(islice(entries, _BATCH)):
            paper.print(_drawn(batch, headed=not shown), soft_wrap=False)
            shown += len(batch)
        return shown

    @contextmanager
    def _progress(self, wanted: Wanted) -> Iterator[Callable[[Entry], bool]]:
        """Count what is read. The bar goes by the entries' times, for nobody knows how many there are."""
        columns = (
            TextColumn("reading the log"),
            BarColumn(),
            TextColumn("{task.fields[at]}, {task.fields[read]:,} read"),
        )
        # On one terminal, entries are written above the bar.
        console = self.out if self.out.is_terminal else self.aside
        progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        span = (wanted.until - wanted.since).total_seconds()
        task = progress.add_task("", total=span, at=_when(wanted.since), read=0)
        number = 0

        def tick(entry: Entry) -> bool:
            nonlocal number
            number += 1
            done = (entry.at - wanted.since).total_seconds()
            progress.update(task, completed=done, at=_when(entry.at), read=number)
            return True

        timer = threading.Timer(self.patience, progress.start)
        timer.daemon = True
        timer.start()
        try:
            yield tick
        finally:
            timer.cancel()
            timer.join()
            if progress.live.is_started:
                progress.stop()


@contextmanager
def explained(table: str, region: str) -> Iterator[None]:
    """Turn what goes wrong at the table into AuditError, with the remedy."""
    try:
        yield
    except TableError as error:
        cause = error.cause
        if isinstance(cause, NoCredentialsError):
            raise AuditError(_SIGN_IN) from error
        code = getattr(error, "cause_response_code", None) or ""
        if code in _REMEDIES:
            raise AuditError(_REMEDIES[code].format(table=table, region=region)) from error
        if isinstance(cause, BotoCoreError):
            raise AuditError(f"AWS cannot be asked: {visible(str(cause))}") from error
        raise AuditError(f"The table {table} in {region} cannot be read: {visible(str(error))}") from error


def _drawn(entries: Sequence[Entry], *, headed: bool) -> Table:
    table = Table(box=None, show_header=headed, padding=(0, 2, 0, 0), expand=True)
    table.add_column("when", width=16)
    table.add_column("who", width=11)
    table.add_column("what", width=24, overflow="fold")
    table.add_column("where", ratio=2, overflow="fold")
    table.add_column("why, and what came of it", ratio=3, overflow="fold")
    for entry in entries:
        told = fields(entry)
        place = [told["cluster"], told["account"], told["region"]] if entry.cluster else []
        outcome = [entry.reason, entry.result, entry.approved_by and f"approved by {entry.approved_by}"]
        texts = (entry.who, entry.what, _joined([entry.where, *place]), _joined(outcome))
        table.add_row(_when(entry.at), *(Text(visible(text)) for text in texts))
    return table


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(filter(None, parts))


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
