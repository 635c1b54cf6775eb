"""Projects follow the template: to a version, to other answers, to where the template is now."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects import commit_all, files, make

from changing.conftest import Project, released
from changing.releases import (
    drop_an_option,
    release,
)


@pytest.fixture
def repository(releases: Path, tmp_path: Path) -> Path:
    """Return a copy of that template, to be changed further."""
    shutil.copytree(releases, tmp_path / "template", symlinks=True)
    return tmp_path / "template"


def test_it_is_what_copier_would_update_to(
    old: Project, releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For an unedited project, and what the version makes at once."""
    old.change("update", "--ref", "v0.2.0")
    other = released(releases, tmp_path / "q", "v0.1.0", capsys)
    command = [sys.executable, "-m", "copier", "update", "--quiet", "--defaults", "--vcs-ref=v0.2.0"]
    subprocess.run(command, cwd=other.folder, check=True, capture_output=True)
    assert old.files() == other.files()
    assert old.files() == released(releases, tmp_path / "r", "v0.2.0", capsys).files()
    assert "_commit: v0.2.0" in old.read(".copier-answers.yml")


def test_without_a_ref_it_is_the_newest_release(old: Project) -> None:
    """And a second time there is nothing to do."""
    assert "Staged" in old.change("update").out
    assert "_commit: v0.2.0" in old.read(".copier-answers.yml")
    assert old.change("update").out == "Nothing to change.\n"


def test_edits_come_along(old: Project) -> None:
    """Into the function that changed, into the file that moved, beside the setting that is new."""
    old.edit("src/p/resources.py", "def endpoint_name", "OWN = 1\n\n\ndef endpoint_name")
    old.write("tests/silent_client.py", old.read("tests/silent_client.py") + "\n\nOWN = 1\n")
    old.edit(
        "src/p/settings.py", "    close_timeout: Seconds = 5\n", "    close_timeout: Seconds = 5\n    own: int = 1\n"
    )
    old.change("update", "--ref", "v0.2.0")
    assert "OWN = 1" in old.read("src/p/resources.py")
    assert "Say who is served" in old.read("src/p/resources.py")
    assert "OWN = 1" in old.read("tests/quiet.py")
    assert not (old.folder / "tests/silent_client.py").exists()
    assert "start_timeout" in old.read("src/p/settings.py")
    assert "own: int" in old.read("src/p/settings.py")


def test_the_same_line_on_both_sides_is_a_conflict(old: Project) -> None:
    """Marked with the version it comes from."""
    old.edit("src/p/resources.py", "Return who is served: method, path and function.", "Return mine.")
    ended = old.scaffold("update", "--ref", "v0.2.0")
    assert ended.code == 1
    assert "conflict src/p/resources.py  (changed on both sides)" in ended.out
    assert ">>>>>>> template v0.2.0\n" in old.read("src/p/resources.py")


def test_a_file_that_is_gone_and_was_edited_is_a_conflict(old: Project) -> None:
    """It stays, and git knows that the template has dropped it."""
    old.edit("src/p/dependencies/upstream.py", "class UpstreamSettings", "OWN = 1\n\n\nclass UpstreamSettings")
    resources = "{database: {kind: sqlite}, cache: {kind: memory}}"
    ended = old.scaffold(
        "update",
        "--ref",
        "v0.2.0",
        "--data",
        f"resources={resources}",
        "--data",
        "example={database: database, cache: cache}",
    )
    assert ended.code == 1
    assert "src/p/dependencies/upstream.py  (edited here, gone in the template)" in ended.out
    assert "OWN = 1" in old.read("src/p/dependencies/upstream.py")
    assert "UD src/p/dependencies/upstream.py" in old.git("status", "--porcelain")


def test_answers_change(old: Project) -> None:
    """Those of questions that are new, those of old ones, options of resources."""
    old.change("update", "--data", "license=GPL", "--data", "ci=none", "--set", "upstream.base_url=https://x.example")
    assert "\nGPL\n" in old.read("README.md")
    assert not (old.folder / ".github").exists()
    assert "UPSTREAM_BASE_URL=https://x.example" in old.read(".env.example")
    found = yaml.safe_load(old.read(".copier-answers.yml"))
    assert found["ci"] == "none"
    assert found["resources"]["upstream"] == {"kind": "http", "base_url": "https://x.example"}


def test_there_is_no_way_back(releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither when it is asked for, nor when the project is ahead of the newest release."""
    project = released(releases, tmp_path / "p", "later", capsys)
    before = project.files()
    refused = project.scaffold("update", "--ref", "v0.1.0")
    assert refused.code == 2
    assert "and v0.1.0 is older: there is no way back" in refused.err
    assert project.change("update").out == "Nothing to change.\n"
    assert project.files() == before


def test_a_kind_that_a_version_no_longer_has_is_refused(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Copier would put the defaults in the place of all resources."""
    project = released(repository, tmp_path / "p", "v0.1.0", capsys)
    shutil.rmtree(repository / "template/resources/http")
    release(repository, "v0.3.0")
    before = project.files()
    refused = project.scaffold("update")
    assert refused.code == 2
    kinds = "there is no kind http; there are memory, postgresql, redis, sqlite"
    assert f"v0.3.0: resources: upstream: {kinds}" in refused.err
    assert project.files() == before


def test_an_option_that_a_version_no_longer_has_is_dropped(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a warning; other options of the same command are set."""
    project = released(repository, tmp_path / "p", "v0.1.0", capsys)
    project.change("new-resource", "replies", "--kind", "memory", "--set", "max_entries=7")
    drop_an_option(repository)
    release(repository, "v0.3.0")
    ended = project.change("update", "--set", "upstream.base_url=https://x.example")
    assert "scaffold: warning: replies: in v0.3.0 memory has no option max_entries, 7 is dropped\n" in ended.err
    assert yaml.safe_load(project.read(".copier-answers.yml"))["resources"] == {
        "cache": {"kind": "memory"},
        "database": {"kind": "sqlite"},
        "replies": {"kind": "memory"},
        "upstream": {"kind": "http", "base_url": "https://x.example"},
    }


def test_several_projects(releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each by itself; with --json all in one document."""
    from scaffold.cli import run

    both = [released(releases, tmp_path / name, "v0.1.0", capsys) for name in ("p", "q")]
    capsys.readouterr()
    assert run(["update", *(str(project.folder) for project in both), "--no-install", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["projects"]
    assert [found["project"] for found in said] == [str(project.folder) for project in both]
    assert {"path": "tests/quiet.py", "change": "create"} in said[0]["files"]


def test_of_several_projects_each_is_tried(releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is refused keeps none from the others; refused is only what has changed nothing."""
    from scaffold.cli import run

    first, last = (released(releases, tmp_path / name, "v0.1.0", capsys) for name in ("p", "q"))
    for folders, code in ((("p", "nowhere", "q"), 1), (("nowhere", "there"), 2)):
        capsys.readouterr()
        assert run(["update", *(str(tmp_path / folder) for folder in folders), "--no-install"]) == code
        said = capsys.readouterr()
        assert f"scaffold: {tmp_path / 'nowhere'}: {tmp_path / 'nowhere'} is no project of scaffold's" in said.err
        assert said.out.startswith(f"{tmp_path / folders[0]}:\n")
        assert run(["update", *(str(tmp_path / folder) for folder in folders), "--no-install", "--json"]) == code
        documents = json.loads(capsys.readouterr().out)["projects"]
        assert ["error" in document for document in documents] == [folder in ("nowhere", "there") for folder in folders]
    assert all((project.folder / "tests/quiet.py").exists() for project in (first, last))


def test_a_made_project_is_what_it_was(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A template without releases: to its newest commit, which is the project's."""
    folder = make(template, tmp_path / "p", project_name="P")
    commit_all(folder)
    before = files(folder)
    assert Project(folder, capsys).change("update").out == "Nothing to change.\n"
    assert files(folder) == before
