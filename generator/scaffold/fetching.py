"""A template that is not in a folder here is fetched once: from what this command brings, or from where it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scaffold.bundle import BUNDLE, Brought, brought
from scaffold.errors import Refusal
from scaffold.git import GitError, git
from scaffold.scratch import scratch_folder
from scaffold.versions import comes_after

CANONICAL = "https://github.com/copier-fastapi/copier-fastapi"
SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}


def url_of(source: str) -> str:
    """Return the URL that Copier asks git for, given its short forms."""
    for short, host in SHORT.items():
        if source.startswith(short):
            source = f"{host}{source.removeprefix(short).lstrip('/')}"
    if source.startswith("git+"):
        return source.removeprefix("git+")
    if source.startswith(tuple(SHORT.values())) and not source.endswith(".git"):
        return f"{source}.git"
    return source


@contextmanager
def fetched(source: str, versions: Sequence[str], remedy: str) -> Iterator[tuple[Path, str | None]]:
    """Lend a bare repository of a template, and with what this command brings the version that is its own.

    That is used if it has all the versions that are wanted; else the template is fetched. Raises Refusal, with the
    remedy, if it can't be reached, and if a version is newer than this command.
    """
    own = brought() if url_of(source) == url_of(CANONICAL) else None
    if own:
        _check_age(own, versions)
    with scratch_folder() as folder:
        if own and set(versions) <= set(own.versions):
            git("clone", "--quiet", "--bare", "--", str(BUNDLE), str(folder), at=folder)
            yield folder, own.own
            return
        try:
            git("clone", "--quiet", "--bare", "--", url_of(source), str(folder), at=Path.cwd())
        except GitError as error:
            brings = f"; this command itself brings only {', '.join(own.versions)}" if own else ""
            message = f"template {source} can't be reached ({error}){brings}: {remedy}"
            raise Refusal(message) from None
        yield folder, None


def _check_age(own: Brought, versions: Sequence[str]) -> None:
    """Raise Refusal for a version of the template that came after this command."""
    for version in versions:
        if comes_after(version, own.own):
            upgrade = "install a newer one, such as with pip install --upgrade copier-fastapi"
            message = f"{version} of the template is newer than this command, which is of {own.own}: {upgrade}"
            raise Refusal(message)
