"""`scaffold remove-resource`: take a dependency out of a project."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.commands.options import DryRun, Json, NoInstall, ProjectFolder
from scaffold.git import GitError, git
from scaffold.project import Project, check_there_is, without

if TYPE_CHECKING:
    from scaffold.change import Change


def remove_resource(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The resource; scaffold resources lists them.")],
    force: Annotated[bool, typer.Option("--force", help="Remove its files also where you have edited them.")] = False,
    project: ProjectFolder = Path(),
    no_install: NoInstall = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Remove a resource and everything that only it needs; revisions of a database stay."""
    with to_change(project) as (found, repository):
        check_there_is(name, found)
        with template_of(found) as template:
            kinds_of(found, template)
            from scaffold.change import Wanted, change
            from scaffold.report import Output, conclude

            remaining = without(found.answers, [name])
            data = {key: remaining[key] for key in ("resources", "example")}
            made = change(found, repository, Wanted(data, template, force=force), dry_run=dry_run)
        output = Output(dry_run=dry_run, json=json, no_install=no_install)
        conclude(found, made, output, [], warnings=_left(name, found, made))


def _left(name: str, project: Project, made: "Change") -> list[str]:
    """Return a warning for each file that still uses a resource: those of the user's."""
    used = rf"dependencies(\.| import .*){name}|models\.{name}"
    try:
        found = git("grep", "--cached", "-lwEz", "-e", used, "--", "*.py", at=project.folder).split("\0")
    except GitError:  # there is none
        return []
    stays = [path for path in found if path and made.files.get(path, "keep") in ("keep", "conflict")]
    return [f"{path} still uses {name}" for path in stays]
