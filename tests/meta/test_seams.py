"""The seams between templates, code and checkout."""

import re
from collections.abc import Iterator

import pytest

from coastguard.checkout import ROOT
from hub.incidents.eventbridge import KINDS
from tests.meta.tree import committed
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
    made = re.compile(
        r"^\s*(?:import|from) boto3\b|\bbotocore\.session\.(?:Session|get_session)\(|\bLeanSession\(", re.MULTILINE
    )
    makers = [
        path for name in ("hub", "chatops") for path in (ROOT / name).rglob("*.py") if made.search(path.read_text())
    ]
    assert [path.name for path in makers] == ["clients.py"]


# The hosts of package registries by their last label, so that this file names none of them whole.
REGISTRIES = {
    "aws": ["ecr"],
    "com": ["npmjs", "yarnpkg"],
    "dev": ["pkg"],
    "io": ["crates", "docker", "gcr", "ghcr", "quay"],
    "org": ["anaconda", "debian", "golang", "maven", "npmjs", "nuget", "packagist", "pypi", "pythonhosted", "rubygems"],
}
HOSTS = "|".join(rf"\b(?:{'|'.join(names)})\.{last}\b" for last, names in REGISTRIES.items())
FORBIDDEN = {
    "a package registry's host": rf"{HOSTS}|--(?:extra-)?index-url|--find[-]links",
    "a path of somebody's machine": r"(?<![A-Za-z0-9_.:*])/(home|root|Users)/[a-z]",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    named = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in committed()
        for line in path.read_text(errors="replace").splitlines()
        if re.search(FORBIDDEN[what], line)
    ]
    assert named == [], f"{what} must not be committed"


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("a package registry's host", ["https://py", "pi.", "org/project/moto/"]),
        ("a package registry's host", ["https://files.python", "hosted.", "org/packages/"]),
        ("a package registry's host", ["registry.npm", "js.", "org"]),
        ("a package registry's host", ["--index", "-url https://example.com/simple"]),
        ("a package registry's host", ["--extra-index", "-url=file:///simple"]),
        ("a package registry's host", ["--find", "-links wheels"]),
        ("a path of somebody's machine", ["open /ho", "me/somebody/file"]),
    ],
    ids=lambda value: "".join(value) if isinstance(value, list) else None,
)
def test_it_would_be_found(what: str, parts: list[str]) -> None:
    assert re.search(FORBIDDEN[what], "".join(parts))
