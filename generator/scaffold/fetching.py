"""A template that is not in a folder here is fetched once: from what this command brings, or from where it is."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scaffold.bundle import BUNDLE, Brought, brought
from scaffold.errors import Refusal
from scaffold.git import GitError, git
from scaffold.paths import is_folder, with_home
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


# What is lent to all projects of a command, by what it was cloned from: a repository, or why there is none.
_shared: dict[str, Path | GitError] = {}


@contextmanager
def fetched(source: str, versions: Sequence[str], remedy: str) -> Iterator[tuple[Path, str | None]]:
    """Lend a bare repository of a template, and with what this command brings the version that is its own.

    That is used if it has all the versions that are wanted; else the template is fetched. Raises Refusal, with the
    remedy, if it can't be reached, and if a version is newer than this command.
    """
    own = _own(source)
    if own:
        _check_age(own, versions)
    brought = own if own and set(versions) <= set(own.versions) else None
    with ExitStack() as stack:
        try:
            repository = stack.enter_context(_cloned(str(BUNDLE) if brought else url_of(source)))
        except GitError as error:
            brings = f"; this command itself brings only {', '.join(own.versions)}" if own else ""
            message = f"template {source} can't be reached ({error}){brings}: {remedy}"
            raise Refusal(message) from None
        yield repository, brought.own if brought else None


@contextmanager
def fetched_once(wanted: Iterable[tuple[str, Sequence[str]]]) -> Iterator[None]:
    """Fetch templates, each in some versions, once for all that is done in the block; there it is told what fails."""
    places = {
        str(BUNDLE) if (own := _own(source)) and set(versions) <= set(own.versions) else url_of(source)
        for source, versions in wanted
        if not is_folder(with_home(Path(source)))
    }
    with ExitStack() as stack:
        for place in places:
            try:
                _shared[place] = stack.enter_context(_cloned(place))
            except GitError as error:
                _shared[place] = error
        try:
            yield
        finally:
            _shared.clear()


@contextmanager
def _cloned(place: str) -> Iterator[Path]:
    """Lend a bare clone; raises GitError if there can't be one."""
    if shared := _shared.get(place):
        if isinstance(shared, GitError):
            raise shared
        yield shared
        return
    with scratch_folder() as folder:
        git("clone", "--quiet", "--bare", "--", place, str(folder), at=Path.cwd())
        yield folder


def _own(source: str) -> Brought | None:
    """Return what this command brings of a template: of its own one only."""
    return brought() if url_of(source) == url_of(CANONICAL) else None


def _check_age(own: Brought, versions: Sequence[str]) -> None:
    """Raise Refusal for a version of the template that came after this command."""
    for version in versions:
        if comes_after(version, own.own):
            upgrade = "install a newer one, such as with pip install --upgrade copier-fastapi"
            message = f"{version} of the template is newer than this command, which is of {own.own}: {upgrade}"
            raise Refusal(message)
