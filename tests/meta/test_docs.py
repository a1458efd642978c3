"""The documents are held to the code: what they name is there, and what is there they name."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command

from coastguard.checkout import PACKAGES, ROOT
from coastguard.cli.app import app
from coastguard.local.rehearsals import SCENARIOS
from spoke.repairs import REMEDIES

FOLDERS = (".", ".github", "docs", "requirements", "stacksets")
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def anchors(document: Path) -> set[str]:
    """Where a link may lead within a document, as GitHub makes it of the headings."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", document.read_text(), flags=re.MULTILINE):
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_heading_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", document.read_text())
    led = [(document.parent / place if place else document, anchor) for place, anchor in links]
    lost = [anchor for place, anchor in led if anchor not in anchors(place)]
    assert lost == []


def test_every_row_of_the_i_want_to_table_leads_to_a_file() -> None:
    rows = [row for row in README.split("## I want to…")[1].splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 10
    assert [row for row in rows if not re.search(r"\]\([^)]+\)", row.split("|")[2])] == []


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("hub/incidents/decision.py", "def decide"),
        ("hub/incidents/eventbridge.py", "KINDS:"),
        ("spoke/repairs/__init__.py", "REMEDIES:"),
    ],
)
def test_what_the_table_names_inside_a_file_is_there(place: str, name: str) -> None:
    assert name in (ROOT / place).read_text()
    assert f"]({place})" in README


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {name for path in DOCUMENTS for name in re.findall(r"(?:`|^)make ([a-z]+)", path.read_text(), re.MULTILINE)}
    assert named >= {"demo", "test", "check"}
    assert named <= targets


def test_every_command_is_documented() -> None:
    words = "\n".join(path.read_text() for path in DOCUMENTS)
    commands = getattr(get_command(app), "commands")  # noqa: B009 - typer does not say that it is a group
    assert [name for name in commands if f"coastguard {name}" not in words] == []


@pytest.mark.parametrize("name", [*SCENARIOS, *(remedy.label for remedy in REMEDIES.values())])
def test_every_rehearsal_and_remedy_is_documented(name: str) -> None:
    assert name in README


def test_every_count_is_documented() -> None:
    counted = {
        name
        for path in (*ROOT.glob("hub/**/*.py"), *ROOT.glob("chatops/**/*.py"))
        for name in re.findall(r"count(?:s\.add)?\(\"([a-z]+)\"", path.read_text())
    }
    section = (ROOT / "docs/how-it-works.md").read_text().split("## Counts")[1]
    documented = set(re.findall(r"`([a-z]+)`", section))
    assert counted <= documented
    # One is named by what went wrong with a record.
    assert documented - counted == {"foreign"}


def test_every_emoji_that_messages_use_is_drawn_by_the_local_page() -> None:
    # A machine without a font for them shows empty boxes.
    used = {
        name
        for path in (*ROOT.glob("hub/**/*.py"), *ROOT.glob("chatops/**/*.py"))
        for name in re.findall(r'["(]:([a-z_]+[a-z]):[ ")]', path.read_text())
    }
    page = ROOT / "coastguard/local/page"
    known = set(re.findall(r'\b(\w+): "', (page / "emoji.js").read_text()))
    drawn = set(re.findall(r'id="emoji-(\w+)"', (page / "index.html").read_text()))
    assert {"red_circle", "no_entry"} <= used
    assert used <= known & drawn


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "CONTRIBUTING.md").read_text()
    wanted = {
        re.split(r"[=\[<>]", line)[0]
        for path in ROOT.glob("requirements/*.in")
        for line in path.read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    assert len(wanted) > 20
    assert [name for name in sorted(wanted) if not re.search(rf"\b{name}\b", reasons)] == []


def packages() -> list[str]:
    """The packages that the table of docs/how-it-works.md has, in its order."""
    section = (ROOT / "docs/how-it-works.md").read_text().split("## Where it is in the code")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z/]+)` \|", section, flags=re.MULTILINE)


def test_every_package_that_runs_in_aws_is_in_the_table_of_packages() -> None:
    folders = {str(path.parent.relative_to(ROOT)) for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")}
    assert {*packages(), "hub"} == folders
    assert len(packages()) == len(set(packages()))


def test_the_table_of_packages_is_in_the_order_of_imports() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [each["layers"] for each in contracts if each["name"].startswith("Within hub")]
    order = [name.strip().removeprefix("hub.") for layer in layers for name in layer.split("|")]
    listed = [name.removeprefix("hub/") for name in packages() if name.startswith("hub/")]
    assert listed == sorted(listed, key=order.index)


def test_what_is_told_to_hold_it_together_is_there() -> None:
    section = (ROOT / "docs/how-it-works.md").read_text().split("## What holds it together")[1].split("\n## ")[0]
    held = re.findall(r"`(test_\w+)` in \[\w+\.py\]\(\.\./([^)]+)\)", section)
    code = "\n".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    named = re.findall(r"^\| the .+? \((?:both )?`([\w.]+)`", section, flags=re.MULTILINE)
    assert len(held) > len(named) == 5
    assert [name for name, place in held if f"def {name}(" not in (ROOT / place).read_text()] == []
    assert [each for name in named for each in name.split(".") if not re.search(rf"(def|class) {each}\b", code)] == []


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for package in ("coastguard", "hub", "chatops", "spoke") for path in (ROOT / package).rglob("*.py")]
    assert len(modules) > 50
    assert [str(path) for path in modules if not path.read_text().startswith('"""')] == []
