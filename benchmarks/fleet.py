"""What many projects take in one call, beside one alone: by the command, and by bare Copier."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.command import COPIER, SCAFFOLD, commit, copied, two_versions_of_the_template
from benchmarks.comparison import Comparison
from benchmarks.rounds import Work, environment

# How many, and how many single updates they may take as long as.
TARGETS = {20: 8, 100: 40}


@contextmanager
def comparisons() -> Generator[list[Comparison]]:
    """Yield what is compared; the project that all are copies of is there until the block ends."""
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        template = two_versions_of_the_template(folder / "template")
        project = folder / "project"
        copy = [COPIER, "copy", "--quiet", "--defaults", "--vcs-ref=v1", str(template), str(project)]
        subprocess.run(copy, cwd=folder, env=environment(), check=True)
        commit(project)
        alone = Work("update, one project", [SCAFFOLD, "update", "--no-install"], partial(copied, project))
        bare = Work("copier update, one project", [COPIER, "update", "--quiet", "--defaults"], partial(copied, project))
        yield [
            Comparison(alone, bare),
            *(
                Comparison(of_many(number, project), one, target=TARGETS[number] if one is alone else None)
                for number in TARGETS
                for one in (alone, bare)
            ),
        ]


def of_many(number: int, project: Path) -> Work:
    """Return the update of some copies of a project."""
    names = [f"services/{service}" for service in range(number)]

    def prepare(folder: Path) -> None:
        for name in names:
            copied(project, folder / name)

    return Work(f"update, {number} projects", [SCAFFOLD, "update", *names, "--no-install"], prepare)
