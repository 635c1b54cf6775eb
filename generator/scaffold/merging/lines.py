"""Merges line by line.

Git calls two changes a conflict as soon as they touch. Here they conflict only when they change the same line
differently. Of two insertions at one place both are kept, the template's first: its list stays together, and the
user's entries follow it.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from scaffold.merging.conflict import ConflictError

SECTION = re.compile(r"\[.+\]")
SETTING = re.compile(r"#?\s*([A-Z][A-Z0-9_]*)=")


class Hunk(NamedTuple):
    """Lines `start` to `end` of the base became others; an insertion has start == end."""

    start: int
    end: int
    lines: list[str]


def merge(base: str, ours: str, theirs: str) -> str:
    """Return ours with what changed from base to theirs; raises ConflictError."""
    return _merge(base, ours, theirs, str)


def merge_settings(base: str, ours: str, theirs: str) -> str:
    """Merge as `merge` does, where a setting that was added here as well is the same one, whatever its value."""
    return _merge(base, ours, theirs, _setting)


def merge_sections(base: str, ours: str, theirs: str) -> str:
    """Merge as `merge` does; what the user added to a section has to be in that one still."""
    merged = merge(base, ours, theirs)
    if astray := added(_with_sections(base), _with_sections(ours)) - added("", _with_sections(merged)):
        raise ConflictError(next(iter(astray)))
    return merged


def _with_sections(text: str) -> str:
    """Return a text of which each line says in which section it stands."""
    section, found = "", []
    for line in text.splitlines():
        section = line if SECTION.match(line) else section
        found.append(f"{section} {line.strip()}" if line.strip() else "")
    return "\n".join(found)


def merge_code(base: str, ours: str, theirs: str) -> str:
    """Merge as `merge` does; what comes out has to be Python still."""
    merged = merge(base, ours, theirs)
    try:
        ast.parse(merged)
    except SyntaxError as error:
        raise ConflictError(str(error)) from None
    return merged


def added(before: str, after: str) -> Counter[str]:
    """Return the lines that are in one text and not in another, without their indentation."""
    return _counted(after) - _counted(before)


def _counted(text: str) -> Counter[str]:
    return Counter(stripped for line in text.splitlines() if (stripped := line.strip()))


def _setting(line: str) -> str:
    found = SETTING.match(line)
    return found[1] if found else line


def _merge(base: str, ours: str, theirs: str, identity: Callable[[str], str]) -> str:
    lines = base.splitlines(keepends=True)
    mine = list(_hunks(lines, ours.splitlines(keepends=True)))
    new = list(_hunks(lines, theirs.splitlines(keepends=True)))
    replaced = _replacements(lines, [*mine, *new])
    merged: list[str] = []
    for number in range(len(lines) + 1):
        own = [line for hunk in mine if hunk.start == hunk.end == number for line in hunk.lines]
        known = {identity(line) for line in own if line.strip()}
        inserted = [line for hunk in new if hunk.start == hunk.end == number for line in hunk.lines]
        merged += [line for line in inserted if identity(line) not in known]
        merged += own
        if number < len(lines):
            merged += replaced.get(number, [lines[number]])
    return "".join(_ended(merged))


def _ended(lines: list[str]) -> Iterator[str]:
    """Yield lines, each but the last ended: the user's last line may have had no end."""
    for number, line in enumerate(lines, 1):
        yield line if line.endswith("\n") or number == len(lines) else f"{line}\n"


def _replacements(base: list[str], hunks: list[Hunk]) -> dict[int, list[str]]:
    """Return what becomes of each line that one side changed, or both alike."""
    replaced: dict[int, list[str]] = {}
    for hunk in hunks:
        for number in range(hunk.start, hunk.end):
            change = hunk.lines if number == hunk.start else []
            if replaced.setdefault(number, change) != change:
                raise ConflictError(base[number])
    return replaced


def _hunks(base: list[str], side: list[str]) -> Iterator[Hunk]:
    """Yield what changed; lines that were changed one by one are a hunk each."""
    for tag, start, end, first, last in SequenceMatcher(None, base, side, autojunk=False).get_opcodes():
        if tag == "replace" and end - start == last - first:
            for offset in range(end - start):
                yield Hunk(start + offset, start + offset + 1, side[first + offset : first + offset + 1])
        elif tag != "equal":
            yield Hunk(start, end, side[first:last])
