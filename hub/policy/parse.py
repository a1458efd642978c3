"""How a policy is written: TOML becomes a Policy, or every problem at once, each with its line and remedy. Pure.

One function reads each kind of table; hub.policy.toml_tables notes what is wrong on the way, and hub.policy.values says
what a value must look like. A table with a problem is still read to its end: one look shows all there is to mend.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any

from hub.incidents.links import Links
from hub.policy import values as forms
from hub.policy.matching import Match
from hub.policy.policy import Approval, Cap, Policy, Right, Route
from hub.policy.problems import BadPolicy, Problem
from hub.policy.toml_lines import Path, lines_of
from hub.policy.toml_tables import Book, Table
from hub.policy.windows import DAYS, Window

# No policy that people can oversee is longer; an SSM parameter holds 8 KB.
LONGEST = 100_000
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


def read(text: str) -> Policy:
    """Read a policy. Raises BadPolicy."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    book = Book(*_parsed(text))
    policy = _policy(book)
    if book.problems:
        raise BadPolicy(book.problems)
    return policy


def _parsed(text: str) -> tuple[dict[str, Any], dict[Path, int]]:
    if len(text) > LONGEST:
        what = f"the policy has {len(text):,} characters"
        raise BadPolicy(
            [Problem(1, what, f"at most {LONGEST:,} are read: match by units and patterns instead of lists")]
        )
    try:
        return tomllib.loads(text), lines_of(text)
    except tomllib.TOMLDecodeError as error:
        said = _SYNTAX.fullmatch(str(error))
        what, line = (said[1], said[2] or text.count("\n") + 1) if said else (str(error), 1)
        raise BadPolicy(
            [Problem(int(line), f"this is not TOML: {what}", "see https://toml.io for how it is written")]
        ) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a list in a list in a list…
        raise BadPolicy([Problem(1, f"this cannot be read: {error}", "write plain tables and lists")]) from error


def _policy(book: Book) -> Policy:
    book.top().only(
        ("routes", "rights", "approvals", "caps", "windows", "aliases", "reminders", "repairs", "slack", "links")
    )
    aliases = _aliases(book.one("aliases"))
    slack, reminders, repairs = book.one("slack"), book.one("reminders"), book.one("repairs")
    slack.only(("fallback_channel", "operators"))
    reminders.only(("after",))
    repairs.only(("patience", "steady"))
    return Policy(
        routes=tuple(_route(table, aliases) for table in book.each("routes")),
        rights=tuple(_right(table, aliases) for table in book.each("rights")),
        approvals=tuple(_approval(table, aliases) for table in book.each("approvals")),
        caps=tuple(_cap(table, aliases) for table in book.each("caps")),
        windows=tuple(_window(table, aliases) for table in book.each("windows")),
        aliases=tuple(aliases.items()),
        remind_after=reminders.value("after", forms.reminder, None),
        patience=repairs.value("patience", forms.patience, None),
        steady=repairs.value("steady", forms.steady, timedelta(minutes=1)),
        fallback_channel=slack.value("fallback_channel", forms.channel, ""),
        operators=slack.words("operators", forms.person),
        links=_links(book.one("links")),
    )


def _links(table: Table) -> Links:
    table.only(("portal", "role", "log_group"))
    if "role" in table:
        table.needs("portal")
    return Links(
        portal=table.value("portal", forms.portal, ""),
        role=table.value("role", forms.permission_set, ""),
        log_group=table.value("log_group", forms.log_group, ""),
    )


def _aliases(table: Table) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for alias in table:
        try:
            forms.alias(alias)
        except forms.Unfit as unfit:
            table.wrong(alias, f"the alias is {unfit.what}", unfit.remedy)
            continue
        if alias.casefold() in {other.casefold() for other in aliases}:
            table.wrong(alias, f"the alias {forms.quoted(alias)} is there twice", "capital letters make no difference")
        aliases[alias] = table.value(alias, forms.account_id, "")
    return aliases


def _route(table: Table, aliases: Mapping[str, str]) -> Route:
    table.only(("where", "channel", "owners", "sns_topic", "environment", "remind_after", "runbook"))
    return Route(
        where=_where(table, aliases),
        channel=table.value("channel", forms.channel, ""),
        owners=table.words("owners", forms.person),
        sns_topic=table.value("sns_topic", forms.topic, ""),
        environment=table.value("environment", forms.environment, ""),
        remind_after=table.value("remind_after", forms.reminder, None),
        runbook=table.value("runbook", forms.address, ""),
        line=table.line,
    )


def _right(table: Table, aliases: Mapping[str, str]) -> Right:
    table.only(("who", "may", "where"))
    table.needs("who", "may")
    return Right(
        who=table.words("who", forms.person, may_be_empty=True),
        may=table.words("may", forms.verb),
        where=_where(table, aliases),
        line=table.line,
    )


def _approval(table: Table, aliases: Mapping[str, str]) -> Approval:
    table.only(("where", "environment", "remedy", "more_than", "approvers", "expires"))
    any_number: tuple[int, float | None] = (0, None)
    number, share = table.value("more_than", forms.size, any_number)
    return Approval(
        where=_where(table, aliases),
        environments=table.words("environment", forms.environment),
        remedies=table.words("remedy", forms.remedy),
        more_than=number,
        more_than_share=share,
        approvers=table.words("approvers", forms.person),
        expires=table.value("expires", forms.expiry, timedelta(minutes=15)),
        line=table.line,
    )


def _cap(table: Table, aliases: Mapping[str, str]) -> Cap:
    table.only(("where", "remedy", "most", "per"))
    table.needs("most", "per")
    return Cap(
        most=table.value("most", forms.repairs, 0),
        per=table.value("per", forms.cap_span, timedelta(hours=1)),
        where=_where(table, aliases),
        remedies=table.words("remedy", forms.remedy),
        line=table.line,
    )


def _window(table: Table, aliases: Mapping[str, str]) -> Window:
    table.only(("days", "start", "length", "zone", "where", "reason"))
    table.needs("days", "start", "length", "zone")
    window = Window(
        days=_days(table),
        start=table.value("start", forms.clock, time()),
        length=table.value("length", forms.length, timedelta()),
        zone=table.value("zone", forms.zone, "UTC"),
        where=_where(table, aliases),
        reason=table.value("reason", forms.text, ""),
        line=table.line,
    )
    if window.length and _never_ends(window):
        table.wrong("length", "this window begins again before it ends", "make it shorter: nothing is muted for ever")
    return window


def _days(table: Table) -> tuple[int, ...]:
    if table.value("days", lambda value: value == "daily", default=False):
        return tuple(range(len(DAYS)))
    return tuple(sorted(DAYS.index(day) for day in table.words("days", forms.day)))


def _never_ends(window: Window) -> bool:
    gaps = [(later - day) % 7 or 7 for day, later in zip(window.days, window.days[1:] + window.days[:1], strict=True)]
    # Once a year a day has 23 hours.
    return bool(gaps) and all(window.length > timedelta(days=gap) - timedelta(hours=1) for gap in gaps)


def _where(table: Table, aliases: Mapping[str, str]) -> Match:
    where = table.table("where")
    where.only(_MATCH)
    ids = {alias.casefold(): account for alias, account in aliases.items()}
    words = {key: where.words(key, form) for key, form in _MATCH.items()}
    words["account"] = tuple(dict.fromkeys(ids.get(word.casefold(), word) for word in words["account"]))
    return Match(**words)


_MATCH: dict[str, Callable[[Any], str]] = {
    "account": forms.account,
    "unit": forms.unit,
    "account_tag": forms.text,
    "region": forms.region,
    "cluster": forms.cluster,
    "group": forms.text,
    "severity": forms.severity,
}
