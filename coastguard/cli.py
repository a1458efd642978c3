"""The operator's command line: `coastguard --help` shows it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from coastguard import audit, package
from coastguard.audit import AuditError
from coastguard.audit_screen import Format, explained
from coastguard.audit_screen import Screen as AuditScreen
from coastguard.checkout import TEMPLATES
from coastguard.dead_letters import Kind
from coastguard.deploy import DeployError, Wanted, deploy, outputs
from coastguard.local import real_slack
from coastguard.local.aws_process import WorldError
from coastguard.local.rehearsals import SCENARIOS
from coastguard.local.rehearsals.reckoning import reckon
from coastguard.local.rehearsals.stage import BrokenError, Stage
from coastguard.local.world import Plan, World
from coastguard.package import PackagingError
from coastguard.policy_cli import policy_app
from coastguard.redrive import RedriveError, queues
from coastguard.redrive_screen import Screen
from coastguard.slack_cli import slack_app
from coastguard.slack_manifest import COMMAND
from hub.table.store import Store

app = typer.Typer(
    help="Keep the ECS container instances of an AWS organization honest, from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app, name="policy")
app.add_typer(slack_app, name="slack")
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

out = Console(highlight=False, soft_wrap=True)
aside = Console(highlight=False, soft_wrap=True, stderr=True)

Grace = Annotated[int, typer.Option(min=0, max=900, help="Seconds that an agent may be gone before it is trouble.")]
Templates = Annotated[Path, typer.Option(help="Folder of the CloudFormation templates.", exists=True, file_okay=False)]


@app.command()
def demo(  # noqa: PLR0913  # a command has the options it has, here and below
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
    progress = _progress()
    with _tidy(), ExitStack() as undo:
        people = [person.strip() for person in slack_people.split(",") if person.strip()]
        real = real_slack.meet(os.environ, slack_channel, slack_team, slack_command, people) if slack else None
        world = undo.enter_context(World(Plan(grace, port, templates, slack=real), progress))
        if real:
            progress(f"listening to {real.name}")
            undo.enter_context(real_slack.listening(real, world.aws, world.outputs["FrontFunctionName"]))
        out.print(f"\n[bold]Open {world.url}[/bold] and unplug an agent. Ctrl-C ends the demo and removes all of it.")
        if real:
            out.print(
                Text(f"Coastguard speaks in {real.name}, channel {real.channel}. What it says there stays there.")
            )
        time.sleep(hours * 3600)
        out.print(f"The demo ends after {hours:g} hours.")


@app.command()
def rehearse(
    scenarios: Annotated[list[str] | None, typer.Argument(help=f"Any of: {', '.join(SCENARIOS)}. All if none.")] = None,
    grace: Annotated[
        int | None, typer.Option(min=0, max=900, help="Grace period in seconds, instead of the story's own.")
    ] = None,
    templates: Templates = TEMPLATES,
) -> None:
    """Play stories in the local world and print their timelines. Fails if Coastguard breaks a promise."""
    names = scenarios or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    with _tidy():
        for name in names:
            scenario = SCENARIOS[name]
            out.print(f"[bold]{name}[/bold]: {scenario.about}")
            plan = Plan(
                grace=scenario.grace if grace is None else grace,
                templates=templates,
                layout=scenario.layout,
                before=scenario.before,
                longer_grace=scenario.longer_grace,
            )
            with World(plan, _progress()) as world:
                stage = Stage(world, _timeline)
                scenario.play(stage)
                reckon(stage)
            out.print(f"[green]{name}: every promise kept[/green]")


@app.command(name="package")
def package_command() -> None:
    """Build the zip of the Lambda functions."""
    with _tidy():
        out.print(str(package.build(_progress())))


@app.command(name="deploy")
def deploy_command(  # noqa: PLR0913
    organization_id: Annotated[str, typer.Option(help="The organization's id, o-….")],
    units: Annotated[str, typer.Option(help="Organizational units to watch, comma-separated; r-… is all of them.")],
    regions: Annotated[str, typer.Option(help="Regions to watch, comma-separated.")],
    slack_team: Annotated[str, typer.Option(help="The Slack workspace's id, T….")],
    slack_channel: Annotated[str, typer.Option(help="The channel's id, C…; the app must be in it.")],
    slack_bot_token: Annotated[str, typer.Option(envvar="SLACK_BOT_TOKEN", help="xoxb-…", show_default=False)] = "",
    slack_signing_secret: Annotated[str, typer.Option(envvar="SLACK_SIGNING_SECRET", show_default=False)] = "",
    grace: Grace = 120,
    management_account: Annotated[
        str, typer.Option(help="The organization's management account, if the hub is only its delegated administrator.")
    ] = "",
    policy_place: Annotated[
        str,
        typer.Option(help="Where the policy lies, ssm:/name or s3://bucket/key, without which nobody may repair."),
    ] = "",
    templates: Templates = TEMPLATES,
) -> None:
    """Deploy the hub into this account and Region, and the rules and roles into the organization.

    Needs AWS credentials of the hub account. Run again, it brings everything up to date; Slack's token and secret are
    needed the first time only, and are best given as environment variables.
    """
    hub = {
        "OrganizationId": organization_id,
        "SlackTeam": slack_team,
        "SlackChannel": slack_channel,
        "GraceSeconds": str(grace),
        "Regions": regions,
        **({"SlackBotToken": slack_bot_token} if slack_bot_token else {}),
        **({"SlackSigningSecret": slack_signing_secret} if slack_signing_secret else {}),
        **({"PolicyPlace": policy_place} if policy_place else {}),
    }
    organization = {"OrganizationalUnitIds": units, "RulesRegions": regions}
    if management_account:
        organization |= {"CallAs": "DELEGATED_ADMIN", "ManagementAccountId": management_account}
    with _tidy():
        progress = _progress()
        session = _session()
        wanted = Wanted(package.build(progress), hub, organization, templates)
        made = deploy(session.client, wanted, progress)
        out.print("\nAccounts that could not be brought up to date do not fail a deployment; they are listed by")
        out.print(
            "[bold]aws cloudformation list-stack-instances --stack-set-name coastguard-spoke-roles[/bold] (and -rules)"
        )
        out.print("\nGive the Slack app the manifest with this Request URL:")
        out.print(f"[bold]coastguard slack manifest --request-url {made['SlackRequestUrl']}[/bold]")


@app.command(name="redrive")
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
) -> None:
    """Show what lies in the hub's dead-letter queues and why, and send it back if asked to.

    Needs AWS credentials of the hub account. Requests from Slack (acts) change things, so they go back only by name.
    """
    if (parked or yes) and not send_back:
        raise typer.BadParameter("--parked and --yes go with --send-back")
    kinds = list(dict.fromkeys(queue or ([Kind.DELAY, Kind.LOOKS] if send_back else Kind)))
    with _tidy():
        session = _session()
        found = queues(outputs(session.client), kinds)
        screen = Screen(session.client("sqs"), out, lambda: datetime.now(UTC), parked=parked)
        overviews = [screen.look(one) for one in found]
        if not send_back:
            screen.say_how_to_go_on(overviews)
        elif screen.say_what_will_go(overviews) and (yes or typer.confirm("Send them back?")):
            screen.send_back(overviews)
        else:
            out.print("Nothing was sent.")


@app.command(name="audit")
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
    now = datetime.now(UTC)
    try:
        begin, end = audit.moment(since, now), audit.moment(until, now) if until else now
    except audit.BadTime as error:
        raise typer.BadParameter(str(error)) from error
    if begin >= end:
        raise typer.BadParameter("--until has to be later than --since")
    with _tidy(aside):
        place = region or _session().region_name
        store = Store(table, place)
        with explained(table, place):
            known = audit.is_id(account) or not account
            wanted = audit.Wanted(begin, end, account if known else audit.find_account(account, store.accounts()), who)
            AuditScreen(out, aside).show(store.deeds(begin, end), wanted, form)


def _session() -> boto3.Session:
    session = boto3.Session()
    if not session.region_name:
        raise DeployError("No Region is chosen for the hub: set AWS_DEFAULT_REGION or `region` in your AWS profile.")
    return session


@contextmanager
def _tidy(screen: Console = out) -> Iterator[None]:
    """Let what was begun be removed when we are told to stop, and turn known errors into one line."""

    def stop(_signal: int, _frame: object) -> None:
        # Once is enough: terminals and `make` tell us more than once, and the clearing away must not be cut off.
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _STOPS:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        screen.print("Stopped; nothing is left behind.")
        raise typer.Exit(130) from None
    except (DeployError, PackagingError, WorldError, RedriveError, AuditError) as error:
        screen.print(Text(f"Failed: {error}", style="red"))
        raise typer.Exit(1) from None
    except BrokenError as error:
        screen.print(Text(f"Broken: {error}", style="red"))
        raise typer.Exit(1) from None
    except (BotoCoreError, ClientError) as error:
        screen.print(
            Text(f"AWS refused: {error}. Which account and Region: `aws sts get-caller-identity`.", style="red")
        )
        raise typer.Exit(1) from None


def _progress() -> Callable[[str], None]:
    """Print each step with the seconds since the first."""
    begun = time.monotonic()
    return lambda text: out.print(Text(f"{time.monotonic() - begun:6.1f} s  {text}", style="dim"))


def _timeline(seconds: float, text: str) -> None:
    out.print(Text(f"{seconds:6.1f} s  {text}"))


if __name__ == "__main__":
    app()
