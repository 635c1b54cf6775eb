"""Where the template is and which version of it: always a commit, never uncommitted files."""

import io
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from scaffold.bundle import brought
from scaffold.errors import Refusal
from scaffold.fetching import CANONICAL, fetched, url_of
from scaffold.git import GitError, git, run_git
from scaffold.paths import is_folder, with_home
from scaffold.versions import HASH, comes_after, newest_release

try:
    from yaml import CSafeLoader as SafeLoader  # many times as fast
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class _Loader(SafeLoader):
    """Reads what a template describes; what it includes is read elsewhere."""


_Loader.add_constructor("!include", lambda _loader, _node: None)


@dataclass(frozen=True)
class Template:
    """One version of a template.

    `source` is what a project records: a URL or an absolute path. `ref` is a tag or a full commit
    hash. `repository` is where git finds that version on this machine, and `url` what it was fetched from, if it was.
    """

    source: str
    ref: str
    repository: Path
    url: str | None = None

    @property
    def name(self) -> str:
        """What its version is called in a list: a hash is cut short."""
        return self.ref[:12] if HASH.fullmatch(self.ref) else self.ref

    def texts(self, paths: Sequence[str]) -> Iterator[str]:
        """Yield the texts of some of its files, all asked of git at once; raises Refusal if one isn't there."""
        wanted = "".join(f"{self.ref}:{path}\n" for path in paths)
        found = io.BytesIO(run_git("cat-file", "--batch", at=self.repository, stdin=os.fsencode(wanted)))
        for path in paths:
            _, kind, *size = found.readline().rsplit(maxsplit=2)
            if kind != b"blob":
                reason = f"there is no {path}"
                raise self.broken(reason)
            yield os.fsdecode(found.read(int(size[0]) + 1)[:-1])

    def mapping(self, path: str, text: str, without: str) -> dict[str, object]:
        """Return what the text of one of its files maps; raises Refusal if it is no YAML, or `without` a mapping."""
        try:
            found = described(text)
        except yaml.YAMLError as error:
            reason = f"{path} is no YAML ({' '.join(str(error).split())})"
            raise self.broken(reason) from None
        if not isinstance(found, dict):
            reason = f"{path} {without}"
            raise self.broken(reason)
        return found

    def broken(self, reason: str) -> Refusal:
        """Return what to raise where it is no template of this command's."""
        return Refusal(f"template {self.source} is broken at {self.ref}: {reason}: mend it, or give another with --ref")

    def paths(self, folder: str) -> list[str]:
        """Return the paths of the files below a folder."""
        return list(self.blobs(folder, self.ref))

    def blobs(self, folder: str, version: str) -> dict[str, str]:
        """Return the files below a folder in some version, by their paths; nothing if there is no such version."""
        try:
            listed = git("ls-tree", "-r", "-z", version, "--", f"{folder}/", at=self.repository)
        except GitError:
            return {}
        items = (item.split("\t", 1) for item in listed.split("\0") if item)
        return {path: description.split()[2] for description, path in items}


def described(text: str) -> object:
    """Return what a file of a template says in YAML; raises yaml.YAMLError if it isn't any."""
    return cast("object", yaml.load(text, Loader=_Loader))


@contextmanager
def find_template(
    source: str | None,
    ref: str | None,
    *,
    since: str | None = None,
    remedy: str = "give its folder or URL with --template",
    unknown: str = "give a tag, a branch or a commit with --ref",
) -> Generator[Template]:
    """Find a template: the given one, or the clone this command runs from, or the canonical one.

    Without a ref it is the newest release, or the newest commit where nothing was released; of
    the releases that an installed command brings, its own. `since` is a version that has to be found
    there too, if there is such a place. Raises Refusal, with the remedy if the template can't be
    reached, and with what to do if it doesn't know the ref.
    """
    source = source or own_clone() or CANONICAL
    if source.startswith("file://"):
        source = f"git+{source}"  # Copier takes it for a folder otherwise
    local = with_home(Path(source))
    if is_folder(local):
        yield _version(str(local.resolve()), _root(local.resolve()), ref, unknown)
        return
    with fetched(source, [version for version in (ref, since) if version], remedy) as (repository, own):
        yield _version(source, repository, ref or own, unknown, url_of(source))


def own_clone() -> str | None:
    """Return the clone of the template that this command runs from, if it does and brings no releases itself."""
    root = Path(__file__).parents[2]
    return str(root) if (root / "copier.yml").is_file() and not brought() else None


def _root(folder: Path) -> Path:
    try:
        root = Path(git("rev-parse", "--show-toplevel", at=folder).strip())
    except GitError as error:
        message = f"template {folder} is no git repository ({error}): a project records the commit it was made from"
        if _is_bare(folder):
            message = f"template {folder} is a bare repository: give it as git+file://{folder}"
        raise Refusal(message) from None
    if root != folder:
        message = f"template {folder} is a folder of the git repository {root}: give the repository's own folder"
        raise Refusal(message)
    return root


def _is_bare(folder: Path) -> bool:
    try:
        return git("rev-parse", "--is-bare-repository", at=folder).strip() == "true"
    except GitError:
        return False


def _version(source: str, repository: Path, ref: str | None, unknown: str, url: str | None = None) -> Template:
    tags = git("tag", "--list", at=repository).split()
    if ref is None:
        ref = newest_release(tags) or "HEAD"
    if ref in tags:
        return Template(source, ref, repository, url)
    try:
        commit = _commit(ref, repository)
    except GitError:
        known = f"its releases are {', '.join(tags)}" if tags else "it has no releases yet"
        message = f"template {source} has no {ref}: {known}; {unknown}"
        raise Refusal(message) from None
    return Template(source, commit, repository, url)


def is_older(template: Template, version: str) -> bool:
    """Return whether another version, if this template has it, came after this one."""
    if (told := comes_after(version, template.ref)) is not None:
        return told
    try:
        later, own = _commit(version, template.repository), _commit(template.ref, template.repository)
        git("merge-base", "--is-ancestor", own, later, at=template.repository)
    except GitError:
        return False
    return own != later


def knows(template: Template, version: str) -> bool:
    """Return whether a template's repository has another version."""
    try:
        return bool(_commit(version, template.repository))
    except GitError:
        return False


def is_newer(template: Template, version: str) -> bool:
    """Return whether this version came after another one that the template has."""
    if (told := comes_after(template.ref, version)) is not None:
        return told
    own, other = _commit(template.ref, template.repository), _commit(version, template.repository)
    return own != other and not is_older(template, version)


def _commit(ref: str, repository: Path) -> str:
    return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", at=repository).strip()
