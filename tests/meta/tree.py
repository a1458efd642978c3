"""The files of this checkout that are committed, or would be."""

import subprocess
from pathlib import Path

from coastguard.checkout import ROOT


def committed() -> list[Path]:
    """Return the files that git has or would take up, without the pictures."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).suffix != ".png" and (ROOT / name).exists()]
