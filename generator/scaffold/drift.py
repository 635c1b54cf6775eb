"""How a project differs from the template, and who changed it: its owner, the template since, or both."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scaffold.access import MOVED, look_at
from scaffold.changed_answers import changed_answers
from scaffold.errors import Refusal
from scaffold.objects import Entry, Objects
from scaffold.project import ANSWERS, Project
from scaffold.render import render_again
from scaffold.repository import find_repository, unmerged
from scaffold.scratch import scratch_folder
from scaffold.staging import terminated_as_interrupted
from scaffold.template import Template, find_template, is_newer, knows
from scaffold.terminal import step
from scaffold.version_notes import notes_since

ChangedBy = Literal["you", "template", "both"]
Files = Mapping[str, Entry]


@dataclass(frozen=True)
class Drift:
    """What a project is made from, the newest version there is, and who changed which file since.

    `newer`: an update would bring something. `conflicts`: what the last one left to settle. `yours` and `templates`
    are differences from what the template made then.
    """

    project: Path
    version: str
    newest: str
    newer: bool
    conflicts: list[str]
    files: dict[str, ChangedBy] = field(default_factory=dict)
    yours: str = ""
    templates: str = ""


def drift(folder: Path) -> Drift:
    """Look at a project, as it stands in its folder; raises Refusal if it or its template can't be read."""
    project = look_at(folder)
    repository = find_repository(project.folder)
    with newest_for(project) as newest, terminated_as_interrupted(), scratch_folder() as scratch:
        newer = is_newer(newest, project.version)
        objects = Objects(repository, scratch)
        with step("Looking for differences"):
            then = render_again(project.text, {}, newest, None, scratch / "then")
            base = theirs = objects.tree_of_folder(then, repository)
            if newer:
                changed = changed_answers(project, newest, notes_since(newest, project.version), [], [])
                now = render_again(project.text, changed.data, newest, newest.ref, scratch / "now")
                theirs = objects.tree_of_folder(now, repository)
            ours = objects.tree_of_work(repository)
            files = changed_by(*(objects.entries(tree) for tree in (base, ours, theirs)))
        mine = [path for path, who in files.items() if who != "template"]
        its = [path for path, who in files.items() if who != "you"]
        return Drift(
            project.folder,
            project.version,
            newest.ref,
            newer,
            unmerged(repository),
            files,
            objects.difference(base, ours, *mine) if mine else "",
            objects.difference(base, theirs, *its) if its else "",
        )


@contextmanager
def newest_for(project: Project) -> Generator[Template]:
    """Find the newest version of a project's template; raises Refusal if it, or the project's own, isn't there."""
    with find_template(project.source, None, since=project.version, remedy=MOVED) as newest:
        if not knows(newest, project.version):
            message = f"template {project.source} doesn't know {project.version}, which {ANSWERS} names: {MOVED}"
            raise Refusal(message)
        yield newest


def changed_by(base: Files, ours: Files, theirs: Files) -> dict[str, ChangedBy]:
    """Return who changed which file of the template's; files of the user's own, and answers, are none."""
    found: dict[str, ChangedBy] = {}
    for path in sorted((base.keys() | theirs.keys()) - {ANSWERS}):
        mine, its = ours.get(path) != base.get(path), theirs.get(path) != base.get(path)
        if ours.get(path) == theirs.get(path):
            continue
        found[path] = "both" if mine and its else "you" if mine else "template"
    return found
