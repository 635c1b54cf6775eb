"""What the command costs, beside an interpreter with Typer, and beside bare Copier doing the same."""

import json
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparison import Comparison
from benchmarks.rounds import Work, environment

ROOT = Path(__file__).parents[1]
SCAFFOLD = str(Path(sys.executable).with_name("scaffold"))
COPIER = str(Path(sys.executable).with_name("copier"))
SIZES = (1, 10, 50)


@contextmanager
def comparisons() -> Generator[list[Comparison]]:
    """Yield what is compared; the projects it starts from are there until the block ends."""
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        template = two_versions_of_the_template(folder / "template")
        yield [
            *without_a_project(),
            *(comparison for size in SIZES for comparison in with_resources(folder / str(size), template, size)),
        ]


def without_a_project() -> list[Comparison]:
    """Return what anybody meets first: help, and a refusal."""
    typer = Work("Python with Typer imported", [sys.executable, "-c", "import typer"], nothing)
    wrong = [SCAFFOLD, "new", "p", "--defaults", "--database", "oracle"]
    return [
        Comparison(Work("--help", [SCAFFOLD, "--help"], nothing), typer, target=3),
        Comparison(Work("a refusal", wrong, nothing, code=2), typer, target=3),
    ]


def with_resources(folder: Path, template: Path, size: int) -> list[Comparison]:
    """Return what is done with a project of so many resources, all of one kind."""
    resources = {f"service_{number}": {"kind": "http"} for number in range(size)}
    more = {**resources, "reports": {"kind": "sqlite"}}
    answers = [f"--data=resources={json.dumps(resources)}", "--data=example=none"]
    copy = [COPIER, "copy", "--quiet", "--defaults"]
    starters = ["--database", "none", "--cache", "none", "--client", "none"]
    flags = [flag for name in resources for flag in ("--resource", f"{name}=http")]
    new = [SCAFFOLD, "new", "p", *starters, *flags, "--defaults", "--no-git", "--no-install", "--template"]
    folder.mkdir()
    subprocess.run([*copy, "--vcs-ref=v1", *answers, str(template), "."], cwd=folder, env=environment(), check=True)
    commit(folder)
    there = partial(copied, folder)
    update = [COPIER, "update", "--quiet", "--defaults"]
    number = f"{size} resource{'s' if size > 1 else ''}"
    return [
        Comparison(
            Work(f"new, {number}", [*new, str(template), "--ref", "v1"], nothing),
            Work(f"copier copy, {number}", [*copy, "--vcs-ref=v1", *answers, str(template), "p"], nothing),
            target=1,
        ),
        Comparison(
            Work(f"new-resource, {number}", [SCAFFOLD, "new-resource", "reports", "--kind", "sqlite"], there),
            Work(
                f"copier update, a resource more than {size}",
                [*update, "--vcs-ref=:current:", f"--data=resources={json.dumps(more)}"],
                there,
            ),
            target=0.6,
        ),
        Comparison(
            Work(f"update, {number}", [SCAFFOLD, "update", "--ref", "v2"], there),
            Work(f"copier update, {number}", [*update, "--vcs-ref=v2"], there),
        ),
        Comparison(
            Work(f"resources, {number}", [SCAFFOLD, "resources"], there),
            Work(f"git status, {number}", ["git", "status"], there),
        ),
    ]


def two_versions_of_the_template(folder: Path) -> Path:
    """Return a repository with what is here as `v1`, and as `v2` with a sentence more in each project's README."""
    folder.mkdir()
    shutil.copy(ROOT / "copier.yml", folder)
    shutil.copytree(ROOT / "template", folder / "template")
    commit(folder, "v1")
    with (folder / "template/project/README.md.jinja").open("a") as readme:
        readme.write("\nA sentence more.\n")
    commit(folder, "v2")
    # Packed, as a clone of it is.
    subprocess.run(["git", "gc", "--quiet"], cwd=folder, env=environment(), check=True)
    return folder


def commit(folder: Path, tag: str | None = None) -> None:
    """Put all of a folder into a repository there."""
    author = ["-c", "user.name=benchmarks", "-c", "user.email=benchmarks@localhost"]
    commands = [["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "--message", "all"]]
    for command in [*commands, *([["tag", tag]] if tag else [])]:
        subprocess.run(["git", *command], cwd=folder, env=environment(), check=True)


def nothing(_folder: Path) -> None:
    """Leave the folder empty."""


def copied(project: Path, folder: Path) -> None:
    """Put a copy of a project there."""
    shutil.copytree(project, folder, dirs_exist_ok=True, symlinks=True)
