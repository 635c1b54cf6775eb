"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ProjectFolder = Annotated[
    Path, typer.Option("--project", metavar="DIR", help="The project; by default where you are.", show_default=False)
]
NoInstall = Annotated[bool, typer.Option("--no-install", help="Install nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Show it for a program.")]
