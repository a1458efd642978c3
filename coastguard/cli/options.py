"""Options that several commands have."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

# As AWS's console and the demo's page print it.
_GROUPED = re.compile(r"([0-9]{4})-([0-9]{4})-([0-9]{4})")


class Form(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


Grace = Annotated[int, typer.Option(min=0, max=900, help="Seconds that an agent may be gone before it is trouble.")]
Templates = Annotated[
    Path,
    typer.Option(
        help="Folder of the CloudFormation templates.",
        exists=True,
        file_okay=False,
        show_default="stacksets of this checkout",
    ),
]
FormOption = Annotated[
    Form,
    typer.Option(
        "--format", help="json is one object a line; what is meant for people goes to the standard error stream then."
    ),
]


def account_number(written: str) -> str:
    """Return an account's number without the hyphens that it is often shown with; anything else stays as it is."""
    grouped = _GROUPED.fullmatch(written.strip())
    return "".join(grouped.groups()) if grouped else written
