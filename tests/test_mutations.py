"""Each promise has a mutation: a small patch, to a project or to the command, that a test must catch."""

import functools
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import pytest
from projects import BOUNDED, ROOT, TIDY, WITHOUT, clean_environment, make, run

Ended = subprocess.CompletedProcess[str]
MUTATIONS = ROOT / "tests/mutations"
# What pytest says because FastAPI has imported one of its plugins.
WARM = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
# Which answers make the project that the patches of a folder are for.
ANSWERS: dict[str, dict[str, object]] = {
    "project": {},
    "postgresql": {"database": "postgresql", "operations": True},
    "redis": {"cache": "redis"},
    "operations": {"operations": True},
    "security": {"security": True},
    "observed": {"telemetry": True, "metrics": True, "cache": "redis"},
}
PATCHES = [(folder, path) for folder in ANSWERS for path in sorted((MUTATIONS / folder).glob("*.toml"))]


@dataclass(frozen=True)
class Mutation:
    """A promise, the patch that breaks it, and the tests that have to turn red."""

    promise: str
    file: str
    before: str
    after: str
    caught_by: list[str]

    def apply(self, folder: Path) -> None:
        """Patch the project, or the copy of the command; the place has to be there, once."""
        path = folder / self.file
        source = path.read_text()
        assert source.count(self.before) == 1, (
            f"{self.before!r} stands {source.count(self.before)} times in {self.file}"
        )
        path.write_text(source.replace(self.before, self.after))


def read(path: Path) -> Mutation:
    """Read a mutation."""
    return Mutation(**tomllib.loads(path.read_text()))


@pytest.fixture(scope="session")
def healthy(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what makes a project for the patches of a folder, once; test_projects.py runs its whole suite."""

    @functools.cache
    def made(folder: str) -> Path:
        project = make(template, tmp_path_factory.mktemp("healthy") / "mutant", **ANSWERS[folder])
        # Compiled once, for all the copies.
        run(project, "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", PYTHONDONTWRITEBYTECODE="")
        return project

    return made


@pytest.fixture(scope="session")
def run_warm(tmp_path_factory: pytest.TempPathFactory) -> Generator[Callable[[Path, str], Ended]]:
    """Return what runs tests of a project until one fails: in a second less than a new interpreter takes."""
    said = tmp_path_factory.mktemp("warm") / "said"
    command = [sys.executable, "-P", str(ROOT / "tests/warm.py")]
    environment = {**clean_environment(), **TIDY}
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, env=environment, text=True) as process:
        asked, told = process.stdin, process.stdout
        assert asked is not None
        assert told is not None

        def run_tests(project: Path, tests: str) -> Ended:
            options = [*WARM, "-q", "-x", "-m", "", *WITHOUT, *BOUNDED, tests]
            print(shlex.join([str(project), str(said), *options]), file=asked, flush=True)
            code = int(told.readline())
            return subprocess.CompletedProcess(options, code, said.read_text())

        yield run_tests


@pytest.mark.parametrize(("folder", "path"), PATCHES, ids=[path.stem for _, path in PATCHES])
def test_the_suite_catches_a_broken_promise(
    healthy: Callable[[str], Path], run_warm: Callable[[Path, str], Ended], tmp_path: Path, folder: str, path: Path
) -> None:
    """Every test that is named turns red: it fails, it isn't merely unable to run."""
    mutation = read(path)
    mutant = tmp_path / "mutant"
    shutil.copytree(healthy(folder), mutant)
    mutation.apply(mutant)
    for test in mutation.caught_by:
        check_it_fails(mutation, test, run_warm(mutant, test))


def check_it_fails(mutation: Mutation, test: str, ended: Ended) -> None:
    """Assert that a test turned red: it failed, it was not merely unable to run."""
    assert ended.returncode == 1, f"{mutation.promise}: {test} survived\n{ended.stdout}"
    assert f"\nFAILED {test}" in ended.stdout, ended.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of this repository, with an environment in which its command is the one that is installed."""
    copy = tmp_path / "copy"
    for name in ("generator", "template", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("copier.yml", "LICENSE", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    venv.create(copy / ".venv", symlinks=True)
    [packages] = (copy / ".venv").glob("lib/*/site-packages")
    (packages / "copy.pth").write_text(f"{copy / 'generator'}\n{sysconfig.get_path('purelib')}\n")
    return copy


@pytest.mark.parametrize("path", sorted(MUTATIONS.glob("command/*.toml")), ids=lambda path: path.stem)
def test_a_test_catches_a_broken_promise_of_the_command(copy: Path, path: Path) -> None:
    """Every test that is named turns red."""
    mutation = read(path)
    mutation.apply(copy)
    for test in mutation.caught_by:
        command = [str(copy / ".venv/bin/python"), "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", test]
        tools = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
        environment = {**clean_environment(), **TIDY, "PATH": tools}
        ended = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        check_it_fails(mutation, test, ended)
