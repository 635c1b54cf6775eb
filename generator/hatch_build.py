"""Puts the releases of the template into a wheel and an sdist, in one bundle that git can fetch from.

A release is one commit without a parent, which holds copier.yml and template/, by nobody, at a fixed time: its hash is
the same from whichever clone it is built, a shallow one too. An sdist carries the bundle, so a wheel can be built from
it where there is no repository.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.version import InvalidVersion, Version

PACKAGE = Path("generator/scaffold")
BUNDLE = "template.bundle"
TEMPLATE = ("copier.yml", "template")
# The tree that has no file.
NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "scaffold"), ("EMAIL", "scaffold@localhost"), ("DATE", "2000-01-01T00:00:00+0000"))
}


class CustomBuildHook(BuildHookInterface[BuilderConfig]):
    """What hatchling calls for each wheel and sdist."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Add the bundle to what is built; an editable installation finds the template in its clone."""
        root = Path(self.root)
        if version == "editable" or (root / PACKAGE / BUNDLE).exists():
            return
        if not (root / ".git").exists():
            self.app.abort(f"{root} has no git repository and no {PACKAGE / BUNDLE}: build from a clone or an sdist")
        self._workshop = tempfile.TemporaryDirectory()
        try:
            bundle = bundled(root, Path(self._workshop.name))
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.abort(f"the releases of the template can't be put into a bundle: {error}")
        folder = PACKAGE.name if self.target_name == "wheel" else PACKAGE
        build_data["force_include"] = {str(bundle): f"{folder}/{BUNDLE}"}

    def finalize(self, _version: str, _build_data: dict[str, object], _artifact_path: str) -> None:
        """Remove what was made on the way."""
        if hasattr(self, "_workshop"):
            self._workshop.cleanup()


def bundled(root: Path, workshop: Path) -> Path:
    """Make the bundle of a clone's releases and of its present commit; returns where it lies.

    The clone itself gets no object of it. Raises subprocess.CalledProcessError if git can't.
    """
    repository, bundle = workshop / "releases", workshop / BUNDLE
    git(root, "init", "--quiet", "--object-format=sha1", "--bare", str(repository))
    objects = git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    (repository / "objects/info/alternates").write_text(f"{objects}\n")
    for name in [*releases(root), present(root)]:
        commit = released(root, repository, name)
        git(repository, "update-ref", f"refs/tags/{name}", commit)
        git(repository, "update-ref", "--no-deref", "HEAD", commit)
    # Packed anew: otherwise the bytes depend on how the clone has packed its objects.
    git(repository, "repack", "--quiet", "-adF", "--threads=1")
    git(repository, "bundle", "create", "--quiet", str(bundle), "HEAD", "--tags")
    return bundle


def releases(root: Path) -> list[str]:
    """Return the tags of the releases that the present commit comes from, the oldest first."""
    found: list[tuple[Version, str]] = []
    for tag in git(root, "tag", "--merged", "HEAD", "--list", "v*").split():
        try:
            found.append((Version(tag), tag))
        except InvalidVersion:
            continue
    return [tag for _, tag in sorted(found)]


def present(root: Path) -> str:
    """Return the present commit's release, or its name by the last one before, by which git finds it too."""
    return git(root, "describe", "--tags", "--match", "v*", "--always", "--abbrev=12", "HEAD")


def released(root: Path, repository: Path, name: str) -> str:
    """Store what a version has of the template as a commit of its own, and return that."""
    # A clone without blobs, as pip makes it of a URL, fetches those that a difference has to read.
    git(root, "diff", "--numstat", NOTHING, f"{name}^{{tree}}", "--", *TEMPLATE)
    entries = git(root, "ls-tree", f"{name}^{{commit}}", *TEMPLATE)
    tree = git(repository, "mktree", stdin=f"{entries}\n")
    return git(repository, "commit-tree", tree, "-m", name)


def git(at: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run git in a folder, and return what it printed."""
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("GIT_")}, **NOBODY}
    command = ["git", "-c", "pack.threads=1", "-c", "i18n.commitEncoding=utf-8", *arguments]
    ended = subprocess.run(command, cwd=at, env=env, input=stdin, stdout=subprocess.PIPE, text=True, check=True)
    return ended.stdout.strip()
