"""The glossary has every word that is ours, says each once, and lists none that nobody uses.

What a module or a class of hub, chatops or spoke is called is either explained there, or listed at its end as a word
that engineers of this field know or a dictionary has. So a new word of ours turns these tests red until it is
explained, and a plain one until somebody has said that it is plain.
"""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from coastguard.checkout import PACKAGES, ROOT

DOCUMENT = ROOT / "docs/glossary.md"


class Row(NamedTuple):
    """A line of the table: the word (and its forms), what it is, the file that shows it."""

    terms: str
    meaning: str
    place: str


ROWS = [
    Row(*match.groups())
    for match in re.finditer(r"^\| ([^|]+) \| ([^|]+) \| \[[^]]+\]\(([^)#]+)\) \|$", DOCUMENT.read_text(), re.MULTILINE)
]
TERMS = [row.terms for row in ROWS]

PLAIN = re.findall(r"`([a-z]+)`", DOCUMENT.read_text().split("## Plain words")[1])


def forms(word: str) -> set[str]:
    return {word, f"{word}s", f"{word[:-1]}ies"}


EXPLAINED = {form for term in TERMS for word in term.split(", ") for form in forms(word)}


def names(path: Path) -> list[str]:
    """The module's name and those of its public classes, but for exceptions, whose names are sentences: NotYet."""
    own = path.parent.name if path.stem == "__init__" else path.stem
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    said = [each.name for each in classes if not any(raised(base) for base in each.bases) and each.name[0] != "_"]
    return [*own.split("_"), *(word.lower() for name in said for word in re.findall("[A-Z][a-z]*", name))]


def raised(base: ast.expr) -> bool:
    return ast.unparse(base).endswith(("Error", "Exception", "BadHint"))


def used() -> dict[str, str]:
    """Every word of a module's or a class's name, with a place where it stands."""
    modules = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {word: str(path.relative_to(ROOT)) for path in modules for word in names(path)}


def test_every_word_that_names_a_module_or_a_class_is_explained_or_plain() -> None:
    plain = {form for word in PLAIN for form in forms(word)}
    assert {word: place for word, place in used().items() if word not in EXPLAINED | plain} == {}


def test_no_word_is_called_plain_that_names_nothing_or_is_explained() -> None:
    standing = set(used())
    assert sorted(word for word in PLAIN if not forms(word) & standing) == []
    assert sorted(word for word in PLAIN if word in EXPLAINED) == []


def test_words_stand_in_order_and_once() -> None:
    table = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    assert len(ROWS) == len(table) - 2 > 50
    assert sorted(set(TERMS)) == TERMS


@pytest.mark.parametrize("row", ROWS, ids=TERMS)
def test_each_word_is_explained_in_one_line_and_used_where_it_says(row: Row) -> None:
    assert len(row.meaning) <= 160
    assert not row.meaning.endswith(".")
    word = row.terms.split(", ")[0].removesuffix("e")  # as it may be used: curing, ended
    assert re.search(rf"(?i)\b{word}", (DOCUMENT.parent / row.place).read_text())


def test_the_readme_leads_to_it() -> None:
    assert "](docs/glossary.md)" in (ROOT / "README.md").read_text()
