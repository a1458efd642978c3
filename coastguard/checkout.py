"""Where the files of this checkout are: templates, pinned requirements, the packages that go to AWS, built things."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "stacksets"
LAMBDA_REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
BUILD = ROOT / "build"
PACKAGES = ("chatops", "hub", "spoke")
