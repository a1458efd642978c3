"""What a contributor's tools are told: the same as `make check`, and what the files themselves keep to."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from coastguard.checkout import ROOT
from tests.meta.tree import committed

FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").iterdir() if path.name != "config.yml")


def test_the_hooks_before_a_commit_are_the_checks_of_make_check_and_no_strangers() -> None:
    [repo] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    [recipe] = re.findall(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert repo["repo"] == "local"
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    assert [hook["entry"] for hook in repo["hooks"]] == [
        line.strip().replace("$(BIN)/", ".venv/bin/") for line in recipe.splitlines()
    ]
    # They look at the whole tree, as `make check` does: what one file says may be wrong because of another.
    assert not any(hook["pass_filenames"] for hook in repo["hooks"])


def editor() -> dict[str, str]:
    """What editors are told of every file."""
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    return dict(settings["*"])


def test_files_are_as_editors_are_told_to_keep_them() -> None:
    told = editor()
    assert (told["end_of_line"], told["insert_final_newline"], told["trim_trailing_whitespace"]) == (
        "lf",
        "true",
        "true",
    )
    wrong = []
    for path in committed():
        text = path.read_bytes().decode(told["charset"])
        lines = text.split("\n")
        indented = [line for line in lines if line.startswith("\t")]
        if (text and lines[-1]) or "\r" in text or any(line != line.rstrip() for line in lines):
            wrong.append(path.name)
        if indented and path.name != "Makefile":
            wrong.append(path.name)
    assert wrong == []


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_every_form_for_an_issue_is_one_that_github_takes(form: Path) -> None:
    # https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests
    shape: dict[str, Any] = yaml.safe_load(form.read_text())
    assert set(shape) == {"name", "description", "body"}
    fields = [field for field in shape["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_editors_and_the_formatter_agree_on_the_length_of_a_line() -> None:
    [length] = re.findall(r"^line-length = (\d+)$", (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert editor()["max_line_length"] == length
