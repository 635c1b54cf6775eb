"""A template that is not in a folder here is fetched once: from what this command brings, or from where it is."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager, suppress
from difflib import get_close_matches
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
def fetched(source: str, versions: Sequence[str], remedy: str) -> Generator[tuple[Path, str | None]]:
    """Lend a bare repository of a template, and with what this command brings the version that is its own.

    That is used if it has all the versions that are wanted; else the template is fetched. Raises Refusal, with the
    remedy, if it can't be reached, and if a version is newer than this command.
    """
    own = _own(source)
    if own:
        _check_age(own, versions)
    from_bundle = _brings(own, versions)
    with ExitStack() as stack:
        try:
            repository = stack.enter_context(_cloned(str(BUNDLE) if from_bundle else url_of(source)))
        except GitError as error:
            message = f"template {source} can't be reached ({error}): {_missing(own, versions) or remedy}"
            raise Refusal(message) from None
        yield repository, own.own if own and from_bundle else None


@contextmanager
def fetched_once(wanted: Iterable[tuple[str, Sequence[str]]]) -> Generator[None]:
    """Fetch templates, each in some versions, once for all that is done in the block; there it is told what fails."""
    places = set()
    for source, versions in wanted:
        with suppress(Refusal):
            if not is_folder(with_home(Path(source))):
                places.add(str(BUNDLE) if _brings(_own(source), versions) else url_of(source))
    with ExitStack() as stack:
        for place in places - _shared.keys():
            try:
                _shared[place] = stack.enter_context(_cloned(place))
            except GitError as error:
                _shared[place] = error
            stack.callback(_shared.pop, place)
        yield


@contextmanager
def _cloned(place: str) -> Generator[Path]:
    """Lend a bare clone; raises GitError if there can't be one."""
    if shared := _shared.get(place):
        if isinstance(shared, GitError):
            raise shared
        yield shared
        return
    with scratch_folder() as folder:
        git("clone", "--quiet", "--bare", "--", place, str(folder), at=Path.cwd())
        yield folder


def _missing(own: Brought | None, versions: Sequence[str]) -> str:
    """Return which version this command would have to be online for, and those that it brings."""
    missing = [version for version in versions if own and version not in own.versions]
    if not own or not missing:
        return ""
    meant = get_close_matches(missing[0], own.versions, n=1)
    did_you_mean = f", did you mean {meant[0]}?" if meant else ""
    brings = ", ".join(own.versions)
    return f"{missing[0]} is none of the versions that this command brings{did_you_mean}; these are {brings}"


def _brings(own: Brought | None, versions: Sequence[str]) -> bool:
    return own is not None and set(versions) <= set(own.versions)


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
