"""The policy's document: every example in it is read, every output shown is the true one, and it names every word."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coastguard.checkout import ROOT
from coastguard.cli.app import app
from hub.incidents.severity import Severity
from hub.policy.lint import warnings
from hub.policy.parse import read
from hub.policy.policy import ACTIONS, ALL, REPAIR, Policy
from hub.policy.problems import BadPolicy
from spoke.repairs import REMEDIES

DOCUMENT = (ROOT / "docs/policy.md").read_text()
BLOCKS = re.findall(r"```(toml broken|toml|console)\n(.*?)```", DOCUMENT, re.DOTALL)
EXAMPLES = [text for kind, text in BLOCKS if kind == "toml"]
[WHOLE] = [text for text in EXAMPLES if "fallback_channel" in text]
[BROKEN] = [text for kind, text in BLOCKS if kind == "toml broken"]
SHOWN = [text.split("\n", 1) for kind, text in BLOCKS if kind == "console"]
WORDS = (*ACTIONS, *REMEDIES, REPAIR, ALL, *Severity)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_every_example_is_read(text: str) -> None:
    assert read(text) != Policy()


def test_there_is_an_example_of_each_table_and_of_all_of_them() -> None:
    assert len(EXAMPLES) >= 7
    policy = read(WHOLE)
    assert all(getattr(policy, name) for name in Policy.__dataclass_fields__)
    assert all(getattr(policy.links, name) for name in ("portal", "role", "log_group"))
    assert warnings(policy) == ()


def test_the_broken_example_is_broken() -> None:
    with pytest.raises(BadPolicy):
        read(BROKEN)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command[:60] for command, _ in SHOWN])
def test_what_a_command_is_shown_to_say_it_says(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.toml").write_text(BROKEN if " check " in command else WHOLE)
    dollar, name, *words = shlex.split(command)

    result = CliRunner().invoke(app, words)

    assert (dollar, name) == ("$", "coastguard")
    assert result.output == output
    assert result.exit_code == (1 if " check " in command else 0)


def known_keys(table: str) -> list[str]:
    """The keys that a table has, as the reader names them when it meets another."""
    single = {"where": "[[routes]]\nwhere.xyzzy = 1", "links": "[links]\nxyzzy = 1"}
    text = single.get(table, f"[[{table}]]\nxyzzy = 1")
    with pytest.raises(BadPolicy) as caught:
        read(text)
    [known] = [p.remedy.removeprefix("known are ") for p in caught.value.problems if "'xyzzy'" in p.what]
    return known.split(", ")


@pytest.mark.parametrize("table", ["where", "routes", "rights", "approvals", "caps", "windows", "links"])
def test_every_key_is_documented(table: str) -> None:
    [section] = [
        part for part in DOCUMENT.split("\n## ") if part.lower().startswith(table) and part.startswith(table[0].upper())
    ]
    named = set(re.findall(r"`([a-z_]+)`", section)) | {"where"}
    assert [key for key in known_keys(table) if key not in named] == []


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCUMENT
