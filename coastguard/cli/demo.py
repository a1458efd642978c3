"""`coastguard demo`: the local world on a page."""

import os
import time
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.text import Text

from coastguard.checkout import TEMPLATES
from coastguard.cli.console import out, progress, tidy
from coastguard.cli.options import Grace, Templates
from coastguard.local import real_slack
from coastguard.local.world import Plan, World
from coastguard.slack_manifest import COMMAND


def demo(  # noqa: PLR0913  # a command has the options it has
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 8765,
    grace: Grace = 10,
    hours: Annotated[float, typer.Option(min=0.001, help="How long the demo lives if nobody stops it.")] = 8,
    templates: Templates = TEMPLATES,
    slack: Annotated[  # noqa: FBT002  # that is how typer makes a flag, here and below
        bool, typer.Option("--slack", help="Speak to a real workspace, by Socket Mode, instead of the local Slack.")
    ] = False,
    slack_channel: Annotated[str, typer.Option(help="With --slack: the channel's id, C…; the app must be in it.")] = "",
    slack_team: Annotated[
        str, typer.Option(help="With --slack: the workspace's id, T…, to be sure it is that one.")
    ] = "",
    slack_command: Annotated[str, typer.Option(help="With --slack: what the app's slash command is called.")] = COMMAND,
    slack_people: Annotated[
        str, typer.Option(help="With --slack: who may do everything, U…,S…; without it all full members.")
    ] = "",
) -> None:
    """Start an AWS organization and a Slack on this machine, with Coastguard deployed, and show them on a page.

    With --slack the fleet is simulated, but people read, click and command in a workspace of yours. The environment
    gives the app's two tokens: SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…).
    """
    if not slack and (slack_channel or slack_team or slack_people):
        raise typer.BadParameter("--slack-channel, --slack-team and --slack-people go with --slack")
    step = progress()
    with tidy(), ExitStack() as undo:
        people = [person.strip() for person in slack_people.split(",") if person.strip()]
        real = real_slack.meet(os.environ, slack_channel, slack_team, slack_command, people) if slack else None
        world = undo.enter_context(World(Plan(grace, port, templates, slack=real), step))
        if real:
            step(f"listening to {real.name}")
            undo.enter_context(real_slack.listening(real, world.aws, world.outputs["FrontFunctionName"]))
        out.print(f"\n[bold]Open {world.url}[/bold] and unplug an agent. Ctrl-C ends the demo and removes all of it.")
        if real:
            out.print(
                Text(f"Coastguard speaks in {real.name}, channel {real.channel}. What it says there stays there.")
            )
        time.sleep(hours * 3600)
        out.print(f"The demo ends after {hours:g} hours.")
