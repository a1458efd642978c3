"""`coastguard policy`: a policy file checked and explained before it is put where the hub reads it. Asks nobody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from coastguard.cli.console import out
from hub.incidents.severity import Severity
from hub.policy.explain import explain
from hub.policy.lint import warnings
from hub.policy.matching import Facts
from hub.policy.parse import read
from hub.policy.policy import Policy
from hub.policy.problems import BadPolicy
from hub.scopes.account import Account
from spoke.places import BadPlace, Cluster

policy_app = typer.Typer(help="Check a policy file, and see what it says of a cluster.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The policy, policy.toml.", exists=True, dir_okay=False)]


@policy_app.command()
def check(file: File) -> None:
    """Say everything that is wrong with a policy, by line and with the remedy. Fails if anything is."""
    policy = _read(file)
    for warning in warnings(policy):
        out.print(Text(f"{file}: {warning}", style="yellow"))
    out.print(Text(f"{file} is a policy: {_contents(policy)}.", style="green"))


@policy_app.command(name="explain")
def explain_command(  # noqa: PLR0913  # what can be known of a cluster
    file: File,
    account: Annotated[str, typer.Option(help="The account's id, or an alias of the policy.")],
    cluster: Annotated[str, typer.Option(help="The cluster's name.")],
    region: Annotated[str, typer.Option(envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="Its Region.")],
    name: Annotated[
        str, typer.Option(help="The account's name. Without it nothing counts as known of the account but its id.")
    ] = "",
    unit: Annotated[
        list[str] | None, typer.Option(help="An organizational unit it is in; may be given again, outermost first.")
    ] = None,
    account_tag: Annotated[
        list[str] | None, typer.Option(help="A tag of the account, team=payments; may be given again.")
    ] = None,
    group: Annotated[str, typer.Option(help="The cluster's monitoring group.")] = "",
    severity: Annotated[Severity | None, typer.Option(help="How bad it is.")] = None,
    user: Annotated[str, typer.Option(help="A Slack user's id: what may this person do?")] = "",
    user_group: Annotated[
        list[str] | None, typer.Option(help="A Slack user group's id that the person is in; may be given again.")
    ] = None,
    at: Annotated[str, typer.Option(help="When, like 2026-11-24T02:30 (UTC) or …T02:30+01:00; now if not given.")] = "",
) -> None:
    """Say which route, rights, approvals, caps and windows of a policy apply to a cluster, and why."""
    policy = _read(file)
    ids = {alias.casefold(): known for alias, known in policy.aliases}
    tags = tuple((key, value) for key, _, value in (tag.partition("=") for tag in account_tag or ()))
    try:
        place = Cluster(ids.get(account.casefold(), account), region, cluster)
    except BadPlace as error:
        raise typer.BadParameter(str(error)) from error
    facts = Facts(place, Account(place.account, name, tuple(unit or ()), tags), group, severity or "")
    for line in explain(policy, facts, _moment(at), user, user_group or ()):
        out.print(Text(line))


def _read(file: Path) -> Policy:
    try:
        return read(file.read_text("utf-8"))
    except UnicodeDecodeError:
        out.print(Text(f"{file}: this is not text in UTF-8: save it as such", style="red"))
    except BadPolicy as error:
        for problem in error.problems:
            out.print(Text(f"{file}: {problem}", style="red"))
    raise typer.Exit(1)


def _contents(policy: Policy) -> str:
    counted = {
        "route": len(policy.routes),
        "right": len(policy.rights),
        "approval": len(policy.approvals),
        "cap": len(policy.caps),
        "window": len(policy.windows),
    }
    return ", ".join(f"{number} {noun}" + ("" if number == 1 else "s") for noun, number in counted.items())


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write it like 2026-11-24T02:30") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
