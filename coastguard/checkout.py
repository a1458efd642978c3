"""Where the files of this checkout are: templates, pinned requirements, the packages that go to AWS, built things."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "stacksets"
LAMBDA_REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
BUILD = ROOT / "build"
PACKAGES = ("chatops", "hub", "spoke")


def version() -> str:
    """Return the version that pyproject.toml gives: what is installed knows that of the day it was installed."""
    told: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return told
