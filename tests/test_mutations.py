"""Each promise has a mutation: a small patch to a project that the project's own suite must catch."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from projects import make, run_suite

FOLDER = Path(__file__).parent / "mutations"


@dataclass(frozen=True)
class Mutation:
    """A promise, the patch that breaks it, and the shipped tests that have to turn red."""

    promise: str
    file: str
    before: str
    after: str
    caught_by: list[str]

    def apply(self, project: Path) -> None:
        """Patch the project; the place has to be there, once."""
        path = project / self.file
        source = path.read_text()
        assert source.count(self.before) == 1, (
            f"{self.before!r} stands {source.count(self.before)} times in {self.file}"
        )
        path.write_text(source.replace(self.before, self.after))


def read(path: Path) -> Mutation:
    """Read a mutation."""
    return Mutation(**tomllib.loads(path.read_text()))


@pytest.fixture(scope="session")
def healthy(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a default project whose suite is green."""
    project = make(template, tmp_path_factory.mktemp("healthy") / "mutant")
    ended = run_suite(project)
    assert ended.returncode == 0, ended.stdout
    return project


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_the_suite_catches_a_broken_promise(healthy: Path, tmp_path: Path, path: Path) -> None:
    """Every test that is named turns red: it fails, it isn't merely unable to run."""
    mutation = read(path)
    mutant = tmp_path / "mutant"
    shutil.copytree(healthy, mutant)
    mutation.apply(mutant)
    for test in mutation.caught_by:
        ended = run_suite(mutant, test)
        assert ended.returncode == 1, f"{mutation.promise}: {test} survived\n{ended.stdout}"
        assert f"\nFAILED {test}" in ended.stdout, ended.stdout
