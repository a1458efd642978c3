import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS

GRACE_SECONDS = 3


@dataclass(frozen=True)
class Rehearsal:
    """What `coastguard rehearse` printed and left behind."""

    status: int
    output: str
    left_behind: list[str]


@pytest.fixture
def rehearse(tmp_path: Path) -> Callable[..., Rehearsal]:
    """Run `coastguard rehearse` as its user would, with a temporary folder of its own to look into."""

    def run(*arguments: str, story: str = "one-agent") -> Rehearsal:
        folder = tmp_path / "tmp"
        folder.mkdir()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "coastguard.cli",
                "rehearse",
                story,
                "--grace",
                str(GRACE_SECONDS),
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=10 * PATIENCE_SECONDS,  # it has bounds of its own
            env=os.environ | {"TMPDIR": str(folder), "COLUMNS": "300"},
            check=False,
        )
        return Rehearsal(done.returncode, done.stdout + done.stderr, left_in(folder))

    return run


def left_in(folder: Path) -> list[str]:
    """Give what notices its parent's end a moment; name what is left after that."""
    left: list[str] = []
    for _ in range(10 * PATIENCE_SECONDS):
        left = [path.name for path in folder.iterdir()] + running_in(folder)
        if not left:
            break
        time.sleep(0.1)
    return left


def running_in(folder: Path) -> list[str]:
    """Name the processes that were started with `folder` in their words or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it has just ended, or is not ours
            continue
        if str(folder).encode() in told:
            found.append(told[:200].decode("utf-8", "replace"))
    return found
