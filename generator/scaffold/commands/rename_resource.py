"""`scaffold rename-resource`: call a dependency of a project something else."""

from pathlib import Path
from typing import Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.answers import check_resource_name
from scaffold.commands.options import DryRun, Json, NoInstall, ProjectFolder
from scaffold.errors import Refusal
from scaffold.git import git
from scaffold.project import check_free, check_there_is, with_new_name
from scaffold.questions import read_reserved
from scaffold.renaming.names import Renaming


def rename_resource(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The resource; scaffold resources lists them.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called.")],
    project: ProjectFolder = Path(),
    no_install: NoInstall = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Rename a resource: its modules, models, migrations, settings, and its names in your modules that import it."""
    with to_change(project) as (found, repository):
        check_there_is(name, found)
        with template_of(found) as template:
            kinds_of(found, template)
            check_resource_name(new, read_reserved(template))
            check_free(new, found)
            _check_git_knows(Renaming(found.package, name, new), found.folder)
            from scaffold.change import Wanted, change
            from scaffold.report import Output, conclude

            wanted = Wanted(with_new_name(found.answers, name, new), template, names=(name, new))
            made = change(found, repository, wanted, dry_run=dry_run)
        moved = f"settings that began with {name.upper()}_ begin with {new.upper()}_ now, wherever they are set"
        output = Output(dry_run=dry_run, json=json, no_install=no_install)
        conclude(found, made, output, [], warnings=[moved, *made.warnings])


def _check_git_knows(renaming: Renaming, project: Path) -> None:
    """Raise Refusal if there are files that would be left where those that git knows move away."""
    places = [place for root in renaming.roots for place in (root, f"{root}.py")]
    found = git("ls-files", "--others", "--exclude-standard", "-z", "--", *places, at=project).split("\0")
    if unknown := next(filter(None, found), None):
        message = f"{unknown} would stay behind, git doesn't know of it: git add it first, or move it away"
        raise Refusal(message)
