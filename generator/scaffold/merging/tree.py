"""The merge of a whole project: git's own, and by meaning where a file is a list of entries."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scaffold.errors import Refusal
from scaffold.git import GitError
from scaffold.merging.choice import merge_for
from scaffold.merging.conflict import ConflictError
from scaffold.merging.imports import with_merged_imports
from scaffold.merging.lines import added
from scaffold.merging.toml import in_pieces
from scaffold.objects import Entry, Objects
from scaffold.project import ANSWERS, merge_answers

# Once rendered they are the user's: a database somewhere may have them applied.
REVISIONS = re.compile(r"src/[^/]+/migrations/[^/]+/versions/.*")
GONE, ADDED, CHANGED = "edited here, gone in the template", "added here and by the template", "changed on both sides"
BASE, OURS, THEIRS = 1, 2, 3

Files = Mapping[str, Entry]
Stages = dict[int, Entry]


@dataclass(frozen=True)
class Sides:
    """What the template made before, what the project is, and what the template makes now, each a tree."""

    base: str
    ours: str
    theirs: str
    # What the template's side is called where lines conflict.
    label: str


@dataclass
class Merged:
    """What the project is to be: a tree, and what in it a person has to settle, with the stages of git's index."""

    tree: str
    conflicts: dict[str, Stages] = field(default_factory=dict)

    def reasons(self) -> dict[str, str]:
        """Return why each file is in conflict."""
        kinds = {frozenset({BASE, OURS}): GONE, frozenset({OURS, THEIRS}): ADDED}
        return {path: kinds.get(frozenset(stages), CHANGED) for path, stages in sorted(self.conflicts.items())}


def merge_trees(objects: Objects, sides: Sides, scratch: Path, *, follow_moves: bool) -> Merged:
    """Merge; raises Refusal if a line of the user's would be lost.

    `follow_moves`: a file that the template moved takes the user's edits with it. Not to be asked
    for when resources come and go: a module that is removed looks like one that is added.
    """
    return _Merge(objects, sides, scratch).run(follow_moves=follow_moves)


class _Merge:
    def __init__(self, objects: Objects, sides: Sides, scratch: Path) -> None:
        self.objects = objects
        self.sides = sides
        self.scratch = scratch
        self.base = objects.entries(sides.base)
        self.ours = objects.entries(sides.ours)
        self.theirs = objects.entries(sides.theirs)
        self.conflicts: dict[str, Stages] = {}
        # What becomes of a file other than what git's merge made of it.
        self.changes: dict[str, Entry | None] = {}

    def run(self, *, follow_moves: bool) -> Merged:
        hidden = {} if follow_moves else {path: self.theirs[path] for path in self.theirs.keys() - self.base.keys()}
        tree = self._merge_by_git(hidden)
        self._show(hidden)
        for path in self.ours.keys() | self.theirs.keys() | self.conflicts.keys():
            self._settle(path)
        for path, stages in self.conflicts.items():
            self._mark(path, stages)
        merged = Merged(self.objects.edited(tree, self.changes), self.conflicts)
        self._check_nothing_is_lost(self.objects.entries(merged.tree))
        return merged

    def _merge_by_git(self, hidden: Files) -> str:
        """Merge all but the hidden files, which git can't take for moved ones then; returns the tree."""
        objects = self.objects
        base = objects.commit(self.sides.base)
        ours = objects.commit(self.sides.ours, base)
        theirs = objects.commit(objects.edited(self.sides.theirs, dict.fromkeys(hidden)), base)
        options = ("-c", "merge.directoryRenames=false", "merge-tree", "--write-tree", "-z", "--no-messages")
        tree, *items = objects.git(*options, ours, theirs, accepted=(0, 1)).decode(errors="surrogateescape").split("\0")
        for item in filter(None, items):
            description, path = item.split("\t", 1)
            mode, blob, stage = description.split()
            self.conflicts.setdefault(path, {})[int(stage)] = Entry(mode, blob)
        return tree

    def _show(self, hidden: Files) -> None:
        """Add the files that git's merge didn't see."""
        for path, entry in hidden.items():
            mine = self.ours.get(path)
            if mine is None:
                self.changes[path] = entry
            elif mine != entry:
                self.conflicts[path] = {OURS: mine, THEIRS: entry}

    def _settle(self, path: str) -> None:
        """Decide what git's merge can't, or shouldn't."""
        before, mine, new = self.base.get(path), self.ours.get(path), self.theirs.get(path)
        if path == ANSWERS:
            self._set(path, self._merged_answers())
        elif REVISIONS.fullmatch(path) and (mine or before):
            self._set(path, mine)
        elif before and not mine and path in self.conflicts:
            self._set(path, None)  # deleted here: it does not come back
        elif mine and mine not in (before, new) and before != new:
            self._merge_by_meaning(path)
        if path.endswith(".py") and self.conflicts.get(path, {}).keys() == {BASE, OURS, THEIRS}:
            self._merge_imports(path)

    def _set(self, path: str, entry: Entry | None) -> None:
        self.conflicts.pop(path, None)
        self.changes[path] = entry

    def _merge_by_meaning(self, path: str) -> None:
        """Merge a file that is a list of entries, if nothing of it is lost; a file that isn't there is empty."""
        merge = merge_for(path)
        if merge is None:
            return
        try:
            base, ours, theirs = (
                self.objects.read(side.get(path)).decode() for side in (self.base, self.ours, self.theirs)
            )
            text = merge(base, ours, theirs)
        except (ConflictError, UnicodeDecodeError):
            return
        there = _added(path, "", text)
        if _added(path, base, ours) - there or _added(path, base, theirs) - there - _added(path, "", ours):
            return
        self._set(path, Entry(self.ours[path].mode, self.objects.write(text.encode())) if text.strip() else None)

    def _merge_imports(self, path: str) -> None:
        """Merge a module that git has a conflict in, if that is only about what it imports."""
        stages = self.conflicts[path]
        try:
            base, ours, theirs = (self.objects.read(stages[stage]).decode() for stage in (BASE, OURS, THEIRS))
            files = self._written(text.encode() for text in with_merged_imports(base, ours, theirs))
            merged = self.objects.git("merge-file", "-p", files[OURS], files[BASE], files[THEIRS])
        except (ConflictError, UnicodeDecodeError, GitError):
            return
        self._set(path, Entry(stages[OURS].mode, self.objects.write(merged)))

    def _written(self, contents: Iterable[bytes]) -> dict[int, str]:
        """Write what the stages of a file hold, in their order; returns the files."""
        files = {}
        for stage, content in enumerate(contents, BASE):
            file = self.scratch / f"stage{stage}"
            file.write_bytes(content)
            files[stage] = str(file)
        return files

    def _merged_answers(self) -> Entry:
        entry = self.theirs[ANSWERS]
        texts = (self.objects.read(side.get(ANSWERS)).decode() for side in (self.base, self.ours, self.theirs))
        return Entry(entry.mode, self.objects.write(merge_answers(*texts).encode()))

    def _mark(self, path: str, stages: Stages) -> None:
        """Show both sides of a conflict in the file, between markers with words."""
        if not {OURS, THEIRS} <= stages.keys():
            return
        files = self._written(self.objects.read(stages.get(stage)) for stage in (BASE, OURS, THEIRS))
        labels = ("-L", "yours", "-L", "before", "-L", self.sides.label)
        try:
            order = (files[OURS], files[BASE], files[THEIRS])
            marked = self.objects.git("merge-file", "-p", *labels, *order, accepted=tuple(range(128)))
        except GitError:
            marked = self.objects.read(stages[OURS])  # not text
        self.changes[path] = Entry(stages[OURS].mode, self.objects.write(marked))

    def _check_nothing_is_lost(self, merged: Files) -> None:
        moved = [path for path in merged if path not in self.ours and path not in self.base]
        # What the user moved is not all the user's.
        gone = "".join(self._text(entry) for path, entry in self.base.items() if path not in self.ours)
        for path, mine in self.ours.items():
            if path in (ANSWERS, *self.conflicts) or mine in (self.base.get(path), merged.get(path)):
                continue
            before = self._text(self.base[path]) if path in self.base else gone
            lost = _added(path, before, self._text(mine)) - _added(path, "", self._text(merged.get(path)))
            if lost and not any(not lost - _added(target, "", self._text(merged[target])) for target in moved):
                message = (
                    f"{path} would lose a line that is yours, {next(iter(lost))!r}: undo that edit, or make it after"
                )
                raise Refusal(message)

    def _text(self, entry: Entry | None) -> str:
        return self.objects.read(entry).decode(errors="replace")


def _added(path: str, before: str, after: str) -> Counter[str]:
    """Return what a text has that another hasn't: lines, or in a document of lists what stands in these."""
    return added(in_pieces(before), in_pieces(after)) if path.endswith(".toml") else added(before, after)
