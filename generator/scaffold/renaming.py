"""The renaming of a resource: in the places of files, and in the names by which code and settings know it."""

import os
import re
from dataclasses import dataclass

from scaffold.answers import pascal
from scaffold.errors import Refusal
from scaffold.merging.lines import SETTING
from scaffold.objects import Entry, Objects

SETTINGS = ".env.example"


@dataclass(frozen=True)
class Renaming:
    """The resource `old` of a package is to be called `new`."""

    package: str
    old: str
    new: str

    def place(self, path: str) -> str:
        """Return where a file stands from now on: its modules, models, migrations and tests are named after it."""
        folders = rf"(src/{self.package}/(?:dependencies|models|migrations)/|tests/test_)"
        return re.sub(rf"^{folders}{self.old}(?=\.py$|/)", rf"\g<1>{self.new}", path)

    def is_named_in(self, module: str) -> bool:
        """Return whether a module imports from those of the resource: then its names there are the resource's."""
        return bool(re.search(self._module, module))

    def in_module(self, text: str, settings: set[str]) -> str:
        """Return a module in which modules, functions, classes and settings of the resource have their new names."""
        text = re.sub(self._module, lambda found: found[0].removesuffix(self.old) + self.new, text)
        functions = rf"\b((?:get|guard|check|open)_){self.old}((?:_(?:transaction|reader|session))?)\b"
        text = re.sub(functions, rf"\g<1>{self.new}\g<2>", text)
        classes = rf"\b{pascal(self.old)}((?:Transaction|Reader|Session|Settings)?)\b"
        text = re.sub(classes, rf"{pascal(self.new)}\g<1>", text)
        return self.in_settings(text, settings)

    def in_own_module(self, text: str, settings: set[str]) -> str:
        """Return one of the resource's own modules, in which it is also called by its name alone."""
        text = re.sub(rf"""(?<=["']){self.old}(?=["'])""", self.new, text)
        text = re.sub(rf"""(?<=["']){self.old.upper()}_(?=["'])""", f"{self.new.upper()}_", text)
        return self.in_module(text, settings)

    def in_settings(self, text: str, settings: set[str]) -> str:
        """Return a text in which some settings have their new names."""
        before, after = f"{self.old}_".upper(), f"{self.new}_".upper()
        return re.sub(r"\b[A-Z][A-Z0-9_]*\b", lambda found: _renamed(found[0], settings, before, after), text)

    @property
    def _module(self) -> str:
        return rf"\b{self.package}\.(?:dependencies|models)\.{self.old}\b"


def _renamed(word: str, settings: set[str], before: str, after: str) -> str:
    return word.replace(before, after, 1) if word.removeprefix("TEST_") in settings else word


def settings_of(objects: Objects, made: str, name: str) -> set[str]:
    """Return the settings of a resource, as they stand in what the template made."""
    text = objects.read(objects.entries(made).get(SETTINGS)).decode()
    names = (found[1] for line in text.splitlines() if (found := SETTING.match(line)))
    return {f"{name}_URL".upper(), *(setting for setting in names if setting.startswith(f"{name}_".upper()))}


def renamed(objects: Objects, tree: str, renaming: Renaming, settings: set[str]) -> str:
    """Return a tree in which the resource is called by its new name; raises Refusal if a file is in the way."""
    entries = objects.entries(tree)
    changes: dict[str, Entry | None] = {}
    for path, entry in entries.items():
        place = renaming.place(path)
        if place != path and place in entries:
            message = f"{place} is in the way: move it, or choose another name"
            raise Refusal(message)
        text = os.fsdecode(objects.read(entry)) if path.endswith(".py") or path == SETTINGS else ""
        written = text
        if path == SETTINGS:
            written = renaming.in_settings(text, settings)
        elif place != path:
            written = renaming.in_own_module(text, settings)
        elif renaming.is_named_in(text):
            written = renaming.in_module(text, settings)
        if place != path:
            changes[path] = None
        if written != text:
            changes[place] = Entry(entry.mode, objects.write(os.fsencode(written)))
        elif place != path:
            changes[place] = entry
    return objects.edited(tree, changes)
