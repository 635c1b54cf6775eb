"""The repository a project stands in, and what has to be true of it before a command changes it."""

import os
import re
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import Refusal
from scaffold.git import GitError, git, run_git
from scaffold.locks import held

OLDEST_GIT = (2, 38)  # the first whose merge-tree merges
IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
UNMERGED = {"DD", "AU", "UD", "UA", "DU", "AA", "UU"}
SHOWN = 5


@dataclass(frozen=True)
class Repository:
    """Where a project's repository keeps what.

    `prefix` is the project's path inside the work tree at `top`: empty, or one that ends with a
    slash. `folder` is git's own folder, which a linked work tree has for itself.
    """

    project: Path
    top: Path
    prefix: str
    folder: Path
    index: Path
    objects: Path


def find_repository(project: Path) -> Repository:
    """Return the repository of a project; raises Refusal if there is none or git is too old."""
    said = git("--version", at=project)
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_GIT:
        message = f"{said.strip()} is too old to change a project with: it takes git 2.38 or newer"
        raise Refusal(message)
    try:
        places = git(
            "rev-parse", "--path-format=absolute", "--show-toplevel", "--absolute-git-dir", "--git-path", "index",
            "--git-path", "objects", "--show-prefix", at=project,
        )  # fmt: skip
    except GitError:
        message = f"{project} is in no git repository: make one with git init && git add -A && git commit"
        raise Refusal(message) from None
    top, folder, index, objects, prefix = places.split("\n")[:5]
    return Repository(project, Path(top), prefix, Path(folder), Path(index), Path(objects))


@contextmanager
def locked(repository: Repository) -> Generator[None]:
    """Wait until no other command works on the repository, and keep others waiting meanwhile."""
    with ExitStack() as stack:
        try:
            stack.enter_context(held(repository.folder, wait=False))
        except BlockingIOError:
            print("Waiting for another scaffold command in this repository", file=sys.stderr)
            stack.enter_context(held(repository.folder))
        yield


def check_settled(repository: Repository, answers: str) -> None:
    """Raise Refusal if something in the project is under way, so that a change could not be told apart from it.

    Untracked files are no obstacle here, and what is staged is part of the project.
    """
    for name, what in IN_PROGRESS.items():
        if (repository.folder / name).exists():
            message = f"a {what} is in progress: end it with git {what} --continue or git {what} --abort"
            raise Refusal(message)
    changes = _changes(repository)
    if in_conflict := _unmerged(changes):
        message = f"there are conflicts to settle: edit {_listed(in_conflict)}, then git add what is settled"
        raise Refusal(message)
    if unstaged := [path for code, path in changes if code[1] != " "]:
        message = f"there are changes that git doesn't know of: git add, commit or stash {_listed(unstaged)}"
        raise Refusal(message)
    if not git("ls-files", "--", answers, at=repository.project):
        message = f"{repository.project} isn't in git yet: git add -A && git commit, so that a change can be undone"
        raise Refusal(message)


def unmerged(repository: Repository) -> list[str]:
    """Return the files of the project that are in conflict."""
    return _unmerged(_changes(repository))


def _unmerged(changes: list[tuple[str, str]]) -> list[str]:
    return [path for code, path in changes if code in UNMERGED]


def undone_by(repository: Repository, staged: str) -> str:
    """Return how a change is undone that is staged over a tree: not at the cost of anything else that is staged."""
    try:
        committed = git("rev-parse", "--verify", "--quiet", f"HEAD:{repository.prefix}", at=repository.top).strip()
    except GitError:
        return "there is no commit yet to go back to"
    if committed != staged:
        return "with what was staged before: git reset --hard would undo both"
    if repository.prefix:
        return "git restore --source=HEAD --staged --worktree . undoes it"
    return "git reset --hard undoes it"


def _changes(repository: Repository) -> list[tuple[str, str]]:
    """Return state and path of what differs from HEAD in the project, as `git status` codes it."""
    arguments = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all")
    said = os.fsdecode(run_git("--no-optional-locks", *arguments, "--", ".", at=repository.project))
    return [(item[:2], item[3:].removeprefix(repository.prefix)) for item in said.split("\0") if item]


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
