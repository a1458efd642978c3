"""`coastguard cost`: what a month comes to, line by line. Asks nobody: counted work times published prices."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coastguard.cli.console import out, say_json
from coastguard.cli.options import Form, FormOption
from coastguard.cost import COUNTED, PRICES, Fleet, dollars, month

# Of what is piped or kept no line is broken.
_WIDTH = 180
_WHOSE = ("hub", "members", "members, if you have it")


def cost_command(
    accounts: Annotated[int, typer.Option(min=1, help="Member accounts.")] = 1_000,
    regions: Annotated[int, typer.Option(min=1, help="Regions of each that are watched.")] = 4,
    instances: Annotated[int, typer.Option(min=0, help="Container instances in all.")] = 20_000,
    drops: Annotated[float, typer.Option(min=0, help="How often an hour each instance's agent drops.")] = 1,
    form: FormOption = Form.TEXT,
) -> None:
    """Estimate what Coastguard costs in a month, in dollars of us-east-1, without free tiers."""
    lines = month(Fleet(accounts, regions, instances, drops), COUNTED)
    totals = {whose: round(dollars(lines, whose), 2) for whose in _WHOSE}
    if form is Form.JSON:
        say_json({"lines": [asdict(line) | {"price": asdict(PRICES[line.what])} for line in lines], "dollars": totals})
        return
    table = Table(box=None, pad_edge=False)
    for column in ("whose", "what is billed"):
        table.add_column(column)
    for column in ("a month", "dollars"):
        table.add_column(column, justify="right")
    for line in lines:
        table.add_row(line.whose, line.what, f"{line.number:,.0f}", f"{line.dollars:,.2f}")
    paper = out if out.is_terminal else Console(file=out.file, width=_WIDTH, highlight=False)
    paper.print(table)
    for whose, total in totals.items():
        out.print(Text(f"{whose}: ${total:,.2f} a month"))
    out.print(Text("How it is reckoned, and what it leaves out: docs/cost.md.", style="dim"))
