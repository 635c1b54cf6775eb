"""A project that exists: its folder, and the answers that say what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from scaffold.answers import Resource, load_answers, named_resources, nearest, pascal
from scaffold.errors import Refusal, one_line
from scaffold.merging import lines
from scaffold.merging.conflict import ConflictError
from scaffold.paths import with_home

ANSWERS = ".copier-answers.yml"


@dataclass(frozen=True)
class Project:
    """A project's folder, and its answers as they stand in the file."""

    folder: Path
    text: str
    answers: dict[str, object]

    @property
    def package(self) -> str:
        """The name of its package."""
        return str(self.answers["package_name"])

    @property
    def source(self) -> str:
        """The template it was made from: a URL or a path."""
        return str(self.answers["_src_path"])

    @property
    def version(self) -> str:
        """The template's version it was made from: a tag, or what `git describe` says of a commit."""
        return str(self.answers["_commit"])

    @property
    def resources(self) -> dict[str, Resource]:
        """What is opened once and lent to requests, by name."""
        return cast("dict[str, Resource]", self.answers["resources"])


def find_folder(folder: Path) -> Path:
    """Return the project's folder that a folder is, or stands in; raises Refusal if there is none."""
    try:
        place = with_home(folder).resolve()
        found = next((above for above in (place, *place.parents) if (above / ANSWERS).is_file()), None)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself, before Python 3.13
        message = f"{folder} can't be looked at ({getattr(error, 'strerror', error)}): name the folder of a project"
        raise Refusal(message) from None
    if found is None:
        message = f"{folder} is no project of scaffold's: there is no {ANSWERS}; name the folder of one"
        raise Refusal(message)
    return found


def read_project(folder: Path) -> Project:
    """Return the project in a folder; raises Refusal if its answers can't be read."""
    try:
        text = (folder / ANSWERS).read_bytes().decode()
        return Project(folder, text, _checked(load_answers(text)))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        message = f"{ANSWERS} can't be read: {' '.join(str(error).split())}: mend it, or take it from an earlier commit"
        raise Refusal(message) from None


def dump_answers(answers: Mapping[str, object]) -> str:
    """Return an answers file for Copier to read."""
    return yaml.safe_dump(dict(answers), allow_unicode=True)


def _checked(answers: object) -> dict[str, object]:
    if not isinstance(answers, dict) or not all(isinstance(key, str) for key in answers):
        message = f"{ANSWERS} holds no answers: mend it, or take it from an earlier commit"
        raise Refusal(message)
    for key in ("_src_path", "project_name", "package_name", "resources"):
        if key not in answers:
            message = f"{ANSWERS} has no {key}: this project was made from another template, or the line is gone"
            raise Refusal(message)
    if "_commit" not in answers:
        message = f"{ANSWERS} has no _commit: the template was no git repository, so no version is known to change from"
        raise Refusal(message)
    for key in ("_src_path", "_commit"):
        if not isinstance(answers[key], str) or one_line(answers[key]) != answers[key] or not answers[key]:
            message = f"{ANSWERS}: {key}: {answers[key]} has to be text, as it was in an earlier commit"
            raise Refusal(message)
    named_resources(answers["resources"], ANSWERS)
    return answers


def check_there_is(name: str, project: Project) -> None:
    """Raise Refusal if a project has no resource of this name."""
    if name not in project.resources:
        known = ", ".join(sorted(project.resources)) or "none"
        message = f"there is no resource {name}{nearest(name, project.resources)}; it has {known}"
        raise Refusal(message)


def check_free(name: str, project: Project) -> None:
    """Raise Refusal if a resource of a project can't be called this: something of it is."""
    if name in project.resources:
        message = f"there is a resource {name}, of kind {project.resources[name]['kind']}: choose another name"
        raise Refusal(message)
    if project.package in (name, f"test_{name}"):
        message = f"the project's package is called {project.package}: choose another name for the resource than {name}"
        raise Refusal(message)
    if twin := next((other for other in project.resources if pascal(other) == pascal(name)), None):
        message = f"the classes of {name} would be called like those of {twin}, {pascal(twin)}…: choose another name"
        raise Refusal(message)


def without(answers: Mapping[str, object], names: list[str]) -> dict[str, object]:
    """Return answers without some resources; the example no longer uses them, and without a database there is none."""
    resources = cast("Mapping[str, object]", answers["resources"])
    kept = {name: resource for name, resource in resources.items() if name not in names}
    example = answers.get("example", "none")
    if isinstance(example, dict):
        example = {role: name for role, name in example.items() if name not in names}
        example = example if "database" in example else "none"
    return {**answers, "resources": kept, "example": example}


def with_new_name(answers: Mapping[str, object], name: str, new: str) -> dict[str, object]:
    """Return the answers that change when a resource is called something else."""
    resources = cast("Mapping[str, object]", answers["resources"])
    example = answers.get("example", "none")
    if isinstance(example, dict):
        example = {role: new if used == name else used for role, used in example.items()}
    return {
        "resources": {new if present == name else present: resource for present, resource in resources.items()},
        "example": example,
    }


def merge_answers(base: str, ours: str, theirs: str) -> str:
    """Return an answers file that says what theirs says, with the user's comments.

    Raises Refusal if a comment has no place in it.
    """
    try:
        merged = lines.merge(base, ours, theirs)
        if load_answers(merged) == load_answers(theirs):
            return merged
    except (ConflictError, yaml.YAMLError):
        pass
    comments = [line for line in lines.added(base, ours) if line.startswith("#") and line not in theirs]
    if comments:
        message = f"{ANSWERS}: the comment {comments[0]!r} would be lost: it is Copier's file, keep comments elsewhere"
        raise Refusal(message)
    return theirs
