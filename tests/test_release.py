"""A release is whole, or none: checked, tagged, built, and used offline from where nothing else is."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from projects import ROOT, clean_environment, commit_all
from wheels import OFFLINE

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SOMEBODY = {f"GIT_{role}_{what}": "somebody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
# As if the wheel's requirements had been downloaded.
DOWNLOADED = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PYTHONPATH": str(Path(copier.__file__).parents[1])}


def release(clone: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Release a version of a clone, in this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), sysconfig.get_path("scripts"), os.environ["PATH"]])
    return subprocess.run(
        [".ci/release", *arguments],
        cwd=clone,
        env={**clean_environment(), **SOMEBODY, **OFFLINE, **DOWNLOADED, "PATH": path, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def said_by_git(clone: Path, *arguments: str) -> str:
    """Return what git says of a clone."""
    return subprocess.check_output(["git", *arguments], cwd=clone, text=True)


def test_a_release_is_tagged_built_and_used(clone: Path) -> None:
    """Wheel and sdist lie in dist; the changelog and what the version has are committed."""
    ended = release(clone, VERSION)
    assert ended.returncode == 0, ended
    assert {path.suffix for path in (clone / "dist").glob("copier_fastapi-*")} == {".whl", ".gz"}
    assert said_by_git(clone, "describe", "--exact-match", "--tags") == f"v{VERSION}\n"
    assert said_by_git(clone, "status", "--porcelain") == ""
    assert re.search(rf"^## {VERSION} \(\d{{4}}-\d\d-\d\d\)$", (clone / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert f"version: {VERSION}\n" in (clone / "tests/released.yml").read_text()
    again = release(clone, VERSION)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


def another_version(clone: Path) -> None:
    """Have another version in pyproject.toml."""
    path = clone / "pyproject.toml"
    path.write_text(path.read_text().replace(f'version = "{VERSION}"', 'version = "9.9.9"'))


def no_notes(clone: Path) -> None:
    """Have no notes of the version."""
    (clone / f"template/versions/{VERSION}.yml").unlink()


def nothing_new(clone: Path) -> None:
    """Have nothing to release in the changelog."""
    path = clone / "CHANGELOG.md"
    path.write_text(path.read_text().replace("## Unreleased\n", "## 0.0.1\n"))


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "another version": (another_version, f"pyproject.toml has another version: write {VERSION} there"),
    "no notes": (no_notes, f"there is no template/versions/{VERSION}.yml"),
    "nothing new": (nothing_new, "CHANGELOG.md has nothing under ## Unreleased"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_ready_is_refused(clone: Path, what: str) -> None:
    """In one line, before anything is done."""
    change, line = REFUSED[what]
    change(clone)
    commit_all(clone)
    ended = release(clone, VERSION)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert line in ended.stderr
    assert said_by_git(clone, "tag") == ""


def test_changes_are_refused(clone: Path) -> None:
    """And so is a version that is none."""
    assert "say which version" in release(clone).stderr
    (clone / "README.md").write_text("")
    assert "there are changes: commit them" in release(clone, VERSION).stderr


def test_a_release_that_does_not_work_is_none(clone: Path) -> None:
    """A wheel that can't be used: no tag, no commit, no file is left."""
    path = clone / "generator/scaffold/bundle.py"
    path.write_text(path.read_text().replace('"template.bundle"', '"template.bundel"'))
    commit_all(clone)
    head = said_by_git(clone, "rev-parse", "HEAD")
    ended = release(clone, VERSION)
    assert ended.returncode != 0
    assert ended.stderr.endswith("release: nothing is released, all is as before\n")
    assert said_by_git(clone, "tag") == said_by_git(clone, "status", "--porcelain") == ""
    assert said_by_git(clone, "rev-parse", "HEAD") == head
    assert not (clone / "dist").exists()
