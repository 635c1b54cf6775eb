"""A change of a project: to other answers, to another version of the template, or both.

What the template made before and what it makes now are rendered, the difference is merged into the project, and the
result is staged: `git reset --hard` undoes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scaffold.errors import Refusal
from scaffold.git import GitError, git
from scaffold.journal import apply, check_the_way
from scaffold.merging.tree import GONE, Merged, Sides, merge_trees
from scaffold.objects import Entry, Objects
from scaffold.project import Project, dump_answers, without
from scaffold.renaming.names import Renaming, listed_settings, settings_in
from scaffold.renaming.sections import SETTINGS
from scaffold.renaming.tree import left, moved_defaults, with_new_name
from scaffold.render import render_again
from scaffold.repository import Repository, undone_by
from scaffold.scratch import scratch_folder
from scaffold.staging import terminated_as_interrupted
from scaffold.template import Template
from scaffold.terminal import step
from scaffold.version_notes import Told, Version, told

Files = Mapping[str, Entry]


@dataclass(frozen=True)
class Wanted:
    """What a project is to become.

    `data` replaces answers. `template` is where both versions are found. Without a `ref` the
    template's version stays. A `source` replaces where the template is. `versions` are those on the
    way, whose notes tell which file has moved where. `force`: edited files that
    the template no longer makes go. `names`: what a resource was called, and what it is called in
    `data`.
    """

    data: Mapping[str, object]
    template: Template
    ref: str | None = None
    source: str | None = None
    versions: Sequence[Version] = ()
    follow_moves: bool = False
    refuse_gone: bool = True
    force: bool = False
    names: tuple[str, str] | None = None


@dataclass(frozen=True)
class Change:
    """What was done, or would be: what became of each file, why some conflict, the difference, how to undo it.

    `warnings`: what of it the user may have to follow. `notes`: what the versions on the way say that concerns it.
    """

    files: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    diff: str = ""
    undo: str = ""
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def installs(self) -> bool:
        """Whether what has to be installed may have changed."""
        return "pyproject.toml" in self.files


@dataclass(frozen=True)
class Renamed:
    """Sides that differ only in what is to be merged, and defaults that have moved with the name."""

    sides: Sides
    renaming: Renaming | None = None
    defaults: list[str] = field(default_factory=list)


def change(project: Project, repository: Repository, wanted: Wanted, *, dry_run: bool) -> Change:
    """Change a project; with `dry_run` only find out what would become of it, and write nothing.

    Raises Refusal if the template can't be used, or if something of the user's would be lost.
    """
    with terminated_as_interrupted(), scratch_folder() as scratch:
        objects = Objects(repository, scratch)
        with step("Making the change"):
            sides = _sides(objects, repository, _with_source(project, wanted.source), wanted, scratch)
            notes = _told(objects, sides, project, wanted.versions)
            alike = _with_new_name(objects, _moved(objects, sides, notes.moves()), project, wanted.names)
            merged = merge_trees(objects, alike.sides, scratch, follow_moves=wanted.follow_moves)
            if wanted.refuse_gone:
                _settle_gone(objects, merged, alike.sides, force=wanted.force)
            found = _described(objects, sides, merged, undone_by(repository, sides.ours))
            found = replace(found, notes=notes.lines)
            if alike.renaming:
                still = left(objects, merged.tree, alike.renaming)
                found = replace(found, warnings=[*alike.defaults, *still])
            check_the_way(project.folder, [path for path, what in found.files.items() if what == "create"])
        if not dry_run:
            apply(repository, objects, objects.entries(sides.ours), merged)
        return found


def _sides(objects: Objects, repository: Repository, project: Project, wanted: Wanted, scratch: Path) -> Sides:
    ours = objects.tree_of_index(repository)
    before = _made_before(project, repository, objects.entries(ours))
    then = render_again(before, {}, wanted.template, None, scratch / "before")
    now = render_again(project.text, wanted.data, wanted.template, wanted.ref, scratch / "now")
    return Sides(
        base=objects.tree_of_folder(then, repository),
        ours=ours,
        theirs=objects.tree_of_folder(now, repository),
        label=f"template {wanted.ref or project.version}",
    )


def _told(objects: Objects, sides: Sides, project: Project, versions: Sequence[Version]) -> Told:
    """Return what of the notes of some versions concerns the project as it was made."""
    files = objects.entries(sides.base) if versions else {}
    settings = listed_settings(objects.read(files.get(SETTINGS)).decode())
    return told(versions, files, settings, project.package, list(project.resources))


def _moved(objects: Objects, sides: Sides, moves: Mapping[str, str]) -> Sides:
    """Return sides on which files lie where the template has them now, however much it has changed in them."""
    if not moves:
        return sides
    files = objects.entries(sides.theirs)

    def moved(tree: str) -> str:
        there = objects.entries(tree)
        going = {old: new for old, new in moves.items() if old in there and new in files and new not in there}
        gone: dict[str, Entry | None] = dict.fromkeys(going)
        return objects.edited(tree, {**gone, **{new: there[old] for old, new in going.items()}})

    return replace(sides, base=moved(sides.base), ours=moved(sides.ours))


def _with_new_name(objects: Objects, sides: Sides, project: Project, names: tuple[str, str] | None) -> Renamed:
    """Return sides on each of which a resource has its new name, and what its user has to know."""
    if names is None:
        return Renamed(sides)
    listed = objects.read(objects.entries(sides.base).get(SETTINGS)).decode()
    settings = settings_in(listed, names[0], project.resources)
    renaming = Renaming(project.package, *names, settings)
    base, ours = with_new_name(objects, sides, renaming)
    return Renamed(replace(sides, base=base, ours=ours), renaming, moved_defaults(objects, base, sides.theirs))


def _with_source(project: Project, source: str | None) -> Project:
    """Return the project as if it was made from where the template is now."""
    if source in (None, project.source):
        return project
    answers = {**project.answers, "_src_path": source}
    return Project(project.folder, dump_answers(answers), answers)


def _made_before(project: Project, repository: Repository, files: Files) -> str:
    """Return the answers that the project was made with: without resources that were added to the file by hand."""
    added = [name for name in project.resources if not _was_made(project, repository, files, name)]
    return dump_answers(without(project.answers, added)) if added else project.text


def _was_made(project: Project, repository: Repository, files: Files, name: str) -> bool:
    """Return whether a resource has a module, or had one that was deleted."""
    module = f"src/{project.package}/dependencies/{name}.py"
    if module in files or f"tests/test_{name}.py" in files:
        return True
    try:
        return bool(git("log", "-1", "--format=%h", "--", module, at=repository.project).strip())
    except GitError:  # no commit yet
        return False


def _settle_gone(objects: Objects, merged: Merged, sides: Sides, *, force: bool) -> None:
    """Let edited files go that the template no longer makes, if that is forced; else raise Refusal."""
    gone = [path for path, reason in merged.reasons().items() if reason == GONE]
    if not gone:
        return
    if not force:
        message = f"{', '.join(gone)} would go, and you have edited it: these lines would be lost; --force removes them"
        raise Refusal(message, objects.difference(sides.base, sides.ours, *gone))
    merged.tree = objects.edited(merged.tree, dict.fromkeys(gone))
    for path in gone:
        del merged.conflicts[path]


def _described(objects: Objects, sides: Sides, merged: Merged, undo: str) -> Change:
    base, ours, theirs = (objects.entries(tree) for tree in (sides.base, sides.ours, sides.theirs))
    after = objects.entries(merged.tree)
    files: dict[str, str] = {}
    for path in sorted(base.keys() | ours.keys() | theirs.keys() | after.keys()):
        if path in merged.conflicts:
            files[path] = "conflict"
        elif after.get(path) != ours.get(path):
            files[path] = _became(base.get(path), ours.get(path), after.get(path))
        elif path in ours and base.get(path) != theirs.get(path) != ours.get(path):
            files[path] = "keep"
    return Change(files, merged.reasons(), objects.difference(sides.ours, merged.tree), undo)


def _became(before: Entry | None, mine: Entry | None, after: Entry | None) -> str:
    if mine is None:
        return "create"
    if after is None:
        return "remove"
    return "update" if mine == before else "merge"
