"""Writing down what was measured: the figures in docs/performance.md and the plot beside it."""

from collections.abc import Sequence
from math import log10

from coastguard.checkout import ROOT
from tests.benchmarks.goals import Measured, Run
from tests.benchmarks.losses import Outcome

_DOCUMENT = ROOT / "docs" / "performance.md"
_PLOT = ROOT / "docs" / "performance.svg"
_BEGIN, _END = "<!-- measured: written by `make bench` -->\n", "<!-- measured until here -->\n"
# What is physically possible, in AWS calls: ECS and EC2 in hundreds, and a sign-in for each account.
FLOORS = {
    "1,000 in one cluster": 13,
    "10 clusters x 100, shuffled": 40,
    "100 accounts x 10, shuffled": 202,
    "200 accounts x 2 clusters x 25, shuffled": 608,
}
_LEFT, _WIDE, _ROW, _BAR, _TOP = 270, 560, 62, 14, 50
_LEAST, _MOST = 0.01, 10.0
_COLORS = {"one at a time": "#9AA0A6", "Coastguard": "#1D7AFC", "floor": "#2EB67D"}


def write(measured: Measured, outcomes: Sequence[tuple[str, Outcome]], seconds: float) -> None:
    """Put the figures between the document's marks, and draw the plot anew."""
    text = _DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    _DOCUMENT.write_text(f"{before}{_BEGIN}\n{figures(measured, outcomes, seconds)}\n{_END}{after}", "utf-8")
    _PLOT.write_text(plot(measured), "utf-8")


def figures(measured: Measured, outcomes: Sequence[tuple[str, Outcome]], seconds: float) -> str:
    """All figures, as Markdown; `seconds` is how long the run took."""
    goals = [
        f"| {g.number} | {g.what} | {g.wanted} | {g.found} | {_strong(g.verdict)} | {g.room_shown} |"
        for g in sorted(measured.goals(), key=lambda each: each.number)
    ]
    storms = [_storm(run) for run in _runs(measured)]
    spreads = [
        f"| {run.name} | {spread:.0f} s | {run.looks / run.clusters:.2f} | {run.calls:.3f} | {_slack(run)} |"
        for spread, run in sorted(measured.spreads, key=lambda each: (each[1].events, each[1].clusters, each[0]))
    ]
    lost = [f"- {name}: {o.missed} missed, {o.false} false, {o.double} double" for name, o in outcomes if not o.clean]
    alone = (
        f"One at a time: {measured.baseline_calls:.0f} calls and {measured.baseline_cpu:.1f} ms CPU an event, "
        f"{measured.baseline_elapsed:.0f} s for 1,000. 100 in one batch, nobody waiting: "
        f"{measured.batch.cpu:.2f} ms CPU an event."
    )
    cold = [
        f"| {name} | {each.cpu:.0f} | {each.usual_cpu:.0f} | {each.cpu_share:.2f} | {each.memory:.0f} | "
        f"{each.usual_memory:.0f} |"
        for name, each in measured.cold.items()
    ]
    memory = (
        f"99 more accounts: {measured.memory:.2f} MiB more held; at most {measured.memory_peak:.0f} MiB were held "
        "meanwhile, the stand-ins' worlds included."
    )
    lines = [
        "| goal | | wanted | measured | | |",
        "|---|---|---|---|---|---|",
        *goals,
        "",
        "| storm | AWS calls | an event | floor | one at a time | Slack | CPU ms an event | elapsed s |",
        "|---|---|---|---|---|---|---|---|",
        *storms,
        "",
        alone,
        "",
        "| storm | batches arrive over | looks a cluster | AWS calls an event | Slack |",
        "|---|---|---|---|---|",
        *spreads,
        "",
        memory,
        "",
        "| cold start | CPU ms | the usual way | part of it | MiB | the usual way |",
        "|---|---|---|---|---|---|",
        *cold,
        "",
        f"Losses: {len(outcomes)} played, {len(outcomes) - len(lost)} of them without any loss.",
        *lost,
        "",
        f"All of it took {seconds / 60:.0f} minutes.",
        "",
    ]
    return "\n".join(lines)


def plot(measured: Measured) -> str:
    """AWS calls an event, on a logarithmic scale, as SVG."""
    runs = [measured.one, *_runs(measured)[2:]]
    high = _TOP + _ROW * len(runs) + 30
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDE + 70}" height="{high}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#FFFFFF"/>'
        f'<text x="{_LEFT}" y="20" font-weight="bold">AWS calls an event (logarithmic; less is better)</text>'
    )
    parts = [head]
    for number, (name, color) in enumerate(_COLORS.items()):
        left = _LEFT + 190 * number
        parts.append(f'<rect x="{left}" y="28" width="12" height="12" fill="{color}"/>')
        parts.append(f'<text x="{left + 18}" y="39">{name}</text>')
    for number, run in enumerate(runs):
        top = _TOP + _ROW * number + 8
        values = {"one at a time": measured.baseline_calls, "Coastguard": run.calls}
        if run.name in FLOORS:
            values["floor"] = FLOORS[run.name] / run.events
        parts.append(f'<text x="{_LEFT - 10}" y="{top + 26}" text-anchor="end">{run.name}</text>')
        for row, (name, value) in enumerate(values.items()):
            y, wide = top + row * (_BAR + 2), _length(value)
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{wide:.1f}" height="{_BAR}" fill="{_COLORS[name]}"/>'
                f'<text x="{_LEFT + wide + 5:.1f}" y="{y + 12}">{value:.3g}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def _length(value: float) -> float:
    """Where a value stands on the scale."""
    return max(_WIDE * (log10(value) - log10(_LEAST)) / (log10(_MOST) - log10(_LEAST)), 1)


def _runs(measured: Measured) -> list[Run]:
    return [
        measured.first,
        measured.one,
        measured.batch,
        measured.cluster,
        measured.clusters,
        measured.accounts,
        measured.zone,
    ]


def _storm(run: Run) -> str:
    floor = f"{FLOORS[run.name]:,}" if run.name in FLOORS else ""
    return (
        f"| {run.name} | {run.aws:,} | {run.calls:.3f} | {floor} | {3 * run.events:,} | "
        f"{_slack(run)} | {run.cpu:.2f} | {run.elapsed:.2f} |"
    )


def _slack(run: Run) -> str:
    words = {"chat.postMessage": "posts", "chat.update": "edits", "conversations.history": "histories"}
    return ", ".join(f"{words.get(method, method)}: {number:,}" for method, number in sorted(run.slack.items()))


def _strong(verdict: str) -> str:
    return verdict if verdict == "held" else f"**{verdict}**"
