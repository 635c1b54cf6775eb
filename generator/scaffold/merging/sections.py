"""Merges of a YAML file of named entries in sections, such as compose.yaml, as text: bytes and comments stay."""

import re
from dataclasses import dataclass, field

import yaml

from scaffold.merging import lines
from scaffold.merging.conflict import ConflictError
from scaffold.merging.data import mapping, patch

KEY = re.compile(r"\s*([\w.-]+|\"[^\"]*\"|'[^']*'):(\s|$)")


@dataclass
class Section:
    """A key at the left margin: its own lines, and the lines of each entry below it."""

    head: list[str] = field(default_factory=list)
    entries: dict[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as it stands in the file."""
        return "".join([*self.head, *(line for entry in self.entries.values() for line in entry)])


def merge(base: str, ours: str, theirs: str) -> str:
    """Return ours with what changed from base to theirs, entry by entry; raises ConflictError.

    A file that isn't there is empty, and one that has become empty goes. What comes out has to mean
    what the merged data means.
    """
    (before, _), (mine, rest), (new, _) = _sections(base), _sections(ours), _sections(theirs)
    for name in dict.fromkeys([*before, *new]):
        if name in mine:
            _merge_section(name, before.get(name, Section()), mine[name], new.get(name, Section()))
            if name not in new and not mine[name].entries and mine[name].head == before.get(name, Section()).head:
                del mine[name]
        elif name not in before:
            mine[name] = new[name]
    merged = "".join([*(section.text() for section in mine.values()), *rest])
    _check_meaning(base, ours, theirs, merged)
    return merged


def _check_meaning(base: str, ours: str, theirs: str, merged: str) -> None:
    try:
        wanted = mapping(yaml.safe_load(ours))
        patch(mapping(yaml.safe_load(base)), wanted, mapping(yaml.safe_load(theirs)))
        found = mapping(yaml.safe_load(merged))
    except yaml.YAMLError as error:
        raise ConflictError(str(error)) from None
    if _full(found) != _full(wanted):
        message = "the text does not say what the merged data is"
        raise ConflictError(message)


def _full(data: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in data.items() if value not in (None, {})}


def _merge_section(name: str, before: Section, mine: Section, new: Section) -> None:
    if new.head and mine.head == before.head:
        mine.head = new.head
    elif new.head not in (before.head, []):
        mine.head = _merged_lines(before.head, mine.head, new.head)
    predecessor: str | None = None
    for key in dict.fromkeys([*new.entries, *before.entries]):
        _merge_entry(f"{name}.{key}", key, predecessor, before, mine, new)
        if key in mine.entries:
            predecessor = key


def _merge_entry(place: str, key: str, predecessor: str | None, before: Section, mine: Section, new: Section) -> None:
    old, own, wanted = before.entries.get(key), mine.entries.get(key), new.entries.get(key)
    if old == wanted:
        return
    if wanted is None:
        if own is not None and own != old:
            message = f"{place} is edited here and gone in the template"
            raise ConflictError(message)
        mine.entries.pop(key, None)
    elif own is not None:
        mine.entries[key] = wanted if own == old else _merged_lines(old or [], own, wanted)
    elif old is None:
        _insert(mine, key, wanted, predecessor)


def _insert(section: Section, key: str, lines: list[str], predecessor: str | None) -> None:
    entries = list(section.entries.items())
    keys = list(section.entries)
    place = keys.index(predecessor) + 1 if predecessor in keys else 0
    entries.insert(place, (key, _indented(lines, entries[0][1]) if entries else lines))
    section.entries = dict(entries)


def _merged_lines(before: list[str], mine: list[str], new: list[str]) -> list[str]:
    return lines.merge("".join(before), "".join(mine), "".join(new)).splitlines(keepends=True)


def _sections(text: str) -> tuple[dict[str, Section], list[str]]:
    """Return the sections, and what follows the last; what precedes an entry (blank lines, comments) belongs to it."""
    found: dict[str, Section] = {"": Section()}
    section, entry, indent = found[""], "", -1
    pending: list[str] = []
    for line in text.splitlines(keepends=True):
        pending.append(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        width = len(line) - len(line.lstrip(" "))
        key = KEY.match(line)
        if width == 0 and key:
            section, entry, indent = found.setdefault(key[1], Section()), "", -1
            section.head += pending
        elif key and indent in (-1, width):
            entry, indent = key[1], width
            section.entries[entry] = [*section.entries.get(entry, []), *pending]
        elif entry:
            section.entries[entry] += pending
        else:
            section.head += pending
        pending = []
    return found, pending


def _indented(lines: list[str], like: list[str]) -> list[str]:
    """Return an entry's lines at the depth of an entry of the user's file."""
    shift = _depth(like) - _depth(lines)
    if shift < 0:
        return [line[-shift:] if line.strip() else line for line in lines]
    return [" " * shift + line if line.strip() else line for line in lines]


def _depth(lines: list[str]) -> int:
    return next(len(line) - len(line.lstrip(" ")) for line in lines if line.strip() and line.lstrip()[0] != "#")
