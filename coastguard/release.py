"""`make release`: checks that a version may be handed over, and builds what is handed over of it. Pushes nothing.

What is built lies in build/release/: the zip of the Lambda functions, an SBOM of what is in it (CycloneDX, JSON), and
the SHA-256 of both in SHA256SUMS, which `sha256sum --check` reads.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from coastguard import package
from coastguard.checkout import BUILD, LAMBDA_REQUIREMENTS, ROOT

_VERSION = re.compile(r"\d+\.\d+\.\d+")
# Keep a Changelog's headings: "## Unreleased", "## 1.2.3 - 2026-11-30".
_SECTION = re.compile(r"^## (\S+)(?: - )?(\S*)$", re.MULTILINE)


class ReleaseError(Exception):
    """The release cannot be built; the text says what to do."""


@dataclass(frozen=True)
class Tree:
    """What a checkout says of its version. `changed` are the files that the last commit does not have as they are.

    `tagged` is the commit that the version's tag names, or None.
    """

    version: str
    changelog: str
    changed: tuple[str, ...]
    commit: str
    tagged: str | None

    @property
    def tag(self) -> str:
        """The tag that a commit of this version has."""
        return f"v{self.version}"


def read(root: Path = ROOT) -> Tree:
    """Read what the checkout in this folder says."""
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    changed = _git(root, "status", "--porcelain").splitlines()
    tagged = _git(root, "for-each-ref", "--format=%(objectname) %(*objectname)", f"refs/tags/v{version}").split()
    return Tree(
        version=version,
        changelog=(root / "CHANGELOG.md").read_text(),
        changed=tuple(line[3:] for line in changed),
        commit=_git(root, "rev-parse", "HEAD").strip(),
        tagged=tagged[-1] if tagged else None,  # of a tag with a message the commit comes second
    )


def problems(tree: Tree, today: date) -> Iterator[str]:
    """Find everything that speaks against a release of this tree, each with its remedy."""
    if not _VERSION.fullmatch(tree.version):
        yield f"pyproject.toml has the version {tree.version}: write it as three numbers, like 1.2.3."
    if tree.changed:
        yield f"The last commit does not have these as they are: {', '.join(tree.changed)}. Commit or remove them."
    if tree.tagged not in {None, tree.commit}:
        yield f"{tree.tag} names another commit: give pyproject.toml a new version."
    yield from _changelog_problems(tree, today)


def _changelog_problems(tree: Tree, today: date) -> Iterator[str]:
    _, *parts = _SECTION.split(tree.changelog)
    sections = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    if any(name == "Unreleased" and text.strip() for name, _, text in sections):
        yield f"CHANGELOG.md lists changes under Unreleased: move them into the section of {tree.version}."
    newest = next((section for section in sections if section[0] != "Unreleased"), None)
    if newest is None or newest[0] != tree.version:
        shown = f"begins with {newest[0]}" if newest else "has no version"
        yield f"CHANGELOG.md {shown}: begin it with a section `## {tree.version} - {today}`."
        return
    _, day, text = newest
    if not _is_past(day, today):
        yield f"CHANGELOG.md dates {tree.version} by {day or 'nothing'}: give the day of the release, like {today}."
    if not text.strip():
        yield f"CHANGELOG.md says nothing about {tree.version}: list what has changed."


def _is_past(day: str, today: date) -> bool:
    """Return whether this is a day, written like 2026-11-30, that is not in the future."""
    try:
        return date.fromisoformat(day).isoformat() == day and date.fromisoformat(day) <= today
    except ValueError:
        return False


def build(tree: Tree, folder: Path = BUILD / "release") -> list[Path]:
    """Build the release's files into the folder, in place of what was there, and return their paths."""
    code = package.build(print)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    name = f"coastguard-{tree.version}-{package.runtime_of(code)}"
    files = [folder / f"{name}.zip", folder / f"{name}.cdx.json"]
    shutil.copyfile(code, files[0])
    _write_sbom(files[1])
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files))
    return [*files, sums]


def _write_sbom(target: Path) -> None:
    """Write what the zip is made of besides our own code: all its pins. The same pins make the same bytes."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--of", "JSON"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "-o", str(target), str(LAMBDA_REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    if done.returncode:
        raise ReleaseError(f"cyclonedx-py could not write the SBOM: {done.stderr.strip()[-500:]}")


def _git(root: Path, *words: str) -> str:
    command = ["git", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own


def main() -> None:
    """Print what speaks against a release and end with 1, or build it and print its files."""
    tree = read()
    found = list(problems(tree, datetime.now(UTC).date()))
    if found:
        sys.exit("\n".join(found))
    try:
        for file in build(tree):
            print(file)  # noqa: T201
    except (package.PackagingError, ReleaseError) as error:
        sys.exit(str(error))
    # Only now, when all of it is there, somebody may tag the commit.
    print(f"Look through them, then: git tag --annotate {tree.tag} {tree.commit[:12]}")  # noqa: T201


if __name__ == "__main__":
    main()
