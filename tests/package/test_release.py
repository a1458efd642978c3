"""A release is checked before it is built, and what is built can be checked by whoever gets it."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from coastguard import package
from coastguard.checkout import BUILD, LAMBDA_REQUIREMENTS, ROOT
from coastguard.release import Tree, problems, read

TODAY = date(2026, 11, 30)
CHANGELOG = """# Changelog

## Unreleased

## 1.2.0 - 2026-11-30

### Added

- A sentence.

## 1.1.0 - 2026-11-01

- Another one.
"""
TREE = Tree(version="1.2.0", changelog=CHANGELOG, changed=(), commit="c0ffee", tagged=None)


def test_nothing_speaks_against_a_tree_that_agrees_with_its_version() -> None:
    assert list(problems(TREE, TODAY)) == []
    assert list(problems(replace(TREE, tagged=TREE.commit), TODAY)) == []


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (replace(TREE, changed=("README.md", "hub/new.py")), "does not have these as they are: README.md, hub/new.py"),
        (replace(TREE, tagged="decade"), "v1.2.0 names another commit"),
        (replace(TREE, version="1.3.0"), r"begins with 1\.2\.0: begin it with a section `## 1\.3\.0 - 2026-11-30`"),
        (replace(TREE, version="1.1.0"), r"begins with 1\.2\.0"),
        (replace(TREE, changelog="# Changelog\n"), "has no version"),
        (
            replace(TREE, changelog=CHANGELOG.replace("released\n", "released\n\n- New.\n")),
            "under Unreleased: move them",
        ),
        (replace(TREE, changelog=CHANGELOG.replace("2026-11-30", "2026-12-01")), "dates 1.2.0 by 2026-12-01"),
        (replace(TREE, changelog=CHANGELOG.replace("2026-11-30", "2026-11-31")), "dates 1.2.0 by 2026-11-31"),
        (replace(TREE, changelog=CHANGELOG.replace("2026-11-30", "yesterday")), "dates 1.2.0 by yesterday"),
        (replace(TREE, changelog=CHANGELOG.replace(" - 2026-11-30", "")), "dates 1.2.0 by nothing"),
        (replace(TREE, changelog="## 1.2.0 - 2026-11-30\n\n## 1.1.0 - 2026-11-01\n"), "says nothing about 1.2.0"),
    ],
)
def test_what_speaks_against_a_release_is_said_with_the_remedy(tree: Tree, said: str) -> None:
    [problem] = problems(tree, TODAY)
    assert re.search(said, problem)


def test_a_version_that_is_not_three_numbers_is_refused() -> None:
    changelog = CHANGELOG.replace("1.2.0", "1.2rc1")
    [problem] = problems(replace(TREE, version="1.2rc1", changelog=changelog), TODAY)
    assert "three numbers" in problem


def test_everything_is_said_at_once() -> None:
    assert len(list(problems(Tree("2", "", ("a",), "c0ffee", "decade"), TODAY))) == 4


def test_the_changelog_of_this_tree_begins_with_its_version() -> None:
    this = replace(read(), changed=(), tagged=None)
    # Between two releases, changes gather under Unreleased.
    assert [problem for problem in problems(this, date.max) if "under Unreleased" not in problem] == []


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository that has a version, a changelog and a commit."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All of it")
    return tmp_path


def test_a_committed_tree_is_read_as_it_is(small: Path) -> None:
    assert read(small) == replace(TREE, commit=git(small, "rev-parse", "HEAD").strip())


def test_what_is_not_committed_is_seen(small: Path) -> None:
    (small / "CHANGELOG.md").write_text(f"{CHANGELOG}\n")
    (small / "new.py").touch()
    assert read(small).changed == ("CHANGELOG.md", "new.py")


@pytest.mark.parametrize("kind", [[], ["--annotate", "--message", "1.2.0"]], ids=["light", "annotated"])
def test_a_tag_is_followed_to_its_commit(kind: list[str], small: Path) -> None:
    git(small, "tag", *kind, "v1.2.0")
    assert read(small).tagged == read(small).commit

    git(small, "commit", "--quiet", "--allow-empty", "--message", "One more")

    [problem] = problems(read(small), TODAY)
    assert problem.startswith("v1.2.0 names another commit")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as a commit of its own, with the functions' dependencies that were fetched here."""
    package.build(print)
    folder = tmp_path_factory.mktemp("checkout")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    changelog = (folder / "CHANGELOG.md").read_text()
    (folder / "CHANGELOG.md").write_text(re.sub(r"(?s)^## Unreleased\n.*?(?=^## )", "", changelog, flags=re.MULTILINE))
    (folder / "build").mkdir()
    for fetched in BUILD.glob(f"{sys.implementation.cache_tag}-*"):
        (folder / "build" / fetched.name).symlink_to(fetched)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "All of it")
    return folder


@pytest.fixture(scope="module")
def release(checkout: Path) -> Callable[[], subprocess.CompletedProcess[str]]:
    command = [sys.executable, "-m", "coastguard.release"]
    return lambda: subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def test_a_release_is_the_zip_what_it_is_made_of_and_the_sums_of_both(
    checkout: Path, release: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    folder = checkout / "build/release"
    folder.mkdir()
    (folder / "of-an-earlier-version.zip").touch()

    done = release()

    assert (done.returncode, done.stderr) == (0, "")
    version = read(checkout).version
    name = "coastguard-{}-python{}.{}".format(version, *sys.version_info)
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", f"{name}.cdx.json", f"{name}.zip"]
    assert f"git tag --annotate v{version} " in done.stdout

    assert (folder / "SHA256SUMS").read_text().splitlines() == [
        f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}"
        for file in (f"{name}.zip", f"{name}.cdx.json")
    ]

    made_of = json.loads((folder / f"{name}.cdx.json").read_text())
    pinned = set(re.findall(r"^([a-z0-9-]+)==(\S+)", LAMBDA_REQUIREMENTS.read_text(), flags=re.MULTILINE))
    assert {(part["name"], part["version"]) for part in made_of["components"]} == pinned
    assert made_of["metadata"]["component"]["version"] == version
    with zipfile.ZipFile(folder / f"{name}.zip") as code:
        packed = {entry.split("/")[0] for entry in code.namelist() if ".dist-info/" in entry}
    assert {re.sub(r"[-_.]+", "-", each.removesuffix(".dist-info")).lower() for each in packed} == {
        re.sub(r"[-_.]+", "-", f"{part}-{number}") for part, number in pinned
    }


def test_nothing_is_built_of_a_tree_that_is_not_committed(
    checkout: Path, release: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    shutil.rmtree(checkout / "build/release", ignore_errors=True)
    (checkout / "hub/look.py").write_text("")
    try:
        done = release()
    finally:
        git(checkout, "checkout", "--quiet", "hub/look.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert "hub/look.py. Commit or remove them." in done.stderr
    assert not (checkout / "build/release").exists()
