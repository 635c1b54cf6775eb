"""One command for several projects: what becomes of each is said, and the others go on when one fails."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from scaffold.errors import PERSON_NEEDED, REFUSED, PersonNeeded, Refusal, one_line
from scaffold.terminal import print_json

Document = Callable[[Mapping[str, object]], None]


def each(folders: Sequence[Path], do: Callable[[Path, Document], None], *, as_json: bool) -> None:
    """Do it for each project; a document that it makes is printed, or with others as one.

    Raises what `do` raises for one project; for several it is told beside the project, and Exit is raised at the end.
    """
    if len(folders) == 1:
        do(folders[0], print_json)
        return
    documents: list[Mapping[str, object]] = []
    problems: list[Refusal | PersonNeeded] = []
    for folder in folders:
        typer.echo(f"{folder}:", err=as_json)
        try:
            do(folder, documents.append)
        except (Refusal, PersonNeeded) as problem:
            problems.append(problem)
            typer.echo(f"scaffold: {folder}: {one_line(str(problem))}", err=True)
            if isinstance(problem, Refusal) or not problem.printed:
                documents.append({"project": str(folder), "error": str(problem)})
    if as_json:
        print_json({"projects": documents})
    if problems:
        typer.echo(f"scaffold: {len(problems)} of {len(folders)} projects need a person", err=True)
        refused = len(problems) == len(folders) and all(isinstance(problem, Refusal) for problem in problems)
        raise typer.Exit(REFUSED if refused else PERSON_NEEDED)
