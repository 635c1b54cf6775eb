"""The renaming of a resource in a project's tree, and what of the old name is left for its user."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scaffold.errors import Refusal
from scaffold.merging.lines import SETTING
from scaffold.merging.tree import REVISIONS, Sides
from scaffold.objects import Entry, Objects
from scaffold.project import ANSWERS
from scaffold.renaming.code import Module, renamed_code
from scaffold.renaming.names import Renaming, imported_from, module_of
from scaffold.renaming.sections import HEADERS, SETTINGS, renamed_sections

SUBMODULE, LINK = "160000", "120000"


@dataclass(frozen=True)
class _Texts:
    """What the files of a tree hold that may name the resource."""

    objects: Objects
    entries: Mapping[str, Entry]
    known: dict[str, str] = field(default_factory=dict)

    def read(self, path: str) -> str:
        if path not in self.known:
            self.known[path] = self.objects.read(self.entries.get(path)).decode(errors="surrogateescape")
        return self.known[path]


def with_new_name(objects: Objects, sides: Sides, renaming: Renaming) -> tuple[str, str]:
    """Return what the template made before and what the project is, with the new name; raises Refusal if it can't be.

    What differs then from what the template makes now is to be merged.
    """
    ours = _Texts(objects, objects.entries(sides.ours))
    _check_the_places(ours.entries, renaming)
    base = _Texts(objects, objects.entries(sides.base))
    theirs = _Texts(objects, objects.entries(sides.theirs))
    modules = {path: module for path in ours.entries.keys() | base.entries.keys() if (module := _module(path))}
    asked_for = set(_asked_for(ours, modules))
    takes = {path for path in modules.keys() & base.entries.keys() if _takes(base.read(path), renaming.old)}
    described = {
        path: Module(
            name=name,
            is_package=path.endswith("/__init__.py"),
            asked_for=frozenset(what for module, what in asked_for if module == name),
            is_own=path == f"src/{renaming.package}/dependencies/{renaming.old}.py",
            takes=path in takes,
        )
        for path, name in modules.items()
    }
    before, mine = (_renamed(side, theirs, described, renaming) for side in (base, ours))
    return objects.edited(sides.base, before), objects.edited(sides.ours, mine)


def _check_the_places(entries: Mapping[str, Entry], renaming: Renaming) -> None:
    for root in renaming.roots:
        new = renaming.new_root(root)
        if there := next((path for path in entries if path == f"{new}.py" or path.startswith(f"{new}/")), None):
            message = f"{there} is in the way: move it, or choose another name"
            raise Refusal(message)
    for path, entry in entries.items():
        if entry.mode == SUBMODULE and renaming.place(path) != path:
            message = f"{path} is a submodule in a folder that would move: move it out of there first"
            raise Refusal(message)


def _module(path: str) -> str:
    """Return what a file is imported as; nothing if it isn't Python, or is a revision, which may be applied."""
    return module_of(path) if path.endswith(".py") and not REVISIONS.fullmatch(path) else ""


def _takes(text: str, name: str) -> bool:
    """Return whether a function has a parameter of this name."""
    return any(isinstance(node, ast.arg) and node.arg == name for node in ast.walk(ast.parse(text)))


def _asked_for(texts: _Texts, modules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each module and what another one imports from it."""
    for path in modules.keys() & texts.entries.keys():
        try:
            nodes = [node for node in ast.walk(ast.parse(texts.read(path))) if isinstance(node, ast.ImportFrom)]
        except (SyntaxError, ValueError):
            continue
        for node in nodes:
            module = imported_from(node, modules[path], is_package=path.endswith("/__init__.py"))
            yield from ((module, alias.name) for alias in node.names)


def _renamed(
    side: _Texts, theirs: _Texts, modules: Mapping[str, Module], renaming: Renaming
) -> dict[str, Entry | None]:
    """Return what becomes of files of a tree."""
    changes: dict[str, Entry | None] = {}
    for path, entry in side.entries.items():
        place = renaming.place(path)
        written = text = side.read(path) if (path in modules or path in HEADERS) and entry.mode != LINK else ""
        if path in HEADERS:
            written = renamed_sections(path, text, theirs.read(path), renaming)
        elif path in modules:
            written = renamed_code(text, modules[path], renaming)
        if written != text:
            changed = Entry(entry.mode, side.objects.write(written.encode(errors="surrogateescape")))
        else:
            changed = entry
        if place != path:
            changes[path] = None
        if (place, changed) != (path, entry):
            changes[place] = changed
    return changes


def moved_defaults(objects: Objects, base: str, theirs: str) -> list[str]:
    """Return a warning for each setting whose default has the name of the resource in it: a file, for one."""
    before, after = (_defaults(_Texts(objects, objects.entries(tree)).read(SETTINGS)) for tree in (base, theirs))
    return [
        f"{setting} is {value} where nothing sets it, and was {before[setting]}: set it, or move what is there"
        for setting, value in after.items()
        if before.get(setting, value) != value
    ]


def _defaults(text: str) -> dict[str, str]:
    found = ((SETTING.match(line), line) for line in text.splitlines())
    return {setting[1]: line.partition("=")[2] for setting, line in found if setting}


def left(objects: Objects, tree: str, renaming: Renaming) -> list[str]:
    """Return a warning for each file that still has the old name where it may mean the resource."""
    old = renaming.old
    named = rf"""\b(?:dependencies|models|migrations)[./]{old}\b|\btest_{old}\b|-n\ {old}\b
        |\b(?:dependencies|models)\ import\ (?:\([^)]*|.*)(?<!\ as\ )\b{old}\b
        |(?:\[|\(|,\ ?)["']{old}["']"""
    pattern = re.compile(named, re.VERBOSE)
    texts = _Texts(objects, objects.entries(tree))
    found = []
    for path, entry in texts.entries.items():
        if path == ANSWERS or entry.mode == SUBMODULE:
            continue
        text = texts.read(path)
        settings = any(re.search(rf"\b{setting}\b", text) for setting in renaming.settings)
        service = path.endswith("compose.yaml") and re.search(rf"\b{old}\b", text)
        if pattern.search(text) or settings or service:
            found.append(f"{path} still says {old}: see whether it means what is {renaming.new} now")
    return found
