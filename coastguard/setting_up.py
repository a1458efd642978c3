"""`make`'s first step: fills .venv with what requirements files pin, and says how far that is.

It runs before anything is installed, so it needs nothing but Python: `.venv/bin/python coastguard/setting_up.py FILE…`.
"""

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--require-hashes")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_COME_TO = re.compile(r"(Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
_FETCHES = re.compile(r"\s+Downloading (\S+?)[-=]\S+ \((.+)\)")
_UNPACKS = "Installing collected packages"
_RETRIES = "WARNING: Retrying"
# Where each step is a line of its own, so many of them are passed over.
_EVERY = 10
_KEPT_LINES = 30
_WIDTH = 72


def steps(lines: Iterable[str], number: int) -> Iterator[str]:
    """Say what pip is doing, from what it prints; `number` packages are wanted."""
    come_to: list[str] = []
    for line in lines:
        if found := _COME_TO.match(line):
            come_to.append(found[2])
            yield f"{len(come_to)} of {number}: {found[2]}"
        elif found := _FETCHES.match(line):
            yield f"{len(come_to)} of {number}: fetching {found[1]}, {found[2]}"
        elif line.startswith(_UNPACKS):
            yield "all are here; unpacking them"
        elif line.startswith(_RETRIES):
            yield "waiting for the package index: it does not answer, and pip tries again"


def main(files: Sequence[str]) -> int:
    """Fill the .venv that this Python belongs to; returns pip's exit status."""
    number = len({name for file in files for name in _PINNED.findall(Path(file).read_text("utf-8"))})
    say(f"Setting up .venv: pip fetches the {number} packages that {' and '.join(files)} pin (once)")
    printed: deque[str] = deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, *_PIP, *(word for file in files for word in ("-r", file))],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as pip:
        show(steps(_kept(pip.stdout or (), printed), number), one_line=sys.stdout.isatty())
    status = pip.returncode
    if status:
        sys.stdout.writelines(printed)
        say("pip could not set up .venv. It needs a package index that it reaches: see `pip config list`.")
    return status


def show(told: Iterable[str], *, one_line: bool) -> None:
    """Write steps as they come: over each other in a terminal, else some of them, in lines of their own."""
    for passed, step in enumerate(told):
        if one_line:
            sys.stdout.write(f"\r  {step:{_WIDTH}.{_WIDTH}}")
            sys.stdout.flush()
        elif passed % _EVERY == 0 or not step[0].isdigit():
            say(f"  {step}")
    if one_line:
        say("")


def say(line: str) -> None:
    """Write a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _kept(lines: Iterable[str], printed: deque[str]) -> Iterator[str]:
    for line in lines:
        printed.append(line)
        yield line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
