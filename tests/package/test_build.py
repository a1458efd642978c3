"""The checkout is the distribution: it can be installed as it lies there, and nothing else is built of it."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from coastguard.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def build(what: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Call hatchling as pip and build do (PEP 517, PEP 660)."""
    code = f"import hatchling.build as backend; print(backend.build_{what}({str(folder)!r}))"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", ["wheel", "sdist"])
def test_nothing_is_built_that_would_not_work_and_the_refusal_says_what_does(what: str, tmp_path: Path) -> None:
    done = build(what, tmp_path)
    assert done.returncode != 0
    assert "used from a checkout" in done.stderr + done.stdout
    assert "`make demo`" in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_editable_installation_brings_the_command(tmp_path: Path) -> None:
    done = build("editable", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / done.stdout.strip()) as wheel:
        [commands] = [wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "coastguard = coastguard.cli.app:app" in commands


def named(requirements: str) -> set[str]:
    lines = (ROOT / "requirements" / requirements).read_text().splitlines()
    return {re.split(r"[=\[]", line)[0] for line in lines if line and not line.startswith(("#", "-"))}


def test_the_project_names_what_the_requirements_name() -> None:
    assert set(PROJECT["dependencies"]) == named("lambda.in")
    assert set(PROJECT["optional-dependencies"]["local"]) == named("local.in")
