"""The operator's command line, a module for each group of commands: `coastguard --help` shows it."""

import typer

from coastguard.cli.audit import audit_command
from coastguard.cli.deploy import deploy, package
from coastguard.cli.local import demo, rehearse
from coastguard.cli.policy import policy_app
from coastguard.cli.redrive import redrive_command
from coastguard.cli.slack import slack_app

app = typer.Typer(
    help="Keep the ECS container instances of an AWS organization honest, from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(rehearse)
app.command()(package)
app.command()(deploy)
app.command(name="redrive")(redrive_command)
app.command(name="audit")(audit_command)
app.add_typer(policy_app, name="policy")
app.add_typer(slack_app, name="slack")
