"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Grace = Annotated[int, typer.Option(min=0, max=900, help="Seconds that an agent may be gone before it is trouble.")]
Templates = Annotated[Path, typer.Option(help="Folder of the CloudFormation templates.", exists=True, file_okay=False)]
