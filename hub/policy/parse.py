"""How a policy is written: TOML becomes a Policy, or every problem at once, each with its line and remedy. Pure.

One function reads each kind of table; hub.policy.values says what a value must look like. A table with a problem is
still read to its end, so that one look shows all there is to mend.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from hub.policy import values as forms
from hub.policy.policy import ACTIONS, DAYS, Approval, Cap, Match, Policy, Right, Route, Window
from hub.policy.toml_lines import Path, lines_of, nearest
from spoke.repairs import REMEDIES

_T = TypeVar("_T")

# No policy that people can oversee is longer; an SSM parameter holds 8 KB.
LONGEST = 100_000
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a policy: on which line, what, and what to do."""

    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}: {self.remedy}"


class BadPolicy(ValueError):
    """A text that is no policy, with all its problems in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("; ".join(map(str, self.problems)))


def read(text: str) -> Policy:
    """Read a policy. Raises BadPolicy."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    book = _Book(*_parsed(text))
    policy = _policy(book)
    if book.problems:
        raise BadPolicy(book.problems)
    return policy


def warnings(policy: Policy) -> tuple[Problem, ...]:
    """Say what is allowed but is hardly meant."""
    found = [
        *_unreachable(policy),
        *(
            Problem(right.line, "this right is nobody's", "name users or user groups in who, or take it out")
            for right in policy.rights
            if not right.who
        ),
        *(
            Problem(
                right.line, "stop is for the whole organization, this right for a part of it", "grant it without where"
            )
            for right in policy.rights
            if "stop" in right.may and right.where != Match()
        ),
    ]
    if not policy.rights:
        what = "nobody may repair, for the policy has no [[rights]]"
        found.append(Problem(1, what, "grant it to whoever should, as docs/policy.md tells"))
    else:
        first = policy.rights[0].line
        found += [
            Problem(first, f"nobody may {verb} anywhere", f'grant "{verb}" in a [[rights]] if somebody should')
            for verb in (*ACTIONS, *REMEDIES)
            if verb != "approve" and not any(right.grants(verb) and right.who for right in policy.rights)
        ]
        found += [
            Problem(
                approval.line,
                "nobody can give this approval",
                'name approvers here, or grant "approve" in a [[rights]]',
            )
            for approval in policy.approvals
            if not approval.approvers and not any(right.grants("approve") and right.who for right in policy.rights)
        ]
    return tuple(sorted(found, key=lambda problem: problem.line))


def _unreachable(policy: Policy) -> list[Problem]:
    """Find what stands behind something that fits everything."""
    for position, route in enumerate(policy.routes):
        if route.where == Match():
            what = f"this route is never reached: the one in line {route.line} fits everything"
            return [
                Problem(later.line, what, "put it before that one, or take it out")
                for later in policy.routes[position + 1 :]
            ]
    return []


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


class _Book:
    """The data, where each part of it stands in the text, and what is wrong with it so far."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[Path, int]) -> None:
        self.data = data
        self.problems: list[Problem] = []
        self._lines = lines

    def line(self, path: Path) -> int:
        return nearest(self._lines, path)

    def wrong(self, path: Path, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.line(path), what, remedy))

    def top(self) -> "_Table":
        return _Table(self, (), self.data, "the policy")

    def one(self, name: str) -> "_Table":
        """Return a table that is there once, an empty one if it is not."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.wrong((name,), f"{name} is {forms.kind(value)}", f"write it as a table, [{name}]")
            value = {}
        return _Table(self, (name,), value, name)

    def each(self, name: str) -> list["_Table"]:
        """Return the tables of an array."""
        value = self.data.get(name, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return [_Table(self, (name, index), item, name) for index, item in enumerate(value)]
        self.wrong((name,), f"{name} is {forms.kind(value)}", f"begin each with [[{name}]], in double brackets")
        return []


class _Table:
    """One table of the policy. What is read of it that is wrong is noted, and the default taken."""

    def __init__(self, book: _Book, path: Path, data: Mapping[str, Any], name: str) -> None:
        self._book = book
        self._path = path
        self._data = data
        self._name = name

    @property
    def line(self) -> int:
        return self._book.line(self._path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def only(self, known: Iterable[str]) -> None:
        """Note every key that is not known."""
        names = list(known)
        for key in self._data:
            if key not in names:
                near = get_close_matches(key, names, 1)
                what = "table" if not self._path else "key"
                remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
                where = f" of {self._name}" if self._path else ""
                self._book.wrong((*self._path, key), f"there is no {what} {forms.quoted(key)}{where}", remedy)

    def needs(self, *keys: str) -> None:
        """Note every key that is missing."""
        for key in keys:
            if key not in self._data:
                self._book.wrong(self._path, f"{key} is missing in {self._name}", f"give it, like {_EXAMPLES[key]}")

    def value(self, key: str, form: Callable[[Any], _T], default: _T) -> _T:
        """Read one value in a form."""
        if key not in self._data:
            return default
        return self._formed((*self._path, key), key, self._data[key], form, default)

    def words(self, key: str, form: Callable[[Any], str], *, may_be_empty: bool = False) -> tuple[str, ...]:
        """Read one value or a list of them, each in a form."""
        if key not in self._data:
            return ()
        value, path = self._data[key], (*self._path, key)
        if not isinstance(value, list):
            word = self._formed(path, key, value, form, "")
            return (word,) if word else ()
        if not value and not may_be_empty:
            self._book.wrong(path, f"{key} is an empty list, which fits nothing", "leave it out, or name something")
        words = [self._formed((*path, index), key, item, form, "") for index, item in enumerate(value)]
        return tuple(dict.fromkeys(word for word in words if word))

    def table(self, key: str) -> "_Table":
        """Read a table within this one."""
        value, path = self._data.get(key, {}), (*self._path, key)
        if not isinstance(value, dict):
            remedy = f"write it in braces, like {_EXAMPLES[key]}"
            self._book.wrong(path, f"{key} is {forms.kind(value)}", remedy)
            value = {}
        elif key in self._data and not value:
            self._book.wrong(path, f"{key} is empty, which fits nothing", "leave it out, or name something")
        return _Table(self._book, path, value, f"{self._name}.{key}")

    def wrong(self, key: str, what: str, remedy: str) -> None:
        self._book.wrong((*self._path, key), what, remedy)

    def _formed(self, path: Path, key: str, value: object, form: Callable[[Any], _T], default: _T) -> _T:
        try:
            return form(value)
        except forms.Unfit as unfit:
            self._book.wrong(path, f"{key} is {unfit.what}", unfit.remedy)
            return default


# What stands in a policy for each key, for those who have left it out.
_EXAMPLES = {
    "after": '"30m"',
    "days": '["saturday"] or "daily"',
    "length": '"2h"',
    "may": '["acknowledge", "mute"]',
    "most": "5",
    "per": '"1h"',
    "start": '"02:00"',
    "where": '{ account = "222233334444", cluster = "prod-*" }',
    "who": '["S0PAYMENTS", "U0ALICE01"]',
    "zone": '"Europe/Paris"',
}


def _policy(book: _Book) -> Policy:
    book.top().only(("routes", "rights", "approvals", "caps", "windows", "aliases", "reminders", "slack"))
    aliases = _aliases(book.one("aliases"))
    slack, reminders = book.one("slack"), book.one("reminders")
    slack.only(("fallback_channel", "operators"))
    reminders.only(("after",))
    return Policy(
        routes=tuple(_route(table, aliases) for table in book.each("routes")),
        rights=tuple(_right(table, aliases) for table in book.each("rights")),
        approvals=tuple(_approval(table, aliases) for table in book.each("approvals")),
        caps=tuple(_cap(table, aliases) for table in book.each("caps")),
        windows=tuple(_window(table, aliases) for table in book.each("windows")),
        aliases=tuple(aliases.items()),
        remind_after=reminders.value("after", forms.reminder, None),
        fallback_channel=slack.value("fallback_channel", forms.channel, ""),
        operators=slack.words("operators", forms.person),
    )


def _aliases(table: _Table) -> dict[str, str]:
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


def _route(table: _Table, aliases: Mapping[str, str]) -> Route:
    table.only(("where", "channel", "owners", "sns_topic", "environment", "remind_after"))
    return Route(
        where=_where(table, aliases),
        channel=table.value("channel", forms.channel, ""),
        owners=table.words("owners", forms.person),
        sns_topic=table.value("sns_topic", forms.topic, ""),
        environment=table.value("environment", forms.environment, ""),
        remind_after=table.value("remind_after", forms.reminder, None),
        line=table.line,
    )


def _right(table: _Table, aliases: Mapping[str, str]) -> Right:
    table.only(("who", "may", "where"))
    table.needs("who", "may")
    return Right(
        who=table.words("who", forms.person, may_be_empty=True),
        may=table.words("may", forms.verb),
        where=_where(table, aliases),
        line=table.line,
    )


def _approval(table: _Table, aliases: Mapping[str, str]) -> Approval:
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


def _cap(table: _Table, aliases: Mapping[str, str]) -> Cap:
    table.only(("where", "remedy", "most", "per"))
    table.needs("most", "per")
    return Cap(
        most=table.value("most", forms.repairs, 0),
        per=table.value("per", forms.cap_span, timedelta(hours=1)),
        where=_where(table, aliases),
        remedies=table.words("remedy", forms.remedy),
        line=table.line,
    )


def _window(table: _Table, aliases: Mapping[str, str]) -> Window:
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


def _days(table: _Table) -> tuple[int, ...]:
    if table.value("days", lambda value: value == "daily", default=False):
        return tuple(range(len(DAYS)))
    return tuple(sorted(DAYS.index(day) for day in table.words("days", forms.day)))


def _never_ends(window: Window) -> bool:
    gaps = [(later - day) % 7 or 7 for day, later in zip(window.days, window.days[1:] + window.days[:1], strict=True)]
    # Once a year a day has 23 hours.
    return bool(gaps) and all(window.length > timedelta(days=gap) - timedelta(hours=1) for gap in gaps)


def _where(table: _Table, aliases: Mapping[str, str]) -> Match:
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
