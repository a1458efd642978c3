"""`coastguard policy`: a policy file checked and explained before it is put where the hub reads it. Asks nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from coastguard.cli.console import out, say_json
from coastguard.cli.options import Form, FormOption, account_number
from hub.incidents.severity import Severity
from hub.policy.explain import explain
from hub.policy.lint import warnings
from hub.policy.matching import Facts
from hub.policy.parse import read
from hub.policy.policy import ACTIONS, START, Policy, Route
from hub.policy.problems import BadPolicy, Problem
from hub.scopes.account import Account
from spoke.places import BadPlace, Cluster
from spoke.repairs import REMEDIES

policy_app = typer.Typer(help="Check a policy file, and see what it says of a cluster.", no_args_is_help=True)

_VERBS = (*ACTIONS, START, *REMEDIES)
File = Annotated[Path, typer.Argument(help="The policy, policy.toml.", exists=True, dir_okay=False)]


@policy_app.command(short_help="Say everything that is wrong with a policy.")
def check(file: File, form: FormOption = Form.TEXT) -> None:
    """Say everything that is wrong with a policy, by line and with the remedy. Fails if anything is."""
    policy = _read(file, form)
    if form is Form.JSON:
        say_json(_judged(file, problems=(), warned=warnings(policy), contents=_counted(policy)))
        return
    for warning in warnings(policy):
        out.print(Text(f"{file}: {warning}", style="yellow"))
    out.print(Text(f"{file} is a policy: {_contents(policy)}.", style="green"))


@policy_app.command(name="explain", short_help="Say what a policy says of a cluster, and why.")
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
    form: FormOption = Form.TEXT,
) -> None:
    """Say which route, rights, approvals, caps and windows of a policy apply to a cluster, and why."""
    policy = _read(file, form)
    ids = {alias.casefold(): known for alias, known in policy.aliases}
    tags = tuple((key, value) for key, _, value in (tag.partition("=") for tag in account_tag or ()))
    try:
        place = Cluster(ids.get(account.casefold(), account_number(account)), region, cluster)
    except BadPlace as error:
        raise typer.BadParameter(str(error)) from error
    facts = Facts(place, Account(place.account, name, tuple(unit or ()), tags), group, severity or "")
    now, groups = _moment(at), user_group or ()
    lines = explain(policy, facts, now, user, groups)
    if form is Form.JSON:
        where = {"file": str(file), "account": place.account, "region": place.region, "cluster": place.name}
        may = [verb for verb in _VERBS if policy.may(verb, user, groups, facts)] if user else None
        window = policy.window(facts, now)
        until = window.until.astimezone(UTC).isoformat() if window else None
        at_all = {"at": now.astimezone(UTC).isoformat(), "window_until": until, "user": user or None, "may": may}
        say_json({**where, **at_all, "route": _route(policy, facts), "lines": lines})
        return
    for line in lines:
        out.print(Text(line))


def _read(file: Path, form: Form) -> Policy:
    """Read a policy. If it is none, say so in this form and fail."""
    content = file.read_bytes()
    problems: Iterable[Problem]
    try:
        return read(content.decode())
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        problems = [Problem(line, "this is not text in UTF-8", "save it as such")]
    except BadPolicy as error:
        problems = error.problems
    if form is Form.JSON:
        say_json(_judged(file, problems=problems, warned=(), contents={}))
    else:
        for problem in problems:
            out.print(Text(f"{file}: {problem}", style="red"))
    raise typer.Exit(1)


def _route(policy: Policy, facts: Facts) -> dict[str, Any]:
    """Say who hears of a place; "" where the stack's parameters decide, null for no reminder."""
    route = policy.route(facts) or Route()
    reminded = policy.reminds_after(facts)
    return {
        "line": route.line or None,
        "channel": route.channel,
        "owners": route.owners,
        "sns_topic": route.sns_topic,
        "environment": route.environment,
        "remind_after_minutes": int(reminded.total_seconds()) // 60 if reminded else None,
    }


def _judged(
    file: Path, *, problems: Iterable[Problem], warned: Iterable[Problem], contents: Mapping[str, int]
) -> dict[str, Any]:
    told = [asdict(problem) for problem in problems]
    return {
        "file": str(file),
        "valid": not told,
        "problems": told,
        "warnings": [asdict(warning) for warning in warned],
        "contents": contents,
    }


def _counted(policy: Policy) -> dict[str, int]:
    return {
        "route": len(policy.routes),
        "right": len(policy.rights),
        "approval": len(policy.approvals),
        "cap": len(policy.caps),
        "window": len(policy.windows),
    }


def _contents(policy: Policy) -> str:
    return ", ".join(f"{number} {noun}" + ("" if number == 1 else "s") for noun, number in _counted(policy).items())


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write it like 2026-11-24T02:30") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
