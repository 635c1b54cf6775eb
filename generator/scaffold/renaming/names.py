"""What a resource's name is in: the places of its files, and the names by which code and settings know it."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from scaffold.answers import pascal
from scaffold.merging.lines import SETTING

ROLES = ("", "_transaction", "_reader", "_session")


@dataclass(frozen=True)
class Renaming:
    """The resource `old` of a package is to be called `new`; `settings` are the names of its settings."""

    package: str
    old: str
    new: str
    settings: frozenset[str] = field(default_factory=frozenset)

    @property
    def roots(self) -> list[str]:
        """What the places of its own files begin with, folders and modules without their ending."""
        folders = ("dependencies", "models", "migrations")
        return [*(f"src/{self.package}/{folder}/{self.old}" for folder in folders), f"tests/test_{self.old}"]

    def place(self, path: str) -> str:
        """Return where a file stands from now on."""
        root = next((root for root in self.roots if path == f"{root}.py" or path.startswith(f"{root}/")), None)
        return self.new_root(root) + path.removeprefix(root) if root else path

    def new_root(self, root: str) -> str:
        """Return what one of the roots is from now on."""
        return root.removesuffix(self.old) + self.new

    @property
    def generated(self) -> dict[str, str]:
        """What its module defines, and what that is called from now on."""
        before, after = ([*_functions(name), *_classes(name)] for name in (self.old, self.new))
        return dict(zip(before, after, strict=True))

    def setting(self, name: str) -> str:
        """Return what a setting is called from now on; the same if it is none of the resource's."""
        test = "TEST_" if name.startswith("TEST_") and name not in self.settings else ""
        own = name.removeprefix(test)
        return f"{test}{self.new.upper()}{own.removeprefix(self.old.upper())}" if own in self.settings else name


def listed_settings(text: str) -> frozenset[str]:
    """Return the settings that the example of an environment lists."""
    return frozenset(found[1] for line in text.splitlines() if (found := SETTING.match(line)))


def settings_in(text: str, name: str, resources: Iterable[str]) -> frozenset[str]:
    """Return the settings of one of some resources, of those that the example of an environment lists."""
    longest_first = sorted(resources, key=len, reverse=True)
    owners = {
        setting: next((owner for owner in longest_first if setting.startswith(f"{owner}_".upper())), None)
        for setting in {f"{name}_URL".upper(), *listed_settings(text)}
    }
    return frozenset(setting for setting, owner in owners.items() if owner == name)


def module_of(path: str) -> str:
    """Return what a file of a project is imported as."""
    return re.sub(r"^(?:src|tests)/|(?:/__init__)?\.py$", "", path).replace("/", ".")


def imported_from(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """Return which module an import in a module is from, also where that is said relatively."""
    if not node.level:
        return node.module or ""
    above = module.split(".")
    above = above[: len(above) - node.level + is_package]
    return ".".join([*above, *([node.module] if node.module else [])])


def _functions(name: str) -> list[str]:
    verbs = (*(f"get_{name}{role}" for role in ROLES), f"guard_{name}_session")
    return [*verbs, f"open_{name}", f"check_{name}"]


def _classes(name: str) -> list[str]:
    return [pascal(name) + suffix for suffix in ("", "Transaction", "Reader", "Session", "Settings")]
