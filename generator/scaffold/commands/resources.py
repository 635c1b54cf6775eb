"""`scaffold resources`: what a project has, and what it could have."""

from pathlib import Path

import typer

from scaffold.access import kinds_of, look_at, template_of
from scaffold.commands.options import Json, ProjectFolder
from scaffold.kinds import Kind, listed, offered
from scaffold.project import Project
from scaffold.terminal import print_json


def resources(project: ProjectFolder = Path(), json: Json = False) -> None:
    """List the resources of a project, and the kinds there are."""
    found = look_at(project)
    with template_of(found) as template:
        kinds = kinds_of(found, template)
    if json:
        print_json(_as_document(found, kinds))
    else:
        typer.echo(_as_text(found, kinds))


def _as_document(project: Project, kinds: dict[str, Kind]) -> dict[str, object]:
    has = [
        {"name": name, "role": kinds[str(resource["kind"])].role, **resource}
        for name, resource in sorted(project.resources.items())
    ]
    could = [
        {
            "kind": kind.name,
            "role": kind.role,
            "description": kind.description,
            "options": {
                name: {"default": option.default, "help": option.help} for name, option in kind.options.items()
            },
        }
        for kind in offered(kinds).values()
    ]
    return {"resources": has, "kinds": could}


def _as_text(project: Project, kinds: dict[str, Kind]) -> str:
    width = max(map(len, [*project.resources, *kinds]))
    lines = [f"Resources of {project.folder.name}:"]
    for name, resource in sorted(project.resources.items()):
        options = "".join(f" {option}={value}" for option, value in resource.items() if option != "kind")
        lines.append(f"  {name:{width}}  {resource['kind']}{options}")
    lines += ["  none"] * (not project.resources)
    lines += ["", "Kinds, for scaffold new-resource NAME --kind KIND:"]
    lines += listed(offered(kinds).values(), width)
    return "\n".join(lines)
