"""`coastguard redrive`: what lies in each queue, what will be sent back, how far it is, what came of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from coastguard import redrive
from coastguard.cli.console import aside, out, say_json, session, tidy
from coastguard.cli.options import Form, FormOption
from coastguard.dead_letters import Kind, Plan, examine, goes_back, plan, rows
from coastguard.deploy import outputs
from coastguard.redrive import MOST_LOOKED_AT, Overview, Queue, Tally, queues

_ACTS = "Requests from Slack change things; those older than 15 minutes are refused, unless they had begun."
_COMMAND = "coastguard redrive --send-back"


def redrive_command(
    queue: Annotated[
        list[Kind] | None,
        typer.Option(help="Only these; may be given again. Else all are shown, and delay and looks sent back."),
    ] = None,
    send_back: Annotated[  # noqa: FBT002
        bool, typer.Option("--send-back", help="Send back what lies there, after a question.")
    ] = False,
    parked: Annotated[  # noqa: FBT002
        bool, typer.Option("--parked", help="Also records that ingest could not read: after the code was mended.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002
    form: FormOption = Form.TEXT,
) -> None:
    """Show what lies in the hub's dead-letter queues and why, and send it back if asked to.

    Needs AWS credentials of the hub account. Requests from Slack (acts) change things, so they go back only by name.
    """
    if (parked or yes) and not send_back:
        raise typer.BadParameter("--parked and --yes go with --send-back")
    if form is Form.JSON and send_back and not yes:
        raise typer.BadParameter("with --format json nothing is asked: give --yes, too")
    kinds = list(dict.fromkeys(queue or ([Kind.DELAY, Kind.LOOKS] if send_back else Kind)))
    paper = out if form is Form.TEXT else aside
    with tidy(paper):
        operator = session()
        found = queues(outputs(operator.client), kinds)
        screen = Screen(operator.client("sqs"), paper, lambda: datetime.now(UTC), parked=parked)
        overviews = [screen.look(one) for one in found]
        tallies = [Tally() for _ in overviews]
        try:
            if not send_back:
                screen.say_how_to_go_on(overviews)
            elif screen.say_what_will_go(overviews) and (yes or typer.confirm("Send them back?")):
                screen.send_back(overviews, tallies)
            else:
                paper.print("Nothing was sent.")
        finally:
            if form is Form.JSON:
                for one, tally in zip(overviews, tallies, strict=True):
                    say_json(screen.as_json(one, tally))


@dataclass(frozen=True, slots=True)
class Screen:
    """Looks and sends with `sqs`, a boto3 client, and tells the operator. `parked`: those are sent back too."""

    sqs: Any
    out: Console
    clock: Callable[[], datetime]
    parked: bool

    def look(self, queue: Queue) -> Overview:
        """Look into a queue and show what lies there."""
        now = self.clock()
        total, _ = redrive.count(self.sqs, queue)
        with self._bar(f"reading {queue.name}", min(total, MOST_LOOKED_AT)) as tick:
            overview = redrive.look(self.sqs, queue, now, MOST_LOOKED_AT, tick)
        self.out.print(Text.assemble((queue.name, "bold"), ": ", "; ".join(_described(overview, now))))
        if overview.findings:
            table = Table("how many", "reason", "for example", box=None, padding=(0, 2, 0, 0))
            for row in rows(overview.findings):
                table.add_row(f"{row.count:,}", Text(row.reason), Text(row.sample))
            self.out.print(table, soft_wrap=False)
        return overview

    def say_how_to_go_on(self, overviews: Sequence[Overview]) -> None:
        """Name the next command, if there is anything to do."""
        plans = {one.queue.kind: self._plan(one) for one in overviews if one.total}
        if any(not told.nothing for kind, told in plans.items() if kind is not Kind.ACTS):
            self.out.print(f"\nWhen the cause is mended, send back what failed: {_COMMAND}")
        if any(told.parked for told in plans.values()):
            self.out.print(
                f"\nParked records come straight back unless Coastguard has learnt to read them: {_COMMAND} --parked"
            )
        if Kind.ACTS in plans:
            self.out.print(f"\n{_ACTS} {_COMMAND} --queue acts")

    def say_what_will_go(self, overviews: Sequence[Overview]) -> bool:
        """Tell what sending back will do; False if there is nothing to send."""
        self.out.print()
        for one in overviews:
            told = self._plan(one)
            if not one.total:
                continue
            stay = f"; {told.parked:,} parked stay (--parked sends them too)" if told.parked else ""
            unseen = f"; {told.unseen:,} more are judged when they are read" if told.unseen else ""
            self.out.print(f"{one.queue.name}: {told.back:,} to send back{stay}{unseen}")
            if one.queue.kind is Kind.ACTS:
                self.out.print(_ACTS)
        return not all(self._plan(one).nothing for one in overviews)

    def as_json(self, one: Overview, tally: Tally) -> dict[str, Any]:
        """Write as an object what lies in a queue, and what has become of it."""
        told = self._plan(one)
        oldest = min((finding.sent for finding in one.findings), default=None)
        return {
            "queue": one.queue.name,
            "kind": one.queue.kind,
            "total": one.total,
            "looked_at": len(one.findings),
            "hidden": one.taken,
            "oldest": oldest.isoformat() if oldest else None,
            "to_send_back": told.back,
            "parked": told.parked,
            "reasons": [asdict(row) for row in rows(one.findings)],
            "sent": tally.sent,
            "refused": tally.refused,
            "undeleted": tally.undeleted,
        }

    def send_back(self, overviews: Sequence[Overview], counts: Sequence[Tally]) -> None:
        """Send back, and say what came of it whatever happens. Exits with 1 if SQS did not do all that it was asked.

        `counts` are true at every moment, one for each overview.
        """
        both = zip(overviews, counts, strict=True)
        tallies = [(one, tally) for one, tally in both if not self._plan(one).nothing]
        try:
            for one, tally in tallies:
                self._send_back(one, tally)
        except KeyboardInterrupt:
            self.out.print("Stopped. Nothing is lost: what was not sent lies where it was.")
            raise typer.Exit(130) from None
        finally:
            for one, tally in tallies:
                self.out.print(f"{one.queue.name}: {'; '.join(_counted(tally))}")
        if any(tally.refused or tally.undeleted for _, tally in tallies):
            raise typer.Exit(1)

    def _send_back(self, one: Overview, tally: Tally) -> None:
        now = self.clock()
        with self._bar(f"sending back {one.queue.name}", one.total) as tick:
            redrive.send_back(
                self.sqs,
                one.queue,
                lambda letter: goes_back(examine(one.queue.kind, letter, now), parked=self.parked),
                one.total,
                tally,
                tick,
            )

    def _plan(self, overview: Overview) -> Plan:
        return plan(overview.findings, overview.total, parked=self.parked)

    @contextmanager
    def _bar(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.out, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda more: progress.advance(task, more)


def _described(overview: Overview, now: datetime) -> Iterator[str]:
    seen = len(overview.findings)
    yield f"{overview.total:,}" if overview.total else "empty"
    if seen:
        yield f"the oldest {_age(now - min(finding.sent for finding in overview.findings))} old"
    if seen < overview.total:
        yield f"here are the first {seen:,} of {overview.total:,}"
    if overview.taken:
        yield f"{overview.taken:,} more are hidden, because somebody is reading them or has just died of it"


def _counted(tally: Tally) -> Iterator[str]:
    yield f"{tally.sent:,} sent back"
    if tally.parked:
        yield f"{tally.parked:,} parked stay"
    if tally.refused:
        codes = ", ".join(f"{code}: {number:,}" for code, number in tally.refused.items())
        yield f"{tally.refused.total():,} stay because SQS refused them ({codes}), run it again"
    if tally.undeleted:
        yield f"{tally.undeleted:,} were sent but not deleted here, and would go a second time, which does no harm"


def _age(span: timedelta) -> str:
    """Tell a span in the largest unit of which it has two."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
