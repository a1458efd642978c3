"""The seams between templates, code and checkout."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from coastguard.checkout import ROOT
from hub.incidents.hints import KINDS
from tests.templates.reading import read


def patterns(rules: dict[str, object]) -> Iterator[tuple[str, str]]:
    for resource in rules.values():
        pattern = resource.get("Properties", {}).get("EventPattern")  # type: ignore[attr-defined]
        if pattern:
            yield from ((source, kind) for source in pattern["source"] for kind in pattern["detail-type"])


def test_the_members_rules_forward_what_the_hub_reads_and_nothing_else() -> None:
    assert set(patterns(read("rules")["Resources"])) == set(KINDS)


def test_the_hubs_rule_lets_through_what_the_hub_reads() -> None:
    assert set(patterns(read("hub")["Resources"])) >= set(KINDS)


def test_functions_make_their_sessions_in_one_place_where_stale_answers_are_cured() -> None:
    made = re.compile(r"\bboto3\.(Session|client|resource)\(")
    makers = [
        path for name in ("hub", "chatops") for path in (ROOT / name).rglob("*.py") if made.search(path.read_text())
    ]
    assert [path.name for path in makers] == ["clients.py"]


def committed() -> list[str]:
    """Name the files that are, or would be, committed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a package registry's host", r"--(extra-)?index-url|--find-links|files\.pythonhosted\.org"),
        ("a path of somebody's machine", r"(?<![A-Za-z0-9_.:*])/(home|root|Users)/[a-z]"),
    ],
)
def test_no_file_names(what: str, pattern: str) -> None:
    named = [
        name
        for name in committed()
        if (ROOT / name).suffix != ".png" and name != "tests/meta/test_seams.py"
        for line in (ROOT / name).read_text(errors="replace").splitlines()
        if re.search(pattern, line)
    ]
    assert named == [], f"{what} must not be committed"
