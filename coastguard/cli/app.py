"""The operator's command line, a module for each group of commands: `coastguard --help` shows it."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from coastguard.checkout import version
from coastguard.cli.audit import audit_command
from coastguard.cli.cost import cost_command
from coastguard.cli.demo import demo
from coastguard.cli.deploy import deploy, package
from coastguard.cli.policy import policy_app
from coastguard.cli.redrive import redrive_command
from coastguard.cli.rehearse import rehearse
from coastguard.cli.slack import slack_app

app = typer.Typer(
    help="Keep the ECS container instances of an AWS organization honest, from Slack.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Boxes cut names off where the terminal is narrow, and of an option that is cut nobody knows how to write it.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:  # noqa: FBT001  # that is how typer calls it
    if asked:
        typer.echo(f"coastguard {version()}")
        raise typer.Exit


@app.callback()
def _coastguard(
    _version: Annotated[  # noqa: FBT002  # that is how typer makes a flag
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Keep the ECS container instances of an AWS organization honest, from Slack."""


def _add(name: str, command: Callable[..., Any]) -> None:
    """Add a command. Its first sentence is given as the short help, because what typer makes of it by itself is cut."""
    app.command(name, short_help=(inspect.getdoc(command) or "").partition("\n\n")[0])(command)


_add("demo", demo)
_add("rehearse", rehearse)
_add("package", package)
_add("deploy", deploy)
_add("redrive", redrive_command)
_add("audit", audit_command)
_add("cost", cost_command)
app.add_typer(policy_app, name="policy", short_help="Check a policy file, and see what it says of a cluster.")
app.add_typer(slack_app, name="slack", short_help="Make the Slack app.")
