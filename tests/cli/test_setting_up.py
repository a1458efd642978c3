"""`make`'s way to .venv: what it says meanwhile, and which Python it takes. Nothing is installed here."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coastguard import setting_up
from coastguard.checkout import ROOT

PRINTED = [
    "Looking in indexes: https://example.invalid/simple\n",
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'\n",
    "Collecting boto3==1.43.106 (from -r requirements/local.txt (line 33))\n",
    "  Downloading boto3-1.43.106-py3-none-any.whl (140 kB)\n",
    "Requirement already satisfied: six==1.17.0 in .venv/lib (from -r requirements/local.txt (line 1117)) (1.17.0)\n",
    "Installing collected packages: boto3\n",
    "Successfully installed boto3-1.43.106\n",
]


def test_what_pip_does_is_counted_and_what_it_waits_for_is_said() -> None:
    assert list(setting_up.steps(PRINTED, 2)) == [
        "waiting for the package index: it does not answer, and pip tries again",
        "1 of 2: boto3",
        "1 of 2: fetching boto3, 140 kB",
        "2 of 2: six",
        "all are here; unpacking them",
    ]


def test_a_terminal_shows_one_line_and_a_log_some(capsys: pytest.CaptureFixture[str]) -> None:
    told = [*(f"{number} of 30: package" for number in range(1, 31)), "all are here; unpacking them"]
    setting_up.show(told, one_line=True)
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert [part.strip() for part in shown.split("\r")[1:]] == told
    setting_up.show(told, one_line=False)
    assert capsys.readouterr().out.split("\n") == [
        "  1 of 30: package",
        "  11 of 30: package",
        "  21 of 30: package",
        "  all are here; unpacking them",
        "",
    ]


def test_when_pip_fails_its_words_are_shown_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    pins = tmp_path / "pins.txt"
    pins.write_text(f"a-package-that-nobody-has==1.0 --hash=sha256:{'0' * 64}\n")
    assert setting_up.main([str(pins)]) != 0
    told = capsys.readouterr().out
    assert "pip fetches the 1 packages that" in told
    assert "No matching distribution found for a-package-that-nobody-has==1.0" in told
    assert "It needs a package index that it reaches" in told


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., list[str]]:
    """What `make demo` would do with a Python, in a checkout that is set up."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=tmp_path, check=True)
    (tmp_path / ".venv" / "local").touch()

    def plan(*words: str) -> list[str]:
        command = ["make", "--dry-run", "--no-print-directory", "demo", *words]
        clean = {"PATH": f"{Path(sys.base_prefix, 'bin')}:/usr/bin:/bin"}
        return subprocess.run(
            command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    return plan


def test_a_python_that_has_made_the_environment_is_taken_as_it_is(planned: Callable[..., list[str]]) -> None:
    assert planned() == planned(f"PYTHON={sys.executable}") == [".venv/bin/coastguard demo"]


def test_another_python_that_is_named_makes_the_environment_anew(
    planned: Callable[..., list[str]], tmp_path: Path
) -> None:
    other = tmp_path / "another-python"
    other.write_text(f'#!/bin/sh\n[ "$1" = -c ] && echo another one || exec {sys.executable} "$@"\n')
    other.chmod(0o755)
    told = planned(f"PYTHON={other}")
    assert f"{other} -m venv --clear .venv" in told
    assert ".venv/bin/python coastguard/setting_up.py requirements/local.txt" in told
    assert told[-1] == ".venv/bin/coastguard demo"
