"""`scaffold rename-resource`: call a dependency of a project something else."""

from pathlib import Path
from typing import Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.answers import check_resource_name
from scaffold.commands.options import DryRun, Json, NoInstall, ProjectFolder
from scaffold.project import check_free, check_there_is, with_new_name
from scaffold.questions import read_reserved


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
        from scaffold.change import Wanted, change
        from scaffold.renaming import Renaming
        from scaffold.report import Output, conclude, still_used

        wanted = Wanted(with_new_name(found.answers, name, new), renaming=Renaming(found.package, name, new))
        made = change(found, repository, wanted, dry_run=dry_run)
        moved = f"settings that began with {name.upper()}_ begin with {new.upper()}_ now, wherever they are set"
        output = Output(dry_run=dry_run, json=json, no_install=no_install)
        conclude(found, made, output, [], warnings=[moved, *still_used(name, found, made)])
