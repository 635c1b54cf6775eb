"""A change is carried out whole, or not at all, whatever happens meanwhile.

Everything is written beside the project, in git's own folder. Then a journal says what goes where: that is the
decision. What it says may be carried out again and again until it is done; each command begins with that.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.errors import PersonNeeded, Refusal
from scaffold.git import run_git
from scaffold.objects import NOTHING, Entry, Objects
from scaffold.repository import Repository

if TYPE_CHECKING:
    from scaffold.merging.tree import Merged

STATE = "scaffold"
JOURNAL = "journal"


@dataclass(frozen=True)
class Journal:
    """What is to be done: a project's files to move to their places or, with False, to remove; and git's new index."""

    top: str
    prefix: str
    index: str
    files: dict[str, bool]


def apply(repository: Repository, objects: Objects, before: Mapping[str, Entry], merged: "Merged") -> None:
    """Make the project what it is to be: staged, conflicts unmerged as after a merge.

    Raises Refusal if another git command is at work, PersonNeeded if the change was decided and
    can't be carried out.
    """
    state = repository.folder / STATE
    finish(state)
    after = objects.entries(merged.tree)
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path) or path in merged.conflicts
    )
    try:
        _write(repository, objects, state, after, merged, changed)
        files = {path: path in after for path in changed}
        _decide(state, Journal(str(repository.top), repository.prefix, str(repository.index), files))
    except BaseException:
        finish(state)
        raise
    _detached(state)


def check_the_way(project: Path, created: Iterable[str]) -> None:
    """Raise Refusal if something that git doesn't know of stands where a file is to be made."""
    for path in created:
        target = project / path
        above = [parent for parent in target.relative_to(project).parents if parent != Path()]
        if os.path.lexists(target) or any(os.path.lexists(project / x) and not (project / x).is_dir() for x in above):
            message = f"{path} is in the way, and git doesn't know of it: move it away, or git add it"
            raise Refusal(message)


def _write(
    repository: Repository,
    objects: Objects,
    state: Path,
    after: Mapping[str, Entry],
    merged: "Merged",
    changed: list[str],
) -> None:
    """Write the new files, what git stores of them, and the new index."""
    (state / "new").mkdir(parents=True)
    places = {path: f"{repository.prefix}{path}" for path in changed}
    tree = {"GIT_INDEX_FILE": str(state / "tree")}
    prefix = f"--prefix={repository.prefix}"
    objects.git("read-tree", *([prefix] if repository.prefix else []), merged.tree, env=tree)
    written = "".join(f"{places[path]}\0" for path in changed if path in after)
    checkout = ("checkout-index", "--force", f"--prefix={state / 'new'}/", "-z", "--stdin")
    objects.git(*checkout, env=tree, stdin=os.fsencode(written))
    staged = {path: merged.conflicts.get(path) or ({0: after[path]} if path in after else {}) for path in changed}
    _store(repository, objects, {entry.blob for stages in staged.values() for entry in stages.values()})
    # With its time: git tells by it which files it has to look into, since they may have changed within its second.
    shutil.copy2(repository.index, state / "index")
    lines = [f"0 {NOTHING}\t{places[path]}\0" for path in changed]
    for path, stages in staged.items():
        lines += [f"{entry.mode} {entry.blob} {stage}\t{places[path]}\0" for stage, entry in sorted(stages.items())]
    index = {"GIT_INDEX_FILE": str(state / "index")}
    objects.git("update-index", "-z", "--index-info", env=index, stdin=os.fsencode("".join(lines)))


def _store(repository: Repository, objects: Objects, blobs: set[str]) -> None:
    """Give the repository what it has to keep."""
    pack = objects.git("pack-objects", "--quiet", "--stdout", stdin="\n".join(sorted(blobs)).encode())
    run_git("unpack-objects", "-q", at=repository.top, stdin=pack)


def _decide(state: Path, journal: Journal) -> None:
    draft = state / f"{JOURNAL}.draft"
    draft.write_text(json.dumps(asdict(journal)))
    for folder, _, names in os.walk(state):
        for name in names:
            _sync(Path(folder, name))
        _sync(Path(folder))
    try:
        # Git's own protocol: nobody else writes the index while this is there. One inode with ours tells whose it is.
        Path(f"{journal.index}.lock").hardlink_to(state / "index")
    except FileExistsError:
        message = f"another git command is at work here: wait for it (or remove {journal.index}.lock if there is none)"
        raise Refusal(message) from None
    draft.rename(state / JOURNAL)
    _sync(state)


def _sync(path: Path) -> None:
    if path.is_symlink():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def finish(state: Path) -> None:
    """Carry out what the journal says, or undo what was prepared if nothing was decided.

    May be repeated after it was cut short at any point. Raises PersonNeeded if it can't be done.
    """
    lock = state.parent / "index.lock"
    try:
        if (state / JOURNAL).exists():
            journal = Journal(**json.loads((state / JOURNAL).read_text()))
            project = Path(journal.top, journal.prefix)
            for path, stays in journal.files.items():
                if stays:
                    _place(state / "new" / journal.prefix / path, project / path)
                else:
                    _remove(project / path, project)
            _replace_index(state, Path(journal.index))
            (state / JOURNAL).unlink()
        elif lock.exists() and (state / "index").exists() and lock.samefile(state / "index"):
            lock.unlink()
    except OSError as error:
        message = f"a change is decided and can't be carried out: {error}: mend that, any scaffold command then goes on"
        raise PersonNeeded(message) from None
    shutil.rmtree(state, ignore_errors=True)


def _place(source: Path, target: Path) -> None:
    """Move a new file to its place, if that was not done before."""
    if not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError:  # git's folder lies on another file system
        beside = target.with_name(f".{target.name}.scaffold")
        shutil.copy2(source, beside, follow_symlinks=False)
        beside.replace(target)
        source.unlink()


def _remove(target: Path, project: Path) -> None:
    """Remove an old file, and the folders that are empty without it."""
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == project or (folder.is_dir() and any(folder.iterdir())):
            break
        if folder.is_dir():
            folder.rmdir()


def _replace_index(state: Path, index: Path) -> None:
    lock = index.with_name(f"{index.name}.lock")
    if lock.exists() and (state / "index").exists() and lock.samefile(state / "index"):
        lock.replace(index)


def _detached(state: Path) -> None:
    """Finish in a process with a session of its own, which neither Ctrl-C nor a kill of this one cuts short."""
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            finish(state)
        except PersonNeeded:
            os._exit(1)
        os._exit(0)
    try:
        _, status = os.waitpid(child, 0)
    except KeyboardInterrupt:
        os.waitpid(child, 0)
        raise
    if status != 0:
        finish(state)
