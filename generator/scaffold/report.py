"""What a command says of a change: a line per file, what a person has to settle, and the same as JSON."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer

from scaffold.change import Change
from scaffold.errors import PersonNeeded
from scaffold.install import bring_up_to_date, lock
from scaffold.project import Project
from scaffold.terminal import print_json


@dataclass(frozen=True)
class Output:
    """How a command was asked to show and finish what it does; `document` takes what a program reads."""

    dry_run: bool
    json: bool
    no_install: bool
    document: Callable[[Mapping[str, object]], None] = print_json


def conclude(
    project: Project,
    change: Change,
    output: Output,
    use: list[str],
    warnings: Collection[str] = (),
    notes: Collection[str] = (),
) -> None:
    """Install what the changed project needs, and show what became of it, with warnings.

    `use` are the lines that use what is new, `notes` what is to be known of the versions on the way.
    Raises PersonNeeded if there are conflicts, or if the installation failed.
    """
    # Where there are conflicts, nothing can be said yet of what the project requires.
    installs = change.installs and not (output.dry_run or change.conflicts)
    behind = lock(project.folder) if installs else None
    warnings = [*warnings, *([behind] if behind else [])]
    for warning in warnings:
        typer.echo(f"scaffold: warning: {warning}", err=True)
    problem = bring_up_to_date(project.folder) if installs and not output.no_install else None
    if output.json:
        problems = [*warnings, *([problem] if problem else [])]
        output.document({**as_document(project.folder, change, output, problems), "notes": list(notes)})
    else:
        show(change, output)
        if notes:
            typer.echo("\n".join(["", "To know of the new version:", *(f"    {note}" for note in notes)]))
        if use and not change.conflicts and not output.dry_run:
            typer.echo("\n".join(["", "Use it in a route:", *(f"    {line}".rstrip() for line in use)]))
    if change.conflicts and output.dry_run:
        message = f"{len(change.conflicts)} would be in conflict"
        raise PersonNeeded(message, printed=True)
    if change.conflicts:
        message = f"{len(change.conflicts)} in conflict: edit what is marked, then git add; {change.undo}"
        raise PersonNeeded(message, printed=True)
    if problem:
        raise PersonNeeded(problem, printed=True)


def show(change: Change, output: Output) -> None:
    """Print a line per file, the reasons of conflicts, and before a change that is only tried its difference."""
    for path, what in change.files.items():
        reason = f"  ({change.conflicts[path]})" if path in change.conflicts else ""
        typer.echo(f"{what:9}{path}{reason}")
    if not change.files:
        typer.echo("Nothing to change.")
    elif output.dry_run:
        typer.echo(f"\n{change.diff}", nl=False)
    else:
        typer.echo(f"\nStaged: git diff --cached shows it, {change.undo}.")


def as_document(folder: Path, change: Change, output: Output, problems: list[str]) -> dict[str, object]:
    """Return the same for a program."""
    found: dict[str, object] = {
        "project": str(folder),
        "dry_run": output.dry_run,
        "files": [{"path": path, "change": what} for path, what in change.files.items()],
        "conflicts": [{"path": path, "reason": reason} for path, reason in change.conflicts.items()],
        "problems": problems,
    }
    return {**found, "diff": change.diff} if output.dry_run else found
