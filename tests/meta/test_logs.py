"""Every log line is the name of an event and keys, and repeats none that is attached to its whole unit of work."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from coastguard.checkout import ROOT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
EVENT = re.compile(r"[a-z]+(\.[a-z_]+)?")
# hub.runtime.log_keys attaches these. A storm's turn speaks for clusters, so hub.notify names whose line it is.
ATTACHED = {"account", "region", "cluster", "request", "group", "user", "invocation"}
OPERATE = (ROOT / "docs/operate.md").read_text()
MODULES = [path for package in ("hub", "chatops", "spoke") for path in (ROOT / package).rglob("*.py")]


def calls(path: Path) -> Iterator[ast.Call]:
    """The calls of a module's logger."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logging"), attr=attr)) if attr in LEVELS:
                yield node


def texts(node: ast.expr) -> list[str]:
    """What an expression can be, if that is one or the other of some texts."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=orelse):
            return texts(body) + texts(orelse)
    return [f"not a plain text: {ast.unparse(node)}"]


LINES = [(path, call) for path in MODULES for call in calls(path)]


def test_each_line_is_the_name_of_an_event_and_keys() -> None:
    assert len(LINES) > 40
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in LINES
        if len(call.args) != 1
        or not all(EVENT.fullmatch(text) for text in texts(call.args[0]))
        or {each.arg for each in call.keywords} - {"extra"}
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["hub", "chatops", "spoke"])
def test_no_line_repeats_what_its_unit_of_work_has_attached(package: str) -> None:
    repeated = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {key}"
        for path, call in LINES
        if path.relative_to(ROOT).parts[0] == package and path.parent != ROOT / "hub/notify"
        for keyword in call.keywords
        for key in keys(keyword.value)
        if key in ATTACHED
    ]
    assert repeated == []


def test_the_keys_are_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", re.search(r"\| key \|(.*?)\n\n", OPERATE, re.DOTALL)[1]))  # type: ignore[index]
    assert documented >= ATTACHED


def keys(extra: ast.expr) -> list[str]:
    assert isinstance(extra, ast.Dict), ast.unparse(extra)
    return [text for key in extra.keys if key is not None for text in texts(key)]
