"""A project edited for a year: sixty commits, and the template's next version after every tenth."""

from collections import Counter
from pathlib import Path

import pytest
from projects import run_suite, tools_complain

from changing.conftest import Project
from changing.edits import everywhere, lines, lines_in
from changing.releases import VERSIONS, cloned, made_again, made_from, release_all
from changing.year import COMMITS

# What a person makes of a conflict, having looked at it: the new name, and our own value.
SETTLED = {"src/p/settings.py": everywhere(r"close_timeout", "closing_timeout", "src/p/settings.py")}


def made_by_the_template(project: Project, template: Path, folder: Path) -> Counter[str]:
    """Return the lines that a project has of the template."""
    made = made_again(template, project.answers(), folder)
    return lines_in(made, (str(path.relative_to(made)) for path in made.rglob("*")))


def update(project: Project, version: str, mine: Counter[str]) -> list[str]:
    """Bring a project to a version, losing nothing; returns the files that were in conflict, which are settled."""
    ended = project.scaffold("update", "--ref", version)
    conflicts = project.git("diff", "--name-only", "--diff-filter=U").splitlines()
    assert ended.code == (1 if conflicts else 0), ended
    lost = mine - lines(project)
    assert not lost, lost
    for path in conflicts:
        project.git("checkout", "--ours", "--", path)
        SETTLED[path](project)
    return conflicts


@pytest.fixture
def year(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Project, dict[str, list[str]]]:
    """Return a project that has lived through it, and what was in conflict with each version."""
    repository = cloned(template, tmp_path / "template")
    release_all(repository)
    project = Project(made_from(repository, VERSIONS[0], tmp_path / "p"), capsys)
    found: dict[str, list[str]] = {}
    for number, (message, change) in enumerate(COMMITS.items(), 1):
        change(project)
        project.commit(message)
        if number % 10 == 0:
            version = VERSIONS[number // 10]
            mine = lines(project) - made_by_the_template(project, repository, tmp_path / version)
            found[version] = update(project, version, mine)
            project.commit(f"Template {version}")
    return project, found


def test_a_year(year: tuple[Project, dict[str, list[str]]], bench: Path) -> None:
    """Nothing is lost, a person is needed once in the year, and all tools are content in the end."""
    project, found = year
    assert len(COMMITS) == 60
    assert {version: paths for version, paths in found.items() if paths} == {"v0.4.0": ["src/p/settings.py"]}
    suite = run_suite(project.folder, slow=False)
    assert suite.returncode == 0, suite.stdout
    assert not tools_complain(project.folder, bench)
