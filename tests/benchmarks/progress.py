"""What the command says while it works."""

import sys


def say(line: str = "") -> None:
    """Say it at once, so that whoever waits sees that something goes on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
