"""Git, as this package calls it."""

import os
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from scaffold.errors import Refusal

NEUTRAL_IDENTITY = ("-c", "user.name=scaffold", "-c", "user.email=scaffold@localhost")

FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")


class GitError(Exception):
    """A call of git failed; the message is what git said, in one line."""


def run_git(
    *arguments: str,
    at: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    accepted: Collection[int] = (0,),
) -> bytes:
    """Run git in a folder and return what it printed.

    Raises GitError if git ends with another code than the accepted ones, Refusal if there is no git.
    """
    # A hook or a script of the user's may have set these for another repository.
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    try:
        ended = subprocess.run(
            ["git", *arguments],
            cwd=at,
            env={**inherited, "LC_ALL": "C", **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        message = "git is not installed, or not on the PATH: install it, it brings the template here"
        raise Refusal(message) from None
    if ended.returncode not in accepted:
        said = [line for line in ended.stderr.decode(errors="replace").splitlines() if line.strip()]
        # Advice follows what is wrong.
        wrong = [line for line in said if line.startswith(("fatal:", "error:"))]
        raise GitError((wrong[:1] or said[-1:] or [f"git {arguments[0]} failed"])[0])
    return ended.stdout


def git(*arguments: str, at: Path, env: Mapping[str, str] | None = None) -> str:
    """Run git in a folder and return what it printed, as text; raises what `run_git` raises."""
    return os.fsdecode(run_git(*arguments, at=at, env=env))


def inside_repository(folder: Path) -> bool:
    """Return whether a folder stands in the work tree of a repository."""
    try:
        return git("rev-parse", "--is-inside-work-tree", at=folder).strip() == "true"
    except GitError:
        return False


def start_repository(folder: Path) -> bool:
    """Make a repository with one commit of everything; returns whether its author is the user.

    A machine without an identity gets a neutral one. Hooks and signing of the user's are left
    out: they belong to the commits that the user makes.
    """
    git("init", "--quiet", at=folder)
    git("symbolic-ref", "HEAD", "refs/heads/main", at=folder)
    git("add", "--all", at=folder)
    has_identity = _has_identity(folder)
    identity = () if has_identity else NEUTRAL_IDENTITY
    commit = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", "Create the project")
    git(*identity, *commit, at=folder)
    return has_identity


def _has_identity(folder: Path) -> bool:
    # Git would make an identity up from the host's name; that is nobody's.
    try:
        git("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT", at=folder)
        git("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", at=folder)
    except GitError:
        return False
    return True
