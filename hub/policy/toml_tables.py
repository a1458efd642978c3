"""Tables of a policy as they are read: every value in its form, every mistake noted with its line. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from hub.policy import values as forms
from hub.policy.problems import Problem
from hub.policy.toml_lines import Path, nearest

_T = TypeVar("_T")


class Book:
    """The data, where each part of it stands in the text, and what is wrong with it so far."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[Path, int]) -> None:
        self.data = data
        self.problems: list[Problem] = []
        self._lines = lines

    def line(self, path: Path) -> int:
        """Return the line where something stands, or what it is a part of."""
        return nearest(self._lines, path)

    def wrong(self, path: Path, what: str, remedy: str) -> None:
        """Note what is wrong with something, and what to do about it."""
        self.problems.append(Problem(self.line(path), what, remedy))

    def top(self) -> "Table":
        """Return the policy itself as a table."""
        return Table(self, (), self.data, "the policy")

    def one(self, name: str) -> "Table":
        """Return a table that is there once, an empty one if it is not."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.wrong((name,), f"{name} is {forms.kind(value)}", f"write it as a table, [{name}]")
            value = {}
        return Table(self, (name,), value, name)

    def each(self, name: str) -> list["Table"]:
        """Return the tables of an array."""
        value = self.data.get(name, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return [Table(self, (name, index), item, name) for index, item in enumerate(value)]
        self.wrong((name,), f"{name} is {forms.kind(value)}", f"begin each with [[{name}]], in double brackets")
        return []


class Table:
    """One table of the policy. What is read of it that is wrong is noted, and the default taken."""

    def __init__(self, book: Book, path: Path, data: Mapping[str, Any], name: str) -> None:
        self._book = book
        self._path = path
        self._data = data
        self._name = name

    @property
    def line(self) -> int:
        """The line where it begins."""
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

    def table(self, key: str) -> "Table":
        """Read a table within this one."""
        value, path = self._data.get(key, {}), (*self._path, key)
        if not isinstance(value, dict):
            remedy = f"write it in braces, like {_EXAMPLES[key]}"
            self._book.wrong(path, f"{key} is {forms.kind(value)}", remedy)
            value = {}
        elif key in self._data and not value:
            self._book.wrong(path, f"{key} is empty, which fits nothing", "leave it out, or name something")
        return Table(self._book, path, value, f"{self._name}.{key}")

    def wrong(self, key: str, what: str, remedy: str) -> None:
        """Note what is wrong with one of its keys, and what to do about it."""
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
    "portal": '"https://example.awsapps.com/start"',
    "start": '"02:00"',
    "where": '{ account = "222233334444", cluster = "prod-*" }',
    "who": '["S0PAYMENTS", "U0ALICE01"]',
    "zone": '"Europe/Paris"',
}
