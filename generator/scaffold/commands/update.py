"""`scaffold update`: bring projects to another version of the template, or to other answers."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.answers import (
    Resource,
    check_answers,
    check_resources,
    data_answers,
    find_kind,
    named_resources,
    resource_settings,
)
from scaffold.commands.help import WithKindsAndQuestions
from scaffold.commands.options import DryRun, Json, NoInstall
from scaffold.errors import PERSON_NEEDED, REFUSED, PersonNeeded, Refusal, one_line
from scaffold.kinds import Kind, read_kinds
from scaffold.project import Project
from scaffold.questions import Question, read_questions, read_reserved
from scaffold.template import Template, find_template, is_older
from scaffold.terminal import print_json

if TYPE_CHECKING:
    from scaffold.report import Output

STARTERS = ("database", "cache", "clients")


def update(
    project: Annotated[
        list[Path] | None, typer.Argument(metavar="PROJECT", help="Projects; by default where you are.")
    ] = None,
    ref: Annotated[
        str | None, typer.Option(metavar="REF", help="The template's version; by default its newest release.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(metavar="SRC", help="Where the template is now: a folder or URL of its repository.")
    ] = None,
    data: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Another answer. Repeatable.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME.OPTION=VALUE", help="An option of a resource, or its kind. Repeatable."),
    ] = None,
    no_install: NoInstall = False,
    dry_run: DryRun = False,
    json: Json = False,
    _help: WithKindsAndQuestions = False,
) -> None:
    """Bring projects up to date with the template; nothing that you wrote is lost."""
    from scaffold.report import Output

    folders = project or [Path()]
    output = Output(dry_run=dry_run, json=json, no_install=no_install)
    if len(folders) == 1:
        _update(folders[0], ref, template, data or [], set_ or [], output)
        return
    documents: list[Mapping[str, object]] = []
    output = replace(output, document=documents.append)
    problems: list[Refusal | PersonNeeded] = []
    for folder in folders:
        typer.echo(f"{folder}:", err=json)
        try:
            _update(folder, ref, template, data or [], set_ or [], output)
        except (Refusal, PersonNeeded) as problem:
            problems.append(problem)
            typer.echo(f"scaffold: {folder}: {one_line(str(problem))}", err=True)
            if isinstance(problem, Refusal) or not problem.printed:
                documents.append({"project": str(folder), "error": str(problem)})
    if json:
        print_json({"projects": documents})
    if problems:
        typer.echo(f"scaffold: {len(problems)} of {len(folders)} projects need a person", err=True)
        refused = len(problems) == len(folders) and all(isinstance(problem, Refusal) for problem in problems)
        raise typer.Exit(REFUSED if refused else PERSON_NEEDED)


def _update(
    folder: Path, ref: str | None, source: str | None, data: list[str], settings: list[str], output: "Output"
) -> None:
    with to_change(folder) as (project, repository):
        if source is None:
            with template_of(project) as present:
                kinds_of(project, present)
        with find_template(source or project.source, ref) as target:
            older = is_older(target, project.version)
            if older and ref is not None:
                message = f"the project is made from {project.version}, and {ref} is older: there is no way back"
                raise Refusal(message)
            changed, warnings = _changed(project, target, data, settings)
        from scaffold.change import Wanted, change
        from scaffold.report import conclude

        wanted = Wanted(
            changed,
            ref=None if older else target.ref,
            source=target.source,
            follow_moves=True,
            refuse_gone=False,
        )
        made = change(project, repository, wanted, dry_run=output.dry_run)
        conclude(project, made, output, [], warnings)


def _changed(
    project: Project, target: Template, data: list[str], settings: list[str]
) -> tuple[dict[str, object], list[str]]:
    """Return the answers that change, and a warning for each that the version to come no longer has.

    Raises Refusal if it doesn't take those that change, or those that stay.
    """
    kinds, questions, reserved = read_kinds(target), read_questions(target), read_reserved(target)
    if any(pair.partition("=")[0] == "package_name" for pair in data):
        message = f"--data package_name: the package keeps the name it was made with, {project.package}"
        raise Refusal(message)
    for starter in STARTERS:
        if any(pair.partition("=")[0] == starter for pair in data):
            message = f"--data {starter} is asked only when a project is made: give --data resources=… or --set"
            raise Refusal(message)
    changed = data_answers(data, {name: asked for name, asked in questions.items() if name not in STARTERS})
    resources, warnings = _still_taken(project.resources, kinds, target.ref)
    if "resources" in changed:
        resources, warnings = named_resources(changed["resources"], "--data resources"), []
        check_resources(resources, kinds, reserved, "--data")
    changed["resources"] = _set(settings, resources, kinds)
    answers = _known({**project.answers, **changed}, questions)
    check_answers(answers, kinds, questions, reserved, where=target.ref)
    return changed, warnings


def _still_taken(
    resources: Mapping[str, Resource], kinds: Mapping[str, Kind], version: str
) -> tuple[dict[str, Resource], list[str]]:
    """Return resources without the options that a version no longer has, and a warning for each of these."""
    kept = {name: dict(resource) for name, resource in resources.items()}
    warnings = []
    for name, resource in kept.items():
        kind = kinds.get(str(resource["kind"]))
        if kind is None:
            continue
        for option in resource.keys() - {"kind", *kind.options}:
            gone = resource.pop(option)
            warnings.append(f"{name}: in {version} {kind.name} has no option {option}, {gone} is dropped")
    return kept, warnings


def _known(answers: Mapping[str, object], questions: Mapping[str, Question]) -> dict[str, object]:
    """Return the answers that a version asks for: one that it no longer asks for is dropped."""
    return {name: answer for name, answer in answers.items() if name in questions}


def _set(settings: list[str], resources: dict[str, Resource], kinds: Mapping[str, Kind]) -> dict[str, Resource]:
    """Return resources with some options set, or of another kind: then with the options of that."""
    changed, others, given = dict(resources), [], set[str]()
    for pair in settings:
        name, says, kind = pair.partition(".kind=")
        if says and name in given:
            message = f"--set {name}.kind is given twice"
            raise Refusal(message)
        if says and name in resources:
            given.add(name)
            changed[name] = _of_kind(name, str(resources[name]["kind"]), kind, kinds)
        else:
            others.append(pair)
    kind_of = {name: str(resource["kind"]) for name, resource in changed.items()}
    for name, option, value in resource_settings(others, kind_of, kinds):
        changed[name] = {**changed[name], option: value}
    return changed


def _of_kind(name: str, before: str, kind: str, kinds: Mapping[str, Kind]) -> Resource:
    """Return a resource of another kind, which serves as the same; raises Refusal if it doesn't."""
    role = find_kind(before, kinds, name).role
    found = find_kind(kind, kinds, f"--set {name}.kind={kind}")
    if found.role != role:
        alike = ", ".join(other.name for other in kinds.values() if other.role == role)
        message = f"--set {name}.kind={kind}: {name} is a {role}, and {kind} is a {found.role}; there are {alike}"
        raise Refusal(message)
    return {"kind": kind}
