"""What the versions of a template moved, renamed and dropped, as each notes it in template/versions."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, cast

from scaffold.template import Template
from scaffold.versions import comes_after

FOLDER = "template/versions"
Names = Mapping[str, str | None]


class Notes(TypedDict, total=False):
    """A version's file: what there was, and what it is called now, or nothing if it is gone.

    Files and settings of every resource are written with `{resource}` and `{RESOURCE}`, the package as `{package}`.
    """

    files: Names
    settings: Names
    questions: Names
    kinds: Names
    options: Mapping[str, Names]
    before_deploying: Sequence[str]


@dataclass(frozen=True)
class Version:
    """A version and its notes."""

    name: str
    notes: Notes


@dataclass
class Told:
    """What of the notes concerns a project: where its files are now, its settings, a line for each thing to know."""

    files: dict[str, str]
    settings: set[str]
    lines: list[str] = field(default_factory=list)

    def moves(self) -> dict[str, str]:
        """Return the files that are elsewhere now."""
        return {old: new for old, new in self.files.items() if old != new}


def notes_since(template: Template, version: str) -> list[Version]:
    """Return the notes that a version of a template has and an earlier one has not, the oldest first.

    Raises Refusal if a file of them holds none.
    """
    before, now = template.blobs(FOLDER, version), template.blobs(FOLDER, template.ref)
    return _notes(template, [path for path, blob in now.items() if before.get(path) != blob])


def notes_in(template: Template, *, after: str) -> list[Version]:
    """Return the notes of the versions that a template has after another, the oldest first."""
    found = _notes(template, template.paths(FOLDER))
    return [version for version in found if comes_after(version.name, after)]


def _notes(template: Template, paths: Sequence[str]) -> list[Version]:
    from packaging.version import InvalidVersion
    from packaging.version import Version as Number

    named = {path: path.removeprefix(f"{FOLDER}/").removesuffix(".yml") for path in paths if path.endswith(".yml")}
    try:
        in_order = sorted(named, key=lambda path: Number(named[path]))
    except InvalidVersion as error:
        reason = f"a file in {FOLDER} is called like no version ({error})"
        raise template.broken(reason) from None
    texts = template.texts(in_order)
    return [Version(named[path], _read(template, path, text)) for path, text in zip(in_order, texts, strict=True)]


def _read(template: Template, path: str, text: str) -> Notes:
    found = template.mapping(path, text, "holds no notes")
    if unknown := found.keys() - Notes.__annotations__.keys():
        reason = f"{path}: there is no {min(unknown)}"
        raise template.broken(reason)
    if wrong := next((key for key, value in found.items() if value is not None and not _FITS[key](value)), None):
        reason = f"{path}: {wrong} has another form than template/versions/0.1.0.yml shows"
        raise template.broken(reason)
    return cast("Notes", {key: value for key, value in found.items() if value is not None})


def _names(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(old, str) and (new is None or isinstance(new, str)) for old, new in value.items()
    )


# Whether what stands under a key of a file can be what it has to be.
_FITS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("files", "settings", "questions", "kinds"), _names),
    "options": lambda value: isinstance(value, dict) and all(_names(names) for names in value.values()),
    "before_deploying": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
}


def renamed(answers: Mapping[str, object], versions: Sequence[Version]) -> tuple[dict[str, object], list[str]]:
    """Return answers as later versions call them, and a line for each that is called something else."""
    found, lines = dict(answers), list[str]()
    for version in versions:
        for old, new in version.notes.get("questions", {}).items():
            if new and old in found:
                found[new] = found.pop(old)
                lines.append(f"v{version.name}: the answer {old} is now {new}")
        resources = cast("Mapping[str, Mapping[str, object]]", found["resources"])
        found["resources"] = {name: _of_version(name, resource, version, lines) for name, resource in resources.items()}
    return found, lines


def _of_version(name: str, resource: Mapping[str, object], version: Version, lines: list[str]) -> dict[str, object]:
    """Return a resource with what a version calls its kind and its options; these are those of the kind's old name."""
    kind = str(resource["kind"])
    options = version.notes.get("options", {}).get(kind, {})
    found = {options.get(option) or option: value for option, value in resource.items()}
    lines += [f"v{version.name}: {name}.{old} is now {new}" for old, new in options.items() if new and old in resource]
    if new := version.notes.get("kinds", {}).get(kind):
        found["kind"] = new
        lines.append(f"v{version.name}: {name}: the kind {kind} is now {new}")
    return found


def told(
    versions: Sequence[Version], files: Collection[str], settings: Collection[str], package: str, names: Sequence[str]
) -> Told:
    """Return what concerns a project that has these files and settings."""
    found = Told({path: path for path in files}, set(settings))
    for version in versions:
        lines = [
            *_files(found, list(_each(version.notes.get("files", {}), package, names))),
            *_settings(found, list(_each(version.notes.get("settings", {}), package, names))),
            *(f"before deploying: {sentence}" for sentence in version.notes.get("before_deploying", ())),
        ]
        found.lines += [f"v{version.name}: {line}" for line in lines]
    return found


def _each(entries: Names, package: str, names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield entries for every resource, where they are written for one."""
    for old, new in entries.items():
        per_resource = "{resource}" in old or "{RESOURCE}" in old
        for name in names if per_resource else [""]:
            values = {"{package}": package, "{resource}": name, "{RESOURCE}": name.upper()}
            yield _filled(old, values), new and _filled(new, values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


def _files(found: Told, entries: Sequence[tuple[str, str | None]]) -> Iterator[str]:
    begun = {now: then for then, now in found.files.items()}
    for old, new in entries:
        if old in begun:
            yield f"{old} is now {new}" if new else f"{old} is gone"
            if new:
                found.files[begun[old]] = new
            else:
                del found.files[begun[old]]


def _settings(found: Told, entries: Sequence[tuple[str, str | None]]) -> Iterator[str]:
    for old, new in entries:
        if old in found.settings:
            found.settings.remove(old)
            found.settings |= {new} if new else set()
            yield f"the setting {old} is now {new}: wherever it is set" if new else f"the setting {old} is gone"
