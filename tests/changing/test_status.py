"""What `scaffold status` says of projects: versions, and who changed what."""

import json
import shutil
from pathlib import Path

import pytest
from scaffold.cli import run

from changing.conftest import Project, released


@pytest.fixture
def current(releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Return a project made from the newest release."""
    return released(releases, tmp_path / "current", "v0.2.0", capsys)


def who(project: Project, *flags: str) -> dict[str, str]:
    """Return who changed which file of a project."""
    found = json.loads(project.scaffold("status", "--json", *flags).out)
    return {each["path"]: each["changed_by"] for each in found["files"]}


def test_of_an_unedited_project_nothing_differs(current: Project) -> None:
    """It is of the newest release; looking writes nothing."""
    before, state = current.files(), current.git("status", "--porcelain")
    ended = current.scaffold("status")
    assert (ended.code, ended.out) == (0, "made from v0.2.0\n")
    assert (current.files(), current.git("status", "--porcelain")) == (before, state)


def test_it_says_who_changed_what(old: Project) -> None:
    """You, the template since, or both; what you added is yours alone and no difference."""
    old.edit("README.md", "## Deploy", "## Deployment")
    old.edit("src/p/memory_cache.py", "import multiprocessing", "import multiprocessing  # ours")
    old.write("src/p/own.py", "")
    ended = old.scaffold("status")
    assert ended.code == 1
    assert ended.out.startswith("made from v0.1.0, the newest is v0.2.0\n")
    assert ended.err.endswith("scaffold: v0.2.0 is newer: scaffold update brings it\n")
    found = who(old)
    assert found["README.md"] == "both"
    assert found["src/p/memory_cache.py"] == "you"
    assert found["src/p/resources.py"] == found["tests/quiet.py"] == "template"
    assert "src/p/own.py" not in found
    assert ".copier-answers.yml" not in found


def test_what_you_changed_is_no_fault(current: Project) -> None:
    """Exit code 0, staged or not, a file that is gone too; what is ignored is not looked at."""
    path = current.folder / "src/p/memory_cache.py"
    path.write_text(path.read_text().replace("import multiprocessing", "import multiprocessing  # ours"))
    (current.folder / "Dockerfile").unlink()
    (current.folder / ".env").write_text("APP_READY_TIMEOUT=3\n")
    ended = current.scaffold("status", "--diff")
    assert ended.code == 0
    assert ended.out.startswith(
        "made from v0.2.0\nyou       Dockerfile\nyou       src/p/memory_cache.py\n\nChanged by you:\n"
    )
    assert "+import multiprocessing  # ours\n" in ended.out
    assert "the template" not in ended.out


def test_what_the_template_did_meanwhile_is_no_longer_different(old: Project, current: Project) -> None:
    """A file that its user has already brought to where the newest version has it."""
    shutil.copy(current.folder / "src/p/resources.py", old.folder / "src/p/resources.py")
    assert "src/p/resources.py" not in who(old)


def test_conflicts_that_are_left_need_a_person(old: Project) -> None:
    """Those of the last update; exit code 1 even at the newest version."""
    old.edit("src/p/resources.py", '"""Return who is served: method, path and function."""', '"""Tell who."""')
    assert old.scaffold("update").code == 1
    ended = old.scaffold("status")
    assert ended.code == 1
    assert "conflict  src/p/resources.py\n" in ended.out
    assert "1 in conflict: edit what is marked, then git add" in ended.err


def test_a_project_newer_than_the_newest_release_is_not_behind(
    releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made from a commit after it."""
    later = released(releases, tmp_path / "later", "later", capsys)
    assert later.scaffold("status").code == 0


def test_several_projects_are_one_document(old: Project, current: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is no project keeps none from the others."""
    nowhere = old.folder.with_name("nowhere")
    nowhere.mkdir()
    capsys.readouterr()
    assert run(["status", str(old.folder), str(nowhere), str(current.folder), "--json", "--diff"]) == 1
    documents = json.loads(capsys.readouterr().out)["projects"]
    assert [document.get("newer") for document in documents] == [True, None, False]
    assert "is no project of scaffold's" in documents[1]["error"]
    assert "+    start_timeout: Seconds = 60\n" in documents[0]["diff"]["template"]
    assert documents[2]["diff"] == {"you": "", "template": ""}


def test_a_template_that_is_gone_is_said_in_a_line(old: Project) -> None:
    """With what to type once it is known where it went."""
    text = old.read(".copier-answers.yml")
    source = next(line for line in text.splitlines() if line.startswith("_src_path"))
    (old.folder / ".copier-answers.yml").write_text(text.replace(source, "_src_path: /nowhere/template"))
    ended = old.scaffold("status")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "scaffold update --template SRC" in ended.err
