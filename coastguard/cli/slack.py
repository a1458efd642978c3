"""`coastguard slack`: what the Slack app needs to be told. Asks nobody."""

import json
from typing import Annotated

import typer

from coastguard.slack_manifest import COMMAND, NAME, BadManifest, manifest

slack_app = typer.Typer(help="Make the Slack app.", no_args_is_help=True)


@slack_app.callback()
def _group() -> None:
    """Make the Slack app."""


@slack_app.command(name="manifest", short_help="Print the app's manifest, as JSON.")
def manifest_command(
    request_url: Annotated[str, typer.Option(help="Where Slack finds Coastguard: `coastguard deploy` prints it.")] = "",
    name: Annotated[str, typer.Option(help="What the app and its bot are called.")] = NAME,
    command: Annotated[str, typer.Option(help="What the slash command is called.")] = COMMAND,
    socket_mode: Annotated[  # noqa: FBT002  # that is how typer makes a flag
        bool, typer.Option("--socket-mode", help="For an app that has no Request URL, or not yet.")
    ] = False,
) -> None:
    """Print the app's manifest, as JSON: paste it where api.slack.com/apps asks for one."""
    if bool(request_url) == socket_mode:
        raise typer.BadParameter(
            "give --request-url with the address that `coastguard deploy` prints, or else --socket-mode"
        )
    try:
        made = manifest(request_url, name, command)
    except BadManifest as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
