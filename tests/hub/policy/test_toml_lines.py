"""Where things stand in a TOML text: written by hand in every form, and made up together with the answer."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy.toml_lines import Path, lines_of, nearest
from tests.nightly import examples


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("# [a]\n\n  # b = 1\n", {}, id="only comments"),
        pytest.param("a = 1\n\nb = 2", {("a",): 1, ("b",): 3}, id="keys"),
        pytest.param("a = 1\r\nb = 2\r\n", {("a",): 1, ("b",): 2}, id="as Windows ends lines"),
        pytest.param("[t]\na = 1\n[u]", {("t",): 1, ("t", "a"): 2, ("u",): 3}, id="tables"),
        pytest.param(
            "[[t]]\na = 1\n[[t]]\na = 2",
            {("t",): 1, ("t", 0): 1, ("t", 0, "a"): 2, ("t", 1): 3, ("t", 1, "a"): 4},
            id="an array of tables",
        ),
        pytest.param(
            "[[t]]\n[t.u]\na = 1\n[[t]]\n[t.u]\na = 2",
            {
                ("t",): 1,
                ("t", 0): 1,
                ("t", 0, "u"): 2,
                ("t", 0, "u", "a"): 3,
                ("t", 1): 4,
                ("t", 1, "u"): 5,
                ("t", 1, "u", "a"): 6,
            },
            id="a table in each of an array",
        ),
        pytest.param(
            "[[t]]\n[[t.u]]\n[[t.u]]\n[[t]]\n[[t.u]]",
            {
                ("t",): 1,
                ("t", 0): 1,
                ("t", 0, "u"): 2,
                ("t", 0, "u", 0): 2,
                ("t", 0, "u", 1): 3,
                ("t", 1): 4,
                ("t", 1, "u"): 5,
                ("t", 1, "u", 0): 5,
            },
            id="an array in each of an array",
        ),
        pytest.param("[a.b]\n[a]", {("a",): 1, ("a", "b"): 1}, id="a table first mentioned by another"),
        pytest.param('[ a . "b.c" ] # d\n', {("a",): 1, ("a", "b.c"): 1}, id="a header with blanks and quotes"),
        pytest.param("a . b=1", {("a",): 1, ("a", "b"): 1}, id="a key with dots"),
        pytest.param(
            '"a\\n\\u0041" = 1\n\'b\\n\' = 2\n"" = 3', {("a\nA",): 1, ("b\\n",): 2, ("",): 3}, id="keys in quotes"
        ),
        pytest.param(
            "a = [\n  1, # one, two ]\n\n  [2,\n3],\n]\nb = 1",
            {("a",): 1, ("a", 0): 2, ("a", 1): 4, ("a", 1, 0): 4, ("a", 1, 1): 5, ("b",): 7},
            id="lists over several lines",
        ),
        pytest.param(
            "a = { b = 1, c.d = [{ e = 2 }] }\nf = {}",
            {("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1, ("a", "c", "d", 0): 1}
            | {("a", "c", "d", 0, "e"): 1, ("f",): 2},
            id="tables in braces",
        ),
        pytest.param(
            'a = """\n[x]\nb = 1 \\"""\n"""\nc = 1',
            {("a",): 1, ("c",): 5},
            id="a text over several lines holds no keys",
        ),
        pytest.param("a = '''\n[x]\nb = '\n''' # '''\nc = 1", {("a",): 1, ("c",): 5}, id="the same without escapes"),
        pytest.param('a = """x"""""\nb = """"""\nc = 1', {("a",): 1, ("b",): 2, ("c",): 3}, id="quotes before quotes"),
        pytest.param("a = '''x'''''\nb = ''''''\nc = 1", {("a",): 1, ("b",): 2, ("c",): 3}, id="single ones too"),
        pytest.param(
            'a = \'[b\'\nc = "]#\\""\nd = 1979-05-27 07:32:00 # e\nf = -1e3\ng = true',
            {(key,): line for line, key in enumerate("acdfg", 1)},
            id="scalars",
        ),
    ],
)
def test_every_path_has_the_line_on_which_it_is_mentioned_first(text: str, lines: dict[Path, int]) -> None:
    assert lines_of(text) == lines
    assert set(lines_of(text)) == set(paths(tomllib.loads(text)))


def paths(data: object, path: Path = ()) -> Iterator[Path]:
    """Every path in what tomllib gives."""
    if path:
        yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from paths(value, (*path, index))


# Documents made up together with the lines of all that is in them

KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,4}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=3),
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\"'\\#[]{}=,.\n"), max_size=6
)
SCALARS = st.one_of(st.integers(-9, 99), st.booleans(), WORDS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda inner: st.dictionaries(KEYS, VALUES | inner | st.lists(inner, min_size=1, max_size=3), max_size=3),
    max_leaves=6,
)


class Writer:
    """Writes a document as somebody might, and keeps on which line each path came first."""

    def __init__(self, draw: Any) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}
        self._draw = draw

    def whole(self, data: dict[str, Any]) -> None:
        self._table((), (), data)

    def _table(self, names: tuple[str, ...], path: Path, data: dict[str, Any]) -> None:
        later = []
        for key, value in data.items():
            tables = isinstance(value, dict) or (
                isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            )
            if tables and self._choice(2):
                later.append((key, value))
            else:
                self._filler()
                self._note((*path, key))
                self._write(self._key(key) + self._blank() + "=" + self._blank())
                self._value((*path, key), value)
                self._write(self._end())
        for key, value in later:
            many = isinstance(value, list)
            for index, table in enumerate(value if many else [value]):
                inner = (*path, key, index) if many else (*path, key)
                self._filler()
                self._note((*path, key))
                self._note(inner)
                header = (self._blank() + "." + self._blank()).join(map(self._key, (*names, key)))
                self._write(f"[[{header}]]" if many else f"[{header}]")
                self._write(self._end())
                self._table((*names, key), inner, table)

    def _value(self, path: Path, value: Any, *, inline: bool = False) -> None:
        if isinstance(value, bool):
            self._write("true" if value else "false")
        elif isinstance(value, int):
            self._write(str(value))
        elif isinstance(value, str):
            self._write(self._word(value, inline=inline))
        elif isinstance(value, list):
            self._write("[")
            for index, item in enumerate(value):
                self._gap(inline=inline)
                self._note((*path, index))
                self._value((*path, index), item, inline=inline)
                self._gap(inline=inline)
                self._write("," if index < len(value) - 1 or self._choice(1) else "")
            self._gap(inline=inline)
            self._write("]")
        else:
            self._write("{" + self._blank())
            for index, (key, item) in enumerate(value.items()):
                self._write(", " if index else "")
                self._note((*path, key))
                self._write(self._key(key) + self._blank() + "=" + self._blank())
                self._value((*path, key), item, inline=True)
            self._write(self._blank() + "}")

    def _word(self, word: str, *, inline: bool) -> str:
        escaped = "".join(f"\\U{ord(letter):08X}" if letter in '"\\\n' else letter for letter in word)
        forms = [f'"{escaped}"']
        if not inline:
            forms.append(f'"""\n{word}"""' if not set(word) & set('"\\') else f'"{escaped}"')
            forms.append(f"'''\n{word}'''" if "'" not in word else f'"{escaped}"')
        return forms[self._choice(len(forms) - 1)]

    def _key(self, key: str) -> str:
        bare = bool(key) and all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in key)
        return key if bare and self._choice(2) else self._word(key, inline=True)

    def _note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def _write(self, text: str) -> None:
        self.text += text

    def _gap(self, *, inline: bool) -> None:
        self._write(self._blank() if inline else ("", " ", "\n", " # ] '\n\n")[self._choice(3)])

    def _filler(self) -> None:
        self._write(("", "\n", "# [x] = {\n", "\n\n   ")[self._choice(3)])

    def _end(self) -> str:
        return self._blank() + ("\n", " # '''\n")[self._choice(1)]

    def _blank(self) -> str:
        return ("", " ", "\t")[self._choice(2)]

    def _choice(self, most: int) -> int:
        return int(self._draw(st.integers(0, most)))


@st.composite
def documents(draw: Any) -> tuple[str, dict[str, Any], dict[Path, int]]:
    data = draw(TABLES)
    writer = Writer(draw)
    writer.whole(data)
    return writer.text, data, writer.lines


@settings(max_examples=examples(150), deadline=None)
@given(documents())
def test_whatever_is_written_where_is_found_there(document: tuple[str, dict[str, Any], dict[Path, int]]) -> None:
    text, data, lines = document

    assert tomllib.loads(text) == data
    assert lines_of(text) == lines


@settings(max_examples=examples(300), deadline=None)
@given(st.text(st.sampled_from("ab=[]{}.,\"'# \n1"), max_size=24))
def test_whatever_python_reads_is_followed_to_its_end(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    assert set(lines_of(text)) == set(paths(data))


@pytest.mark.parametrize("text", ["=", "[", "a = {", 'a = "', "a = [1", "\x00"])
def test_what_is_no_toml_ends_too(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 is not what was expected"):
        lines_of(text)


def test_the_nearest_line_is_that_of_what_stands_around() -> None:
    lines = {("a",): 3, ("a", 0): 4}

    assert [nearest(lines, path) for path in (("a", 0, "b", "c"), ("a", 1), ("b",), ())] == [4, 3, 1, 1]
