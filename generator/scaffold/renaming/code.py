"""The renaming of a resource in a Python module: of what the module imports, and nothing that only looks like it.

Strings and comments stay, but for the names of settings, and for the name where the resource is looked up by it.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from scaffold.renaming.names import Renaming, imported_from

# What takes a resource's name, by the module that it comes from, and what is indexed with it.
LOOK_UPS = {"resources": ("lent", "lent_to_request"), "migrations": ("tree",)}
INDEXED = ("state", "RESOURCES")


@dataclass(frozen=True)
class Edit:
    """Bytes that stand at an offset become others."""

    start: int
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Module:
    """A module of a project: what it is imported as, what others import from it, and whether it is the resource's.

    `takes`: the template gives functions in it a parameter that is called like the resource.
    """

    name: str
    is_package: bool
    asked_for: frozenset[str]
    is_own: bool
    takes: bool


def renamed_code(text: str, module: Module, renaming: Renaming) -> str:
    """Return a module in which the resource has its new name; as it is if it can't be read as Python."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    data = text.removeprefix(mark).encode(errors="surrogateescape")
    for keeps in (False, True):
        try:
            code = _Code(data, module, renaming, keeps=keeps)
            written = _edited(data, code.edits())
            if not code.local.keys() & _Code(written, module, renaming, keeps=True).used:
                return mark + written.decode(errors="surrogateescape")
        except (SyntaxError, ValueError):
            break
    return text


def _edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    for edit in sorted(set(edits), key=lambda edit: edit.start, reverse=True):
        end = edit.start + len(edit.before)
        if data[edit.start : end] == edit.before:
            data = data[: edit.start] + edit.after + data[end:]
    return data


class _Code:
    """A module's code; `keeps`: names that were imported stay what they are here, by `import … as …`."""

    def __init__(self, data: bytes, module: Module, renaming: Renaming, *, keeps: bool) -> None:
        self.data = data
        self.nodes = list(ast.walk(ast.parse(data)))
        self.module = module
        self.renaming = renaming
        self.keeps = keeps
        self.starts = list(accumulate((len(line) for line in data.splitlines(keepends=True)), initial=0))

    def edits(self) -> Iterator[Edit]:
        for node in self.nodes:
            match node:
                case ast.ImportFrom():
                    yield from self._import_from(node)
                case ast.Import():
                    yield from self._import(node)
                case ast.Attribute():
                    yield from self._attribute(node)
                case ast.Name(id=name) if name in self.local:
                    yield self._edit(node, name, self.local[name])
                case ast.arg(arg=name) if name == self.renaming.old and name in self.local:
                    yield self._edit(node, name, self.local[name])
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield from self._definition(node)
                case ast.Call():
                    yield from self._call(node)
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant() as key) if name in INDEXED:
                    yield from self._string(key, {self.renaming.old: self.renaming.new})
                case ast.Constant(value=str(value)):
                    yield from self._string(node, {value: self._in_string(value)})
                case _:
                    pass

    @cached_property
    def local(self) -> dict[str, str]:
        """What names of this module become."""
        renaming = self.renaming
        found = dict(renaming.generated) if self.module.is_own else {}
        if self.keeps:
            return found
        if self.module.takes and renaming.new not in self.bound:
            found[renaming.old] = renaming.new
        for before, after in self._imported():
            if self._is_free(before, after):
                found[before] = after
        return found

    def _imported(self) -> Iterator[tuple[str, str]]:
        """Yield what is imported of the resource under its own name, and what that becomes."""
        for node in self.nodes:
            if not isinstance(node, ast.ImportFrom):
                continue
            names = self._names_from(self._absolute(node))
            for alias in node.names:
                if alias.asname is None and alias.name in names:
                    yield alias.name, names[alias.name]

    def _names_from(self, module: str) -> Mapping[str, str]:
        """Return what a module has of the resource's names."""
        renaming = self.renaming
        if module == f"{renaming.package}.dependencies.{renaming.old}":
            return renaming.generated
        if module in (f"{renaming.package}.dependencies", f"{renaming.package}.models"):
            return {renaming.old: renaming.new}
        return {}

    def _is_free(self, before: str, after: str) -> bool:
        """Return whether a name may change here: nobody else asks for it, nothing else is called so."""
        asked_for = self.module.asked_for | self.exported
        return before not in asked_for and before not in self.defined and after not in self.bound

    @cached_property
    def exported(self) -> set[str]:
        """What strings say that are names: those of __all__, and annotations in quotes."""
        strings = (node.value for node in self.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
        return {string for string in strings if string.isidentifier()} | self._quoted_annotations

    @cached_property
    def _quoted_annotations(self) -> set[str]:
        annotated = [getattr(node, name, None) for node in self.nodes for name in ("annotation", "returns")]
        constants = (part for node in annotated if isinstance(node, ast.AST) for part in ast.walk(node))
        values = [part.value for part in constants if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        return {word for value in values for word in re.findall(r"\w+", value)}

    @cached_property
    def defined(self) -> set[str]:
        """What is defined or assigned here."""
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return {
            *(node.name for node in self.nodes if isinstance(node, definitions)),
            *(node.arg for node in self.nodes if isinstance(node, ast.arg)),
            *(node.id for node in self.nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)),
        }

    @property
    def used(self) -> set[str]:
        """What names are read or assigned."""
        return {node.id for node in self.nodes if isinstance(node, ast.Name)}

    @cached_property
    def bound(self) -> set[str]:
        """Every name there is here."""
        imports = (node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom))
        return {
            *self.defined,
            *self.used,
            *(alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names),
        }

    def _absolute(self, node: ast.ImportFrom) -> str:
        return imported_from(node, self.module.name, is_package=self.module.is_package)

    def _import_from(self, node: ast.ImportFrom) -> Iterator[Edit]:
        absolute = self._absolute(node)
        if self._is_below(absolute):
            written = (node.module or "").split(".")
            yield from self._component(self._offset(node), absolute.split("."), written)
        names = self._names_from(absolute)
        for alias in node.names:
            if alias.name not in names:
                continue
            before, after = alias.name, names[alias.name]
            keeps = alias.asname is None and before not in self.local
            yield self._edit(alias, before, f"{after} as {before}" if keeps else after)

    def _import(self, node: ast.Import) -> Iterator[Edit]:
        for alias in node.names:
            if self._is_below(alias.name):
                yield from self._component(self._offset(alias), alias.name.split("."), alias.name.split("."))

    def _component(self, start: int, absolute: list[str], written: list[str]) -> Iterator[Edit]:
        """Yield the edit of the resource's name in a dotted one that stands at or after an offset."""
        number = 2 - (len(absolute) - len(written))
        place = self.data.find(".".join(written).encode(), start)
        if number >= 0 and place >= 0:
            before = "".join(f"{part}." for part in written[:number])
            yield self._at(place + len(before), self.renaming.old, self.renaming.new)

    def _attribute(self, node: ast.Attribute) -> Iterator[Edit]:
        end = self._end(node) - len(node.attr)
        dotted = ast.unparse(node)
        if dotted in self._own_modules:
            yield self._at(end, node.attr, self.renaming.new)
        elif ast.unparse(node.value) in self.modules and node.attr in self.renaming.generated:
            yield self._at(end, node.attr, self.renaming.generated[node.attr])

    @cached_property
    def _own_modules(self) -> list[str]:
        renaming = self.renaming
        return [f"{renaming.package}.{folder}.{renaming.old}" for folder in ("dependencies", "models")]

    @cached_property
    def modules(self) -> set[str]:
        """What the resource's module is called here."""
        dependencies = self._own_modules[0]
        imports = [node for node in self.nodes if isinstance(node, ast.Import)]
        whole = {alias.asname or alias.name for node in imports for alias in node.names if alias.name == dependencies}
        froms = [node for node in self.nodes if isinstance(node, ast.ImportFrom)]
        package = dependencies.rpartition(".")[0]
        return whole | {
            alias.asname or alias.name
            for node in froms
            if self._absolute(node) == package
            for alias in node.names
            if alias.name == self.renaming.old
        }

    def _is_below(self, module: str) -> bool:
        return any(module == own or module.startswith(f"{own}.") for own in self._own_modules)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Edit]:
        if self.module.is_own and node.name in self.local:
            place = self.data.find(f" {node.name}".encode(), self._offset(node)) + 1
            yield self._at(place, node.name, self.local[node.name])

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        if isinstance(node.func, ast.Name) and node.func.id in self._look_ups:
            for argument in node.args:
                yield from self._string(argument, {self.renaming.old: self.renaming.new})
        for keyword in node.keywords if self.module.is_own else ():
            if keyword.arg == "env_prefix":
                prefix = {f"{self.renaming.old}_".upper(): f"{self.renaming.new}_".upper()}
                yield from self._string(keyword.value, prefix)

    @cached_property
    def _look_ups(self) -> set[str]:
        """What is imported here that takes a resource's name."""
        froms = [node for node in self.nodes if isinstance(node, ast.ImportFrom)]
        return {
            alias.asname or alias.name
            for node in froms
            for module, names in LOOK_UPS.items()
            if self._absolute(node) == f"{self.renaming.package}.{module}"
            for alias in node.names
            if alias.name in names
        }

    def _in_string(self, value: str) -> str:
        """Return what a string becomes that is a setting, or says where something of the resource's is."""
        if not re.fullmatch(r"[\w.]+", value) or not self._is_below(value):
            return self.renaming.setting(value)
        package, folder, _, *rest = value.split(".")
        rest = [self.renaming.generated.get(name, name) for name in rest] if folder == "dependencies" else rest
        return ".".join([package, folder, self.renaming.new, *rest])

    def _string(self, node: ast.expr, become: Mapping[str, str]) -> Iterator[Edit]:
        """Yield the edit of a string that is written plainly."""
        value = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(value, str) or become.get(value, value) == value:
            return
        start = self._offset(node)
        if self.data[start : start + 1] in (b'"', b"'") and self._end(node) == start + len(value.encode()) + 2:
            yield self._at(start + 1, value, become[value])

    def _edit(self, node: ast.expr | ast.arg | ast.alias, before: str, after: str) -> Edit:
        return self._at(self._offset(node), before, after)

    def _at(self, start: int, before: str, after: str) -> Edit:
        return Edit(start, before.encode(), after.encode())

    def _offset(self, node: ast.stmt | ast.expr | ast.arg | ast.alias) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr) -> int:
        return self.starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
