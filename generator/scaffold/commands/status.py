"""`scaffold status`: what projects are made from, and what in them differs from that."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.commands.options import Json
from scaffold.errors import PersonNeeded
from scaffold.several import Account, each

if TYPE_CHECKING:
    from scaffold.drift import Drift


def status(
    project: Annotated[
        list[Path] | None, typer.Argument(metavar="PROJECT", help="Projects; by default where you are.")
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what differs, line by line.")] = False,
    json: Json = False,
) -> None:
    """Show which version projects are made from, the newest, and who changed what: you, the template, or both."""

    def look(folder: Path, account: Account) -> None:
        from scaffold.drift import drift

        found = drift(folder)
        account.version, account.result = found.version, _in_short(found)
        if json:
            account.document(as_document(found, diff=diff))
        else:
            show(found, diff=diff)
        _conclude(found)

    each(project or [Path()], look, as_json=json)


def show(drift: "Drift", *, diff: bool) -> None:
    """Print the versions, and a line per file."""
    typer.echo(
        f"made from {drift.version}, the newest is {drift.newest}" if drift.newer else f"made from {drift.version}"
    )
    for path in drift.conflicts:
        typer.echo(f"conflict  {path}")
    for path, who in drift.files.items():
        typer.echo(f"{who:8}  {path}")
    for who, text in (("you", drift.yours), ("the template", drift.templates)):
        if diff and text:
            typer.echo(f"\nChanged by {who}:\n{text}", nl=False)


def as_document(drift: "Drift", *, diff: bool) -> dict[str, object]:
    """Return the same for a program."""
    found: dict[str, object] = {
        "project": str(drift.project),
        "version": drift.version,
        "newest": drift.newest,
        "newer": drift.newer,
        "conflicts": drift.conflicts,
        "files": [{"path": path, "changed_by": who} for path, who in drift.files.items()],
    }
    return {**found, "diff": {"you": drift.yours, "template": drift.templates}} if diff else found


def _in_short(drift: "Drift") -> str:
    """Return in a few words how a project stands."""
    conflicts = [f"{len(drift.conflicts)} in conflict"] if drift.conflicts else []
    mine = sum(who != "template" for who in drift.files.values())
    both = sum(who == "both" for who in drift.files.values())
    too = f", {both} of them by the template too" if both else ""
    changed = f"{mine} file{'s' if mine > 1 else ''} changed by you{too}"
    said = [*conflicts, f"{drift.newest} is newer" if drift.newer else "up to date", changed]
    return ", ".join(said if mine else said[:-1])


def _conclude(drift: "Drift") -> None:
    """Raise PersonNeeded for what is left to do; what its owner changed is no fault."""
    if drift.conflicts:
        message = f"{len(drift.conflicts)} in conflict: edit what is marked, then git add"
        raise PersonNeeded(message, printed=True)
    if drift.newer:
        message = f"{drift.newest} is newer: scaffold update brings it"
        raise PersonNeeded(message, printed=True)
