"""Access to a project: one command at a time, and first of all what an earlier one was killed over is carried out."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from scaffold.answers import check_answers
from scaffold.errors import Refusal
from scaffold.journal import STATE, finish
from scaffold.kinds import Kind, read_kinds
from scaffold.project import ANSWERS, Project, find_folder, read_project
from scaffold.questions import read_questions, read_reserved
from scaffold.repository import Repository, check_settled, find_repository, locked
from scaffold.template import Template, find_template

# What to type where a project's template is no longer where it was.
MOVED = "say where it is now with scaffold update --template SRC"


def look_at(folder: Path) -> Project:
    """Return a project; it may stand in no repository. Raises Refusal if it can't be read."""
    found = find_folder(folder)
    try:
        repository = find_repository(found)
    except Refusal:
        return read_project(found)
    if (repository.folder / STATE).exists():
        with locked(repository):
            finish(repository.folder / STATE)
    return read_project(found)


@contextmanager
def to_change(folder: Path) -> Generator[tuple[Project, Repository]]:
    """Lend a project and its repository; other commands wait until the block ends.

    Raises Refusal if something in it is under way that a change could not be told apart from.
    """
    found = find_folder(folder)
    repository = find_repository(found)
    with locked(repository):
        finish(repository.folder / STATE)
        project = read_project(found)
        check_settled(repository, ANSWERS)
        yield project, repository


def kinds_of(project: Project, template: Template) -> dict[str, Kind]:
    """Return the kinds of the template a project was made from; raises Refusal if its answers are none it takes."""
    kinds = read_kinds(template)
    check_answers(project.answers, kinds, read_questions(template), read_reserved(template), where=ANSWERS)
    return kinds


@contextmanager
def template_of(project: Project) -> Generator[Template]:
    """Find the template a project was made from, in that version; raises Refusal if it can't be reached."""
    unknown = f"put the _commit in {ANSWERS} right: git log -p {ANSWERS} shows what it was"
    with find_template(project.source, project.version, remedy=MOVED, unknown=unknown) as template:
        yield template
