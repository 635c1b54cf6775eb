"""`scaffold new-resource`: add a dependency to a project."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.answers import Resource, check_resource_name, find_kind, option_value, pascal, split
from scaffold.commands.help import WithKinds
from scaffold.commands.options import DryRun, Json, NoInstall, ProjectFolder
from scaffold.errors import Refusal, one_line
from scaffold.kinds import Kind, Value
from scaffold.project import Project, check_free
from scaffold.questions import read_reserved
from scaffold.terminal import interactive


def new_resource(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called, such as billing.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="What it is made with: see scaffold resources.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="An option of its kind. Repeatable.")
    ] = None,
    project: ProjectFolder = Path(),
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing: what isn't given takes its default.")
    ] = False,
    no_install: NoInstall = False,
    dry_run: DryRun = False,
    json: Json = False,
    _help: WithKinds = False,
) -> None:
    """Add a resource to a project: its module, settings, wiring, requirements, tests."""
    with to_change(project) as (found, repository):
        with template_of(found) as template:
            described = find_kind(kind, kinds_of(found, template), f"--kind {kind}")
            if described.retired:
                message = f"--kind {kind} is retired: {described.retired}"
                raise Refusal(message)
            check_resource_name(name, read_reserved(template))
            check_free(name, found)
            resource: Resource = {"kind": kind, **_options(set_ or [], described)}
            if interactive() and not (defaults or json):
                resource |= _asked(described, resource)
            from scaffold.change import Wanted, change
            from scaffold.report import Output, conclude

            wanted = Wanted({"resources": {**found.resources, name: resource}}, template)
            made = change(found, repository, wanted, dry_run=dry_run)
        output = Output(dry_run=dry_run, json=json, no_install=no_install)
        conclude(found, made, output, _use(name, described, found))


def _options(settings: list[str], kind: Kind) -> Resource:
    found: Resource = {}
    for option, value in (split(pair, "--set", "OPTION=VALUE") for pair in settings):
        if option in found:
            message = f"--set {option} is given twice"
            raise Refusal(message)
        found[option] = option_value(option, value, kind)
    return found


def _asked(kind: Kind, given: Mapping[str, object]) -> Resource:
    """Ask for the options that no flag gave; those left at their defaults aren't written down."""
    found: Resource = {}
    for name, option in kind.options.items():
        if name not in given:
            value = _answered(name, kind)
            if value != option.default:
                found[name] = value
    return found


def _answered(name: str, kind: Kind) -> Value:
    """Ask for an option until the answer is one that it takes."""
    option = kind.options[name]
    while True:
        try:
            return option_value(name, str(typer.prompt(f"{name} ({option.help})", default=str(option.default))), kind)
        except Refusal as refusal:
            typer.echo(one_line(str(refusal)), err=True)


def _use(name: str, kind: Kind, project: Project) -> list[str]:
    """Return the lines that use a resource in a route."""
    alias, argument = pascal(name), name
    if kind.role == "database":
        alias, argument = f"{alias}Transaction", "transaction"
    return [
        f"from {project.package}.dependencies.{name} import {alias}",
        "",
        f'@router.{"post" if kind.role == "database" else "get"}("/…")',
        f"async def endpoint({argument}: {alias}) -> …:",
    ]
