"""On which line of a TOML text each table, key and item stands, which Python's reader does not tell. Pure.

It follows a text that tomllib has already read without complaint, so it need not know what is wrong, only what is
where. Names are paths as one would walk them in the data: ("routes", 1, "where", "account").
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
# The longer quotes come first. A closing one may have up to two more before it that belong to the text.
_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")' r"|'''.*?'''(?!')" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)


def lines_of(text: str) -> dict[Path, int]:
    """Say on which line, counted from 1, each path is mentioned first."""
    return _Walk(text).whole()


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest thing around it; 1 if there is none."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[each] for each in around if each in lines), 1)


class _Walk:
    """Goes through a text once, from front to end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [found.end() for found in re.finditer("\n", text)]
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._last: dict[Path, int] = {}  # the newest element of each array of tables

    def whole(self) -> dict[Path, int]:
        table: Path = ()
        self._pass(_BLANK)
        while self._at < len(self._text):
            if self._next("["):
                table = self._header()
            else:
                self._pair(table)
            self._pass(_BLANK)
        return self._lines

    def _header(self) -> Path:
        line, brackets = self._line(), 2 if self._next("[[") else 1
        self._at += brackets
        keys = self._keys()
        self._at += brackets
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            self._lines.setdefault(path, line)
            if path in self._last:
                path = (*path, self._last[path])
        path = (*path, keys[-1])
        self._lines.setdefault(path, line)
        if brackets == 2:
            self._last[path] = self._last.get(path, -1) + 1
            path = (*path, self._last[path])
            self._lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._pass(_SPACE)
        self._at += len("=")
        self._pass(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        """Read a key of one or several parts with dots between."""
        keys: list[str] = []
        while not keys or self._next("."):
            self._at += bool(keys)
            self._pass(_SPACE)
            keys.append(self._key())
            self._pass(_SPACE)
        return keys

    def _key(self) -> str:
        if self._next('"') or self._next("'"):
            return str(tomllib.loads(f"key = {self._pass(_QUOTED)}")["key"])
        return self._pass(_BARE)

    def _value(self, path: Path) -> None:
        if self._next("["):
            self._items(path)
        elif self._next("{"):
            self._inline(path)
        elif self._next('"') or self._next("'"):
            self._pass(_QUOTED)
        else:
            self._pass(_SCALAR)

    def _items(self, path: Path) -> None:
        self._at += len("[")
        self._pass(_BLANK)
        index = 0
        while not self._next("]"):
            self._lines[*path, index] = self._line()
            self._value((*path, index))
            self._comma()
            index += 1
        self._at += len("]")

    def _inline(self, path: Path) -> None:
        self._at += len("{")
        self._pass(_BLANK)
        while not self._next("}"):
            self._pair(path)
            self._comma()
        self._at += len("}")

    def _comma(self) -> None:
        self._pass(_BLANK)
        self._at += self._next(",")
        self._pass(_BLANK)

    def _line(self) -> int:
        return bisect_right(self._ends, self._at) + 1

    def _next(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _pass(self, form: re.Pattern[str]) -> str:
        found = form.match(self._text, self._at)
        if found is None:  # not TOML: without this it would turn on the spot
            raise ValueError(f"line {self._line()} is not what was expected")
        self._at = found.end()
        return found.group()
