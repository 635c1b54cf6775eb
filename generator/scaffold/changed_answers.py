"""The answers of a project that change on its way to a version of the template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from scaffold.answers import (
    Resource,
    check_answers,
    check_resources,
    data_answers,
    find_kind,
    named_resources,
    resource_settings,
)
from scaffold.errors import Refusal
from scaffold.kinds import Kind, read_kinds
from scaffold.project import Project
from scaffold.questions import Question, read_questions, read_reserved
from scaffold.template import Template
from scaffold.version_notes import Version, renamed

STARTERS = ("database", "cache", "clients")


@dataclass(frozen=True)
class ChangedAnswers:
    """Answers that change, a line for each that is called something else, and a warning for what is given up."""

    data: dict[str, object]
    renamed: list[str]
    warnings: list[str]


def changed_answers(
    project: Project, target: Template, versions: Sequence[Version], data: list[str], settings: list[str]
) -> ChangedAnswers:
    """Return the answers that change on the way over some versions, whose notes say what they are called there.

    Raises Refusal if the version to come doesn't take those that change, or those that stay.
    """
    kinds, questions, reserved = read_kinds(target), read_questions(target), read_reserved(target)
    if any(pair.partition("=")[0] == "package_name" for pair in data):
        message = f"--data package_name: the package keeps the name it was made with, {project.package}"
        raise Refusal(message)
    for starter in STARTERS:
        if any(pair.partition("=")[0] == starter for pair in data):
            message = f"--data {starter} is asked only when a project is made: give --data resources=… or --set"
            raise Refusal(message)
    known, lines = renamed(project.answers, versions)
    changed = {name: answer for name, answer in known.items() if name not in project.answers}
    changed |= data_answers(data, {name: asked for name, asked in questions.items() if name not in STARTERS})
    resources, warnings = _still_taken(cast("dict[str, Resource]", known["resources"]), kinds, target.ref)
    if "resources" in changed:
        resources, warnings = named_resources(changed["resources"], "--data resources"), []
        check_resources(resources, kinds, reserved, "--data")
    changed["resources"] = _set(settings, resources, kinds)
    answers = _known({**known, **changed}, questions)
    check_answers(answers, kinds, questions, reserved, where=target.ref)
    return ChangedAnswers(changed, lines, warnings)


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
        if kind.retired:
            warnings.append(f"{name}: the kind {kind.name} is retired: {kind.retired}")
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
