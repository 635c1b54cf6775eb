"""What a version moves, renames and drops is told by its notes, and done where it can be done."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from scaffold.cli import run

from changing.conftest import Project, released
from changing.releases import PROJECT, cloned, edit, edit_all, note, release, rename_a_setting

KIND = "template/resources/memory"
IMPORTS = '"""Clients."""\n\nimport asyncio\n\nfrom starlette.types import Message\n\n\n'
RECEIVE = "async def receive_nothing() -> Message:\n    return await asyncio.Future[Message]()\n\n\n"


def move_and_rewrite(repository: Path) -> None:
    """Move a module of the tests, and write most of it anew."""
    old, new = (repository / f"{PROJECT}/tests" / name for name in ("silent_client.py", "quiet.py"))
    kept = old.read_text().partition("async def send_nothing")[2]
    more = "".join(f"async def receive_{number}() -> int:\n    return {number}\n\n\n" for number in range(20))
    new.write_text(f"{IMPORTS}{more}{RECEIVE}async def send_nothing{kept}")
    old.unlink()
    edit_all(repository, "from silent_client import", "from quiet import")
    note(repository, "0.2.0", files={"tests/silent_client.py": "tests/quiet.py"})


def rename_a_kind(repository: Path) -> None:
    """Give a kind and its option other names."""
    edit(repository, f"{KIND}/kind.yml", "kind: memory", "kind: local")
    edit(repository, f"{KIND}/kind.yml", "  max_entries:", "  size:")
    for path in ("env.jinja", "dependency.py.jinja"):
        edit(repository, f"{KIND}/{path}", "{{ r.options.max_entries }}", "{{ r.options.size }}")
    (repository / KIND).rename(repository / "template/resources/local")
    edit(repository, "copier.yml", "default: memory", "default: local")
    note(repository, "0.4.0", kinds={"memory": "local"}, options={"memory": {"max_entries": "size"}})


@pytest.fixture(scope="module")
def versions(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template with five releases after the first: a move, a setting, a kind, another move, a retired kind."""
    repository = cloned(template, tmp_path_factory.mktemp("versions") / "template")
    move_and_rewrite(repository)
    release(repository, "v0.2.0")
    rename_a_setting(repository)
    settings = {"APP_CLOSE_TIMEOUT": "APP_CLOSING_TIMEOUT", "{RESOURCE}_WALLET": None}
    note(repository, "0.3.0", settings=settings, before_deploying=["wait for the requests that run"])
    release(repository, "v0.3.0")
    rename_a_kind(repository)
    release(repository, "v0.4.0")
    (repository / f"{PROJECT}/tests/quiet.py").rename(repository / f"{PROJECT}/tests/calm.py")
    edit_all(repository, "from quiet import", "from calm import")
    note(repository, "0.10.0", files={"tests/quiet.py": "tests/calm.py"})
    release(repository, "v0.10.0")
    edit(
        repository,
        "template/resources/http/kind.yml",
        "role: client",
        "role: client\nretired: use grpc, http goes with 2.0",
    )
    note(repository, "0.11.0", before_deploying=[])
    release(repository, "v0.11.0")
    return repository


@pytest.fixture
def old(versions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Return a project made from the first, with edits."""
    project = released(versions, tmp_path / "p", "v0.1.0", capsys)
    project.edit("tests/silent_client.py", '    """Hear nothing."""', '    """Hear nothing."""\n    # ours')
    project.change("new-resource", "replies", "--kind", "memory", "--set", "max_entries=7")
    project.commit()
    return project


def told(output: str) -> list[str]:
    """Return what an update says is to be known."""
    return [line.strip() for line in output.partition("To know of the new version:\n")[2].split("\n\n")[0].splitlines()]


def test_a_moved_file_takes_edits_along_however_it_was_rewritten(old: Project) -> None:
    """Git alone would not know it for the same file."""
    old.change("update", "--ref", "v0.2.0")
    assert not (old.folder / "tests/silent_client.py").exists()
    assert '"""Hear nothing."""\n    # ours' in old.read("tests/quiet.py")


def test_notes_between_old_and_new_are_shown(old: Project) -> None:
    """Those that concern the project; and not again with the version after."""
    moved = "v0.2.0: tests/silent_client.py is now tests/quiet.py"
    setting = "v0.3.0: the setting APP_CLOSE_TIMEOUT is now APP_CLOSING_TIMEOUT: wherever it is set"
    deploy = "v0.3.0: before deploying: wait for the requests that run"
    assert told(old.change("update", "--ref", "v0.3.0", "--dry-run").out) == [moved, setting, deploy]
    assert told(old.change("update", "--ref", "v0.2.0").out) == [moved]
    said = json.loads(old.change("update", "--ref", "v0.3.0", "--json").out)
    assert said["notes"] == [setting, deploy]


def test_a_renamed_kind_and_its_options_are_carried_over(old: Project) -> None:
    """With what was set."""
    said = told(old.change("update", "--ref", "v0.4.0").out)
    assert old.answers()["resources"] == {
        "cache": {"kind": "local"},
        "database": {"kind": "sqlite"},
        "replies": {"kind": "local", "size": 7},
        "upstream": {"kind": "http"},
    }
    assert "v0.4.0: replies.max_entries is now size" in said
    assert "v0.4.0: cache: the kind memory is now local" in said
    assert "REPLIES_MAX_ENTRIES=7" in old.read(".env.example")


def test_several_versions_at_once_are_what_they_are_one_by_one(old: Project, tmp_path: Path) -> None:
    """The same files, edits included; a file that moves twice is told twice."""
    shutil.copytree(old.folder, tmp_path / "q", symlinks=True)
    other = Project(tmp_path / "q", old.capture)
    at_once = told(old.change("update").out)
    one_by_one = []
    for version in ("v0.2.0", "v0.3.0", "v0.4.0", "v0.10.0", "v0.11.0"):
        one_by_one += told(other.change("update", "--ref", version).out)
        other.commit()
    assert old.files() == other.files()
    assert "# ours" in old.read("tests/calm.py")
    assert sorted(at_once) == sorted(one_by_one)
    assert {"v0.2.0: tests/silent_client.py is now tests/quiet.py", "v0.10.0: tests/quiet.py is now tests/calm.py"} <= {
        *at_once
    }


def test_a_retired_kind_goes_on_working_and_is_not_offered(old: Project, versions: Path, tmp_path: Path) -> None:
    """Whoever has it is told what to use; plain Copier takes it too."""
    ended = old.change("update")
    assert "warning: upstream: the kind http is retired: use grpc, http goes with 2.0\n" in ended.err
    old.commit()
    refused = old.scaffold("new-resource", "billing", "--kind", "http")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--kind http is retired: use grpc" in refused.err
    offered = json.loads(old.change("resources", "--json").out)
    assert "http" not in [kind["kind"] for kind in offered["kinds"]]
    assert run(["new", str(tmp_path / "x"), "--resource", "a=http", "--defaults", "--template", str(versions)]) == 2
    old.change("remove-resource", "replies")
    command = [sys.executable, "-m", "copier", "recopy", "--quiet", "--defaults", "--overwrite", "--vcs-ref=v0.11.0"]
    subprocess.run(command, cwd=old.folder, check=True, capture_output=True)
    assert old.resources() == ["cache", "database", "upstream"]


def test_what_does_not_concern_a_project_is_not_told(old: Project) -> None:
    """A file that it doesn't have, an answer that it never gave."""
    old.change("update", "--ref", "v0.4.0", "--data", "ci=none")
    assert told(old.change("update").out) == ["v0.10.0: tests/quiet.py is now tests/calm.py"]


@pytest.mark.parametrize(
    ("text", "reason"),
    {
        "[": "template/versions/0.12.0.yml is no YAML",
        "": "template/versions/0.12.0.yml holds no notes",
        "fils: {}": "template/versions/0.12.0.yml: there is no fils",
        "files: [a]": "template/versions/0.12.0.yml: files has another form",
        "options: {redis: [a]}": "template/versions/0.12.0.yml: options has another form",
        "before_deploying: wait": "template/versions/0.12.0.yml: before_deploying has another form",
    }.items(),
)
def test_notes_that_are_none_are_refused(
    versions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    """Before anything is written."""
    repository = tmp_path / "template"
    shutil.copytree(versions, repository, symlinks=True)
    (repository / "template/versions/0.12.0.yml").write_text(text)
    release(repository, "v0.12.0")
    project = released(repository, tmp_path / "p", "v0.11.0", capsys)
    ended = project.scaffold("update")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"is broken at v0.12.0: {reason}" in ended.err


def test_status_knows_what_moved(old: Project) -> None:
    """And what is called something else: the template changed it, its user only what they did."""
    found = json.loads(old.scaffold("status", "--json").out)
    who = {each["path"]: each["changed_by"] for each in found["files"]}
    assert who["tests/calm.py"] == "template"
    assert yaml.safe_load(old.read(".copier-answers.yml"))["_commit"] == "v0.1.0"
