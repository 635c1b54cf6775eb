"""What a project is made of decides what it is, not how it came to that."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects import files, given, make

from changing.conftest import MakeProject, Project

KINDS = {"sqlite": "", "postgresql": "", "memory": "max_entries=7", "redis": "", "http": "base_url=https://x.example/a"}
NAMES = ["db2", "db10", "a_b", "aa", "billing", "x1", "search"]


def step(project: Project, chance: random.Random) -> None:
    """Add a resource or take one out, any but the example's database, whose revision stays."""
    present = project.resources()
    free = [name for name in NAMES if name not in present]
    removable = [name for name in present if name != "database"]
    if removable and (chance.random() < 0.4 or not free):
        project.change("remove-resource", chance.choice(removable))
        return
    kind = chance.choice(sorted(KINDS))
    settings = ["--set", KINDS[kind]] if KINDS[kind] and chance.random() < 0.5 else []
    project.change("new-resource", chance.choice(free), "--kind", kind, *settings)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try more sequences when there is time."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(60 if metafunc.config.getoption("--long") else 6))


def test_the_way_does_not_matter(make_project: MakeProject, template: Path, tmp_path: Path, seed: int) -> None:
    """Any sequence of commands, none committed, gives what Copier makes of the same answers at once, or later."""
    chance = random.Random(seed)
    project = make_project(chance.choice(["default", "nothing"]), "p")
    for _ in range(chance.randint(2, 5)):
        step(project, chance)
    assert project.files() == files(make(template, tmp_path / "at-once", **given(project.answers())))


def test_it_is_what_copier_would_update_to(project: Project, make_project: MakeProject) -> None:
    """Plain `copier update` from the same start comes to the same bytes."""
    project.change("new-resource", "reports", "--kind", "sqlite")
    project.change("new-resource", "billing", "--kind", "http", "--set", "base_url=https://billing.example")
    project.change("remove-resource", "upstream")
    found = project.answers()
    other = make_project("default", "q")
    data = [
        f"--data={key}={yaml.safe_dump(found[key], default_flow_style=True, width=1000)}"
        for key in ("resources", "example")
    ]
    command = [sys.executable, "-m", "copier", "update", "--quiet", "--defaults", "--vcs-ref=:current:", *data]
    subprocess.run(command, cwd=other.folder, check=True, capture_output=True)
    assert project.files() == other.files()


def test_adding_and_removing_leaves_nothing(project: Project) -> None:
    """Not even a staged change."""
    before = project.files()
    project.change("new-resource", "reports", "--kind", "sqlite")
    assert project.files() != before
    project.change("remove-resource", "reports")
    assert project.files() == before
    assert project.git("status", "--porcelain") == ""


def test_scaffold_new_makes_the_same(project: Project, template: Path, tmp_path: Path) -> None:
    """The fourth way."""
    from scaffold.cli import run

    project.change("new-resource", "reports", "--kind", "sqlite")
    flags = ["--resource", "reports=sqlite", "--name", "P", "--template", str(template), "--ref", "HEAD"]
    code = run(
        [
            "new",
            str(tmp_path / "new" / "p"),
            "--defaults",
            "--no-install",
            "--no-git",
            *flags,
            "--data",
            "example={database: database, cache: cache, client: upstream}",
        ]
    )
    assert code == 0
    assert files(tmp_path / "new" / "p") == project.files()
