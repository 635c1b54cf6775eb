"""`scaffold resources`: what a project has, and what it could have."""

import json as json_
from pathlib import Path

import typer

from scaffold.access import kinds_of, look_at, template_of
from scaffold.commands.options import Json, ProjectFolder
from scaffold.kinds import Kind
from scaffold.project import Project


def resources(project: ProjectFolder = Path(), json: Json = False) -> None:
    """List the resources of a project, and the kinds there are."""
    found = look_at(project)
    with template_of(found) as template:
        kinds = kinds_of(found, template)
    typer.echo(_as_json(found, kinds) if json else _as_text(found, kinds))


def _as_json(project: Project, kinds: dict[str, Kind]) -> str:
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
        for kind in kinds.values()
    ]
    return json_.dumps({"resources": has, "kinds": could})


def _as_text(project: Project, kinds: dict[str, Kind]) -> str:
    width = max(map(len, [*project.resources, *kinds]))
    lines = [f"Resources of {project.folder.name}:"]
    for name, resource in sorted(project.resources.items()):
        options = "".join(f" {option}={value}" for option, value in resource.items() if option != "kind")
        lines.append(f"  {name:{width}}  {resource['kind']}{options}")
    lines += ["  none"] * (not project.resources)
    lines += ["", "Kinds, for scaffold new-resource NAME --kind KIND:"]
    for kind in kinds.values():
        lines.append(f"  {kind.name:{width}}  {kind.role}: {kind.description}")
        lines += [
            f"  {'':{width}}    --set {name}=… {option.help} ({option.default})"
            for name, option in kind.options.items()
        ]
    return "\n".join(lines)
