"""What other generators and plain updates were seen to do to a project, each under its name: it doesn't happen here."""

import json
import re
from pathlib import Path

import pytest

from changing.conftest import Project
from changing.releases import cloned, edit, made_from, move_modules, release

OWN = "OWN = 1  # mine\n"


def append(project: Project, *paths: str) -> None:
    """Add a line of the user's to files, and commit that."""
    for path in paths:
        (project.folder / path).write_text(project.read(path) + OWN)
    project.commit()


def test_an_edited_file_deleted_by_remove(project: Project) -> None:
    """Whichever file of the resource was edited; the refusal names it and shows the line."""
    files = ["src/p/dependencies/upstream.py", "src/p/http_client.py", "tests/test_upstream.py"]
    for path in files:
        append(project, path)
        refused = project.scaffold("remove-resource", "upstream")
        assert refused.code == 2
        assert path in refused.err
        assert f"+{OWN}" in refused.err
        assert OWN in project.read(path)


def test_files_of_another_resource_removed_with_it(project: Project) -> None:
    """What two of a kind share stays with the other, and so does all that is only the other's."""
    project.change("new-resource", "up", "--kind", "http")
    others = {path: entry for path, entry in project.files().items() if "up.py" in path or "http_client" in path}
    assert len(others) == 3
    project.change("remove-resource", "upstream")
    assert {path: project.files().get(path) for path in others} == others


def test_shared_files_overwritten_by_add(project: Project) -> None:
    """A line at the end of every file that there is, but those that are data, is there afterwards."""
    paths = [path for path in project.files() if path.endswith((".py", ".md", ".gitignore"))]
    append(project, *paths)
    for kind in ("sqlite", "postgresql", "redis"):
        project.scaffold("new-resource", f"second_{kind}", "--kind", kind)
        project.commit()
    assert [path for path in paths if OWN.strip() not in project.read(path)] == []


@pytest.mark.parametrize("name", ["cache", "database", "upstream"])
def test_wiring_left_by_remove(project: Project, name: str) -> None:
    """No file but the revisions says anything of it, neither the example nor a setting."""
    project.change("remove-resource", name)
    wiring = re.compile(rf"dependencies.{name}|\b{name.upper()}_".encode())
    left = [path for path, (_, content) in project.files().items() if wiring.search(content)]
    assert [path for path in left if "/migrations/" not in path] == []
    assert name not in project.read("src/p/dependencies/__init__.py")


@pytest.fixture
def moving(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Return a project whose template moves modules in its next version, and drops one in the version after that."""
    repository = cloned(template, tmp_path / "template")
    move_modules(repository)
    release(repository, "v0.2.0")
    edit(repository, "template/project/tests/endings.py", '"""', '"""Gone. ')
    (repository / "template/project/tests/loopback.py").unlink()
    release(repository, "v0.3.0")
    return Project(made_from(repository, "v0.1.0", tmp_path / "p"), capsys)


def test_an_edit_lost_in_a_moved_file(moving: Project) -> None:
    """It goes where the file goes."""
    append(moving, "src/p/errors.py", "tests/silent_client.py")
    moving.change("update", "--ref", "v0.2.0")
    for before, after in (("src/p/errors.py", "src/p/failures.py"), ("tests/silent_client.py", "tests/quiet.py")):
        assert not (moving.folder / before).exists()
        assert OWN in moving.read(after)


def test_a_removed_file_that_never_goes(moving: Project) -> None:
    """What the template no longer has goes, unless it was edited: then a person decides."""
    moving.change("update", "--ref", "v0.3.0")
    assert not (moving.folder / "tests/loopback.py").exists()
    moving.git("reset", "-q", "--hard")
    append(moving, "tests/loopback.py")
    ended = moving.scaffold("update", "--ref", "v0.3.0")
    assert ended.code == 1
    assert "conflict tests/loopback.py  (edited here, gone in the template)" in ended.out
    assert OWN in moving.read("tests/loopback.py")


@pytest.mark.parametrize(
    "command",
    [["new-resource", "billing", "--kind", "http"], ["remove-resource", "upstream"], ["update"]],
    ids=" ".join,
)
def test_a_dry_run_that_names_no_files(moving: Project, command: list[str]) -> None:
    """It names the very files that the command then changes, and shows every line."""
    before = moving.files()
    tried = moving.change(*command, "--dry-run")
    assert moving.files() == before
    named = [
        line.split()[1] for line in tried.out.splitlines() if line.startswith(("create", "update", "merge", "remove"))
    ]
    moving.change(*command)
    after = moving.files()
    assert sorted(named) == sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    shown = moving.git("diff", "--cached", "--no-renames")
    assert [line for line in shown.splitlines() if line[0] in "+-"] == [
        line for line in tried.out.splitlines() if line.startswith(("+", "-"))
    ]


def test_a_dry_run_that_names_no_files_to_programs(project: Project) -> None:
    """The same as JSON."""
    tried = json.loads(project.change("new-resource", "billing", "--kind", "http", "--dry-run", "--json").out)
    done = json.loads(project.change("new-resource", "billing", "--kind", "http", "--json").out)
    assert tried["files"] == done["files"] != []
