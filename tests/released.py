"""Finds what a version of the template moves, renames or drops without a word in its notes.

    python tests/released.py VERSION

writes down in tests/released.yml what a project of this version has, when it is released;
tests/test_released.py compares what the next one has with that.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import yaml
from projects import ROOT, files, make, template_in
from scaffold.kinds import read_kinds
from scaffold.questions import read_questions
from scaffold.renaming.names import listed_settings
from scaffold.renaming.sections import SETTINGS
from scaffold.template import find_template
from scaffold.version_notes import Version, notes_in, renamed, told

RELEASED = ROOT / "tests/released.yml"
PACKAGE = "zqpackage"
# What stands around the code.
AROUND = {"devcontainer": True, "pre_commit": True, "renovate": True}
OPERATION = {"operations": True, "telemetry": True, "metrics": True, "security": True, "kubernetes": True}


class Kind(TypedDict):
    """A kind's options, and whether a new resource can no longer be of it."""

    options: list[str]
    retired: bool


class Released(TypedDict):
    """What a project with a resource of each kind has, and what could be asked for."""

    version: str
    files: list[str]
    settings: list[str]
    questions: list[str]
    kinds: dict[str, Kind]


def resources_of(kinds: Sequence[str]) -> dict[str, object]:
    """Return a resource of each kind."""
    return {f"zq{kind}": {"kind": kind} for kind in kinds}


def has(repository: Path, version: str, folder: Path, resources: Mapping[str, object] | None = None) -> Released:
    """Return what a template's newest commit has, for a project with a resource of each kind, or with some."""
    with find_template(str(repository), "HEAD") as template:
        kinds, questions = read_kinds(template), read_questions(template)
    resources = resources or resources_of(list(kinds))
    project = make(
        repository, folder, project_name="P", package_name=PACKAGE, resources=resources, **OPERATION, **AROUND
    )
    return {
        "version": version,
        "files": sorted(files(project)),
        "settings": sorted(listed_settings((project / SETTINGS).read_text())),
        "questions": sorted(questions),
        "kinds": {
            name: {"options": sorted(kind.options), "retired": bool(kind.retired)} for name, kind in kinds.items()
        },
    }


def unannounced(before: Released, repository: Path, version: str, folder: Path) -> list[str]:
    """Return what a release had that a template no longer has where it was, and of which its notes say nothing."""
    with find_template(str(repository), "HEAD") as template:
        notes, kinds = notes_in(template, after=before["version"]), read_kinds(template)
    if unknown := list(_missing(list(before["kinds"]), "kinds", notes, list(kinds))):
        return [f"kind {name}" for name in unknown]  # without them no project can be made
    resources = renamed({"resources": resources_of(list(before["kinds"]))}, notes)[0]["resources"]
    assert isinstance(resources, dict)
    kept = {name: resource for name, resource in resources.items() if not _gone(resource["kind"], notes)}
    after = has(repository, version, folder, kept)
    left = told(notes, before["files"], before["settings"], PACKAGE, list(resources))
    return [
        *(f"file {path}" for path in sorted(set(left.files.values()) - {*after["files"]})),
        *(f"setting {name}" for name in sorted(left.settings - {*after["settings"]})),
        *(f"question {name}" for name in _missing(before["questions"], "questions", notes, after["questions"])),
        *_kinds(before, after, notes),
    ]


def _gone(kind: str, notes: Sequence[Version]) -> bool:
    return any(kind in (names := each.notes.get("kinds", {})) and names[kind] is None for each in notes)


def _missing(names: Sequence[str], what: str, notes: Sequence[Version], there: Sequence[str]) -> Iterator[str]:
    for name in names:
        now: str | None = name
        for version in notes:
            entries: Mapping[str, str | None] = version.notes.get(what, {})  # type: ignore[assignment]
            now = entries.get(now, now) if now else None
        if now and now not in there:
            yield name


def _kinds(before: Released, after: Released, notes: Sequence[Version]) -> Iterator[str]:
    """Yield options that are gone, and a kind that goes without having been retired a major version ago."""
    major = [version.partition(".")[0] for version in (before["version"], after["version"])]
    for name, kind in before["kinds"].items():
        if _gone(name, notes):
            if not kind["retired"] or major[0] == major[1]:
                yield f"kind {name}, which has to be retired for a major version"
            continue
        now = next((new for each in notes if (new := each.notes.get("kinds", {}).get(name))), name)
        known = {option for each in notes for option in each.notes.get("options", {}).get(name, {})}
        there = after["kinds"].get(now, kind)["options"]
        yield from (f"option {name}.{option}" for option in kind["options"] if option not in {*there, *known})


def main() -> None:
    """Write down what the version that is named has."""
    with tempfile.TemporaryDirectory() as scratch:
        repository = template_in(Path(scratch, "template"))
        found = has(repository, sys.argv[1], Path(scratch, "project"))
    head = "# What the last release has. Written by tests/released.py.\n"
    RELEASED.write_text(head + yaml.safe_dump(dict(found), sort_keys=False))


if __name__ == "__main__":
    main()
