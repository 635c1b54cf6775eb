"""What a release moves, renames or drops is in its notes, or its release fails here."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from changing.releases import (
    PROJECT,
    ask_another_question,
    cloned,
    drop_an_option,
    edit,
    move_a_test_module,
    note,
    release,
    rename_a_setting,
)
from projects import ROOT
from released import RELEASED, Released, has, unannounced

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_this_version_has_notes() -> None:
    """One file per release, also where there is nothing to tell."""
    assert (ROOT / f"template/versions/{VERSION}.yml").is_file()


def test_nothing_is_moved_or_dropped_without_a_word(template: Path, tmp_path: Path) -> None:
    """Of what the last release had; before the first there is nothing to compare with."""
    before: list[Released] = [yaml.safe_load(RELEASED.read_text())] if RELEASED.exists() else []
    for last in before:
        assert unannounced(last, template, VERSION, tmp_path / "p") == []


def remove_a_kind(repository: Path) -> None:
    """Drop a kind."""
    shutil.rmtree(repository / "template/resources/http")


def rename_a_kind(repository: Path) -> None:
    """Call a kind something else."""
    edit(repository, "template/resources/redis/kind.yml", "kind: redis", "kind: valkey")
    (repository / "template/resources/redis").rename(repository / "template/resources/valkey")


def drop_a_question(repository: Path) -> None:
    """Ask for one thing less."""
    edit(repository, "copier.yml", "license:", "licence:")
    edit(repository, f"{PROJECT}/README.md.jinja", "{{ license }}", "{{ licence }}")


CHANGES: dict[str, tuple[Callable[[Path], None], list[str], dict[str, object]]] = {
    "a file": (
        move_a_test_module,
        ["file tests/silent_client.py"],
        {"files": {"tests/silent_client.py": "tests/quiet.py"}},
    ),
    "a setting": (
        rename_a_setting,
        ["setting APP_CLOSE_TIMEOUT"],
        {"settings": {"APP_CLOSE_TIMEOUT": "APP_CLOSING_TIMEOUT"}},
    ),
    "an option": (drop_an_option, ["option memory.max_entries"], {"options": {"memory": {"max_entries": None}}}),
    "a question": (drop_a_question, ["question license"], {"questions": {"license": "licence"}}),
    "a kind": (rename_a_kind, ["kind redis"], {"kinds": {"redis": "valkey"}}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_no_entry_is_found(template: Path, tmp_path: Path, what: str) -> None:
    """And with its entry it is content."""
    change, missing, notes = CHANGES[what]
    repository = cloned(template, tmp_path / "template")
    ask_another_question(repository)
    release(repository, "v0.2.0")
    before = has(repository, "0.2.0", tmp_path / "before")
    change(repository)
    note(repository, "0.3.0")
    release(repository, "v0.3.0")
    assert unannounced(before, repository, "0.3.0", tmp_path / "without") == missing
    note(repository, "0.3.0", **notes)
    release(repository, "noted")
    assert unannounced(before, repository, "0.3.0", tmp_path / "with") == []


@pytest.mark.parametrize("retired", [False, True])
def test_a_kind_goes_only_after_it_was_retired(template: Path, tmp_path: Path, retired: bool) -> None:
    """For a major version."""
    repository = cloned(template, tmp_path / "template")
    if retired:
        edit(repository, "template/resources/http/kind.yml", "role: client", "role: client\nretired: use grpc")
        release(repository, "v1.9.0")
    before = has(repository, "1.9.0", tmp_path / "before")
    remove_a_kind(repository)
    for version, fine in (("1.10.0", False), ("2.0.0", retired)):
        note(repository, version, kinds={"http": None}, **gone_with_http(before))
        release(repository, f"v{version}")
        found = unannounced(before, repository, version, tmp_path / version)
        assert found == ([] if fine else ["kind http, which has to be retired for a major version"])


def gone_with_http(before: Released) -> dict[str, object]:
    """Return the notes of what only its projects have."""
    files = [path for path in before["files"] if "http" in path]
    settings = [name for name in before["settings"] if name.startswith("ZQHTTP_")]
    return {"files": dict.fromkeys(files), "settings": dict.fromkeys(settings)}
