"""What a month comes to, on docs/cost.md: reckoned by coastguard.cost of what was counted."""

from coastguard.checkout import ROOT
from coastguard.cost import COUNTED, PRICES, Counted, Fleet, dollars, month
from tests.benchmarks.goals import Goal

_DOCUMENT = ROOT / "docs" / "cost.md"
_BEGIN, _END = "<!-- measured: written by `make bench` -->\n", "<!-- measured until here -->\n"
DROPS = (0.1, 1, 2)
FLEETS = tuple(Fleet(accounts=1_000, regions=4, instances=20_000, drops=drops) for drops in DROPS)
# The bill may be so many percent away from what is counted.
_FAR = 10
WHOSE = ("hub", "members", "members, if you have it")


def summed(fleet: Fleet) -> str:
    """Say in a line what a month comes to."""
    bill = month(fleet, COUNTED)
    return ", ".join(f"${dollars(bill, whose):,.0f} {whose}" for whose in WHOSE)


def goal(found: Counted) -> Goal:
    """Hold the bill to what has been counted just now: calls, units and messages of a drop, which most of it is."""
    ours, theirs = (
        {"looks": each.invoked.get("look", 0), "reads": each.reads, "calls": each.member_reads, "sent": each.sent}
        for each in (COUNTED.drop, found.drop)
    )
    furthest = max(abs(theirs[name] / number - 1) for name, number in ours.items())
    return Goal(13, "what the bill goes by, furthest from what is counted", furthest * 100, _FAR, unit=" %")


def write() -> None:
    """Put the table between the document's marks."""
    before, _, rest = _DOCUMENT.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    _DOCUMENT.write_text(f"{before}{_BEGIN}\n{table()}\n{_END}{after}", "utf-8")


def table() -> str:
    """Dollars a month as Markdown, a column for each number of drops."""
    bills = [month(fleet, COUNTED) for fleet in FLEETS]
    rows = [
        f"| {lines[0].whose} | {lines[0].what} | {' | '.join(f'{line.dollars:,.2f}' for line in lines)} |"
        for lines in zip(*bills, strict=True)
    ]
    sums = [
        f"| **{whose}** | **together** | {' | '.join(f'**{dollars(bill, whose):,.2f}**' for bill in bills)} |"
        for whose in WHOSE
    ]
    head = " | ".join(f"{drops:g} drops an hour" for drops in DROPS)
    dates = ", ".join(sorted({price.known for price in PRICES.values()}))
    return "\n".join(
        [
            "Dollars a month for 1,000 accounts with four Regions each and 20,000 container instances in all:",
            "",
            f"| whose | what is billed | {head} |",
            "|---|---|---|---|---|",
            *rows,
            *sums,
            "",
            f"Prices for us-east-1 as known in {dates}, not compared with AWS's pages.",
            "",
        ]
    )
