"""`coastguard package` and `coastguard deploy`: the zip, the hub's stack and the organization's StackSets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from coastguard.checkout import TEMPLATES
from coastguard.cli.console import out, progress, session, tidy
from coastguard.cli.options import Grace, Templates, account_number
from coastguard.deploy import Wanted
from coastguard.deploy import deploy as bring_up_to_date
from coastguard.package import build
from coastguard.template_parameters import misfits
from hub.slack.mrkdwn import visible

# Which option gives a parameter of hub.yaml or organization.yaml.
_OPTIONS = {
    "OrganizationId": "--organization-id",
    "OrganizationalUnitIds": "--units",
    "RulesRegions": "--regions",
    "Regions": "--regions",
    "SlackTeam": "--slack-team",
    "SlackChannel": "--slack-channel",
    "SlackBotToken": "--slack-bot-token",
    "SlackSigningSecret": "--slack-signing-secret",
    "GraceSeconds": "--grace",
    "ManagementAccountId": "--management-account",
    "PolicyPlace": "--policy-place",
}
_SECRET = {"SlackBotToken", "SlackSigningSecret"}


def package() -> None:
    """Build the zip of the Lambda functions."""
    with tidy():
        out.print(str(build(progress())))


def deploy(  # noqa: PLR0913
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
        organization |= {"CallAs": "DELEGATED_ADMIN", "ManagementAccountId": account_number(management_account)}
    _check(templates, hub, organization)
    with tidy():
        step = progress()
        operator = session()
        wanted = Wanted(build(step), hub, organization, templates)
        made = bring_up_to_date(operator.client, wanted, step)
        out.print("\nAccounts that could not be brought up to date do not fail a deployment; they are listed by")
        out.print(
            "[bold]aws cloudformation list-stack-instances --stack-set-name coastguard-spoke-roles[/bold] (and -rules)"
        )
        out.print("\nGive the Slack app the manifest with this Request URL:")
        out.print(f"[bold]coastguard slack manifest --request-url {made['SlackRequestUrl']}[/bold]")


def _check(templates: Path, hub: Mapping[str, str], organization: Mapping[str, str]) -> None:
    """Raise BadParameter that names all that the templates do not take, before anything is built or asked."""
    wrong = misfits(templates / "hub.yaml", hub) | misfits(templates / "organization.yaml", organization)
    if not wrong:
        return
    given = {**hub, **organization}
    # By option: one of them may give a parameter to each template.
    told = {
        _OPTIONS[name]: f"{'' if name in _SECRET else f'{visible(given[name])!r} will not do. '}{remedy}"
        for name, remedy in wrong.items()
    }
    raise typer.BadParameter("\n".join(["", *(f"  {option}: {sentence}" for option, sentence in told.items())]))
