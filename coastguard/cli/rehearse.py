"""`coastguard rehearse`: stories played in the local world, each with its timeline and what came of it."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coastguard.checkout import TEMPLATES
from coastguard.cli.console import aside, out, progress, say_json, tidy
from coastguard.cli.options import Form, FormOption, Templates
from coastguard.local.rehearsals import SCENARIOS
from coastguard.local.rehearsals.reckoning import Figures, reckon
from coastguard.local.rehearsals.scenario import Scenario
from coastguard.local.rehearsals.stage import Stage
from coastguard.local.world import Plan, World

# Puts a line on a story's timeline: seconds since it began, and what happened.
Tell = Callable[[float, str], None]


def _begun(letters: str) -> list[tuple[str, str]]:
    """Complete the name of a story, for the shell."""
    return [(name, scenario.about) for name, scenario in SCENARIOS.items() if name.startswith(letters)]


def rehearse(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(help="Stories by their names, which --list shows; all if none.", autocompletion=_begun),
    ] = None,
    listed: Annotated[  # noqa: FBT002  # that is how typer makes a flag
        bool, typer.Option("--list", help="Show which stories there are, and play none.")
    ] = False,
    grace: Annotated[
        int | None, typer.Option(min=0, max=900, help="Grace period in seconds, instead of the story's own.")
    ] = None,
    templates: Templates = TEMPLATES,
    form: FormOption = Form.TEXT,
) -> None:
    """Play stories in the local world and print their timelines. Fails if Coastguard breaks a promise."""
    names = list(dict.fromkeys(scenarios or SCENARIOS))
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    if listed:
        _show(names, form)
        return
    screen = out if form is Form.TEXT else aside
    with tidy(screen):
        for name in names:
            scenario = SCENARIOS[name]
            plan = Plan(
                grace=scenario.grace if grace is None else grace,
                templates=templates,
                layout=scenario.layout,
                before=scenario.before,
                longer_grace=scenario.longer_grace,
                policy=scenario.policy,
            )
            screen.print(f"[bold]{name}[/bold]: {scenario.about}")
            if form is Form.TEXT:
                _played(scenario, plan, screen, _printing(screen))
            else:
                _noted(name, scenario, plan, screen)
            screen.print(f"[green]{name}: every promise kept[/green]")


def _show(names: Iterable[str], form: Form) -> None:
    """Write what these stories are about, and the world that each begins with."""
    if form is Form.TEXT:
        table = Table("rehearsal", "fleet", "what happens, and what must come of it", box=None, pad_edge=False)
        for name in names:
            table.add_row(name, SCENARIOS[name].layout.name, Text(SCENARIOS[name].about))
        out.print(table, soft_wrap=False)
        return
    for name in names:
        told = SCENARIOS[name]
        say_json({"rehearsal": name, "about": told.about, "layout": told.layout.name, "grace": told.grace})


def _printing(screen: Console) -> Tell:
    return lambda seconds, text: screen.print(Text(f"{seconds:6.1f} s  {text}"))


def _noted(name: str, scenario: Scenario, plan: Plan, screen: Console) -> None:
    """Play a story and write what came of it as an object, also if a promise is broken or no world can be made."""
    timeline: list[dict[str, Any]] = []
    told: dict[str, Any] = {"rehearsal": name, "layout": plan.layout.name, "grace": plan.grace}
    show = _printing(screen)

    def tell(seconds: float, text: str) -> None:
        timeline.append({"seconds": round(seconds, 1), "text": text})
        show(seconds, text)

    try:
        figures = _played(scenario, plan, screen, tell)
    except Exception as error:
        say_json({**told, "kept": False, "problem": str(error), "timeline": timeline})
        raise
    say_json({**told, "kept": True, **asdict(figures), "timeline": timeline})


def _played(scenario: Scenario, plan: Plan, screen: Console, tell: Tell) -> Figures:
    """Play a story and reckon up. Raises BrokenError, and what World raises if none can be made."""
    with World(plan, progress(screen)) as world:
        stage = Stage(world, tell)
        scenario.play(stage)
        return reckon(stage)
