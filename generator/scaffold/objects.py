"""Trees and blobs: a project as git stores it.

What is made on the way to a change lies in a scratch folder. The repository gets what stays of it, and
nothing when nothing is to be written.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from scaffold.git import NEUTRAL_IDENTITY, run_git
from scaffold.repository import Repository

NOTHING = "0" * 40


class Entry(NamedTuple):
    """A file in a tree."""

    mode: str
    blob: str


class Objects:
    """What git stores, readable with what the repository has, written apart from it."""

    def __init__(self, repository: Repository, scratch: Path) -> None:
        self._top = repository.top
        self._scratch = scratch
        self._indexes = 0
        (scratch / "objects").mkdir()
        self.env = {
            "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.objects),
        }

    def git(
        self,
        *arguments: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        accepted: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run git with these objects, without hooks; raises GitError if it fails."""
        plain = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
        env = {**self.env, **(env or {})}
        return run_git(*plain, *arguments, at=at or self._top, env=env, stdin=stdin, accepted=accepted)

    def entries(self, tree: str) -> dict[str, Entry]:
        """Return the files of a tree by path."""
        found: dict[str, Entry] = {}
        for item in os.fsdecode(self.git("ls-tree", "-r", "-z", tree)).split("\0")[:-1]:
            description, path = item.split("\t", 1)
            mode, _, blob = description.split()
            found[path] = Entry(mode, blob)
        return found

    def read(self, entry: Entry | None) -> bytes:
        """Return what a file holds; nothing for none, and for a submodule."""
        if entry is None or entry.mode == "160000":
            return b""
        return self.git("cat-file", "blob", entry.blob)

    def write(self, content: bytes) -> str:
        """Store a blob and return its name."""
        return self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def tree_of_folder(self, folder: Path, repository: Repository) -> str:
        """Return the tree of a folder, ignored files included."""
        env = {**self._new_index(), "GIT_DIR": str(repository.folder), "GIT_WORK_TREE": str(folder)}
        self.git("add", "--all", "--force", ".", at=folder, env=env)
        return self.git("write-tree", at=folder, env=env).decode().strip()

    def tree_of_work(self, repository: Repository) -> str:
        """Return the tree of the project as it stands in its folder, without what is ignored."""
        env = self._new_index()
        if repository.index.exists():
            shutil.copyfile(repository.index, env["GIT_INDEX_FILE"])
        self.git("add", "--all", ".", at=repository.project, env=env)
        return self._written(repository, env)

    def tree_of_index(self, repository: Repository) -> str:
        """Return the tree of what is staged in the project, committed or not."""
        env = self._new_index()
        # A copy: writing a tree writes to the index.
        shutil.copyfile(repository.index, env["GIT_INDEX_FILE"])
        return self._written(repository, env)

    def difference(self, before: str, after: str, *paths: str) -> str:
        """Return how two trees differ, in all or some of their files."""
        options = ("--no-color", "--no-ext-diff", "--no-renames", "--no-textconv")
        return self.git("diff", *options, before, after, "--", *paths).decode(errors="replace")

    def commit(self, tree: str, *parents: str) -> str:
        """Return a commit of a tree, which no branch knows."""
        above = [argument for parent in parents for argument in ("-p", parent)]
        return self.git(*NEUTRAL_IDENTITY, "commit-tree", tree, *above, "-m", "scaffold").decode().strip()

    def edited(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """Return the tree with some files set or, with None, taken out."""
        if not changes:
            return self.git("rev-parse", f"{tree}^{{tree}}").decode().strip()
        env = self._new_index()
        self.git("read-tree", tree, env=env)
        lines = (
            f"{entry.mode} {entry.blob} 0\t{path}\0" if entry else f"0 {NOTHING}\t{path}\0"
            for path, entry in changes.items()
        )
        self.git("update-index", "-z", "--index-info", env=env, stdin=os.fsencode("".join(lines)))
        return self.git("write-tree", env=env).decode().strip()

    def _written(self, repository: Repository, index: Mapping[str, str]) -> str:
        part = (f"--prefix={repository.prefix}",) if repository.prefix else ()
        return self.git("write-tree", *part, env=index).decode().strip()

    def _new_index(self) -> dict[str, str]:
        self._indexes += 1
        return {"GIT_INDEX_FILE": str(self._scratch / f"index{self._indexes}")}
