"""The renaming of a resource in files of sections: the example of an environment, and Alembic's."""

import re

from scaffold.renaming.names import Renaming

SETTINGS = ".env.example"
ALEMBIC = "alembic.ini"
HEADERS = {SETTINGS: re.compile(r"# \w+: "), ALEMBIC: re.compile(r"\[\w+\]")}


def renamed_sections(path: str, text: str, wanted: str, renaming: Renaming) -> str:
    """Return a text in which the resource has its new name, its sections in the order that is wanted."""
    old, new = renaming.old, renaming.new
    if path == SETTINGS:
        text = re.sub(rf"(?m)^# {old}: ", f"# {new}: ", text)
        text = re.sub(r"\b[A-Z][A-Z0-9_]*\b", lambda found: renaming.setting(found[0]), text)
    else:
        text = re.sub(rf"(?m)^\[{old}\]", f"[{new}]", text)
        text = re.sub(rf"\bmigrations/{old}\b", f"migrations/{new}", text)
    return _in_order(text, wanted, HEADERS[path])


def _in_order(text: str, wanted: str, header: re.Pattern[str]) -> str:
    """Return the same sections in the order of those of another text; as it is if these are others."""
    first, sections = _sections(text, header)
    order = list(_sections(wanted, header)[1])
    if list(sections) == order or sorted(sections) != sorted(order):
        return text
    return "\n\n".join(part.strip("\n") for part in (first, *(sections[name] for name in order)) if part.strip()) + "\n"


def _sections(text: str, header: re.Pattern[str]) -> tuple[str, dict[str, str]]:
    """Return what stands before the first section, and each section by its header, with the comment above that."""
    first: list[str] = []
    found: dict[str, list[str]] = {}
    current = first
    for line in text.splitlines(keepends=True):
        if header.match(line):
            above = len(current)
            while above and current[above - 1].startswith("#"):
                above -= 1
            comment, current[above:] = current[above:], []
            current = found.setdefault(line.strip(), [])
            current += comment
        current.append(line)
    return "".join(first), {name: "".join(lines) for name, lines in found.items()}
