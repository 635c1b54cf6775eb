"""Projects that exist, and commands given in them."""

import functools
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from projects import commit_all, files, make
from scaffold.cli import run

from changing.releases import (
    PACKAGE,
    ask_another_question,
    change_a_function,
    cloned,
    edit,
    made_from,
    move_a_test_module,
    release,
)

NONE: dict[str, object] = {"database": "none", "cache": "none", "clients": "none"}
STARTS: dict[str, dict[str, object]] = {"default": {}, "nothing": NONE}


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A project in a repository of its own, and the command given in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def scaffold(self, *arguments: str) -> Ended:
        """Give a command, installing nothing."""
        wanted = [] if arguments[0] in ("resources", "status") else ["--no-install"]
        where = [str(self.folder)] if arguments[0] in ("update", "status") else ["--project", str(self.folder)]
        self.capture.readouterr()
        code = run([*arguments, *where, *wanted])
        said = self.capture.readouterr()
        return Ended(code, said.out, said.err)

    def change(self, *arguments: str) -> Ended:
        """Give a command that has to succeed."""
        ended = self.scaffold(*arguments)
        assert ended.code == 0, ended
        return ended

    def git(self, *arguments: str) -> str:
        """Run git in the project."""
        identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
        return subprocess.check_output(
            ["git", *identity, *arguments], cwd=self.folder, text=True, stderr=subprocess.STDOUT
        )

    def commit(self, message: str = "edit") -> None:
        """Commit what there is."""
        self.git("add", "-A")
        self.git("commit", "-q", "--no-gpg-sign", "--allow-empty", "-m", message)

    def read(self, path: str) -> str:
        """Return a file's text."""
        return (self.folder / path).read_text()

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace something that stands in a file once, and commit that."""
        text = self.read(path)
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {path}"
        (self.folder / path).write_text(text.replace(before, after))
        self.commit()

    def write(self, path: str, text: str) -> None:
        """Add a file, and commit it."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        self.commit()

    def answers(self) -> dict[str, object]:
        """Return what the project is made of."""
        found = yaml.safe_load(self.read(".copier-answers.yml"))
        assert isinstance(found, dict)
        return found

    def resources(self) -> list[str]:
        """Return the names of its resources."""
        found = self.answers()["resources"]
        assert isinstance(found, dict)
        return sorted(found)

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and bytes of every file."""
        return files(self.folder)


@pytest.fixture(scope="session")
def kills(pytestconfig: pytest.Config) -> int:
    """Return how often a command is killed."""
    return 240 if pytestconfig.getoption("--long") else 40


MakeProject = Callable[..., Project]


@pytest.fixture(scope="session")
def starts(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what makes a project to start from, once, committed."""
    folder = tmp_path_factory.mktemp("starts")

    @functools.cache
    def made(start: str) -> Path:
        return commit_all(make(template, folder / start, project_name="P", **STARTS[start]))

    return made


@pytest.fixture
def make_project(starts: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> MakeProject:
    """Return what copies a project to start from."""

    def copy(start: str = "default", folder: str = "p") -> Project:
        shutil.copytree(starts(start), tmp_path / folder, symlinks=True)
        return Project(tmp_path / folder, capsys)

    return copy


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """Return a default project."""
    return make_project()


@pytest.fixture(scope="session")
def releases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template with two releases, and a commit after them.

    v0.2.0 has a changed function, a moved file, a new setting, a new question.
    """
    repository = cloned(template, tmp_path_factory.mktemp("releases") / "template")
    change_a_function(repository)
    edit(
        repository,
        f"{PACKAGE}/settings.py.jinja",
        "ready_timeout: Seconds = 2",
        "ready_timeout: Seconds = 2\n    start_timeout: Seconds = 60",
    )
    move_a_test_module(repository)
    ask_another_question(repository)
    release(repository, "v0.2.0")
    edit(repository, "template/project/README.md.jinja", "## License", "## Licence")
    release(repository, "later")
    return repository


def released(releases: Path, folder: Path, ref: str, capture: pytest.CaptureFixture[str]) -> Project:
    """Return a project made from a release, committed."""
    shutil.copytree(_made(releases, ref), folder, symlinks=True)
    return Project(folder, capture)


@functools.cache
def _made(releases: Path, ref: str) -> Path:
    return made_from(releases, ref, releases.parent / ref)


@pytest.fixture
def old(releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Return a project made from v0.1.0."""
    return released(releases, tmp_path / "p", "v0.1.0", capsys)
