"""Kinds: what a resource can be made with, read from the template's kind.yml files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict, cast

import yaml

from scaffold.errors import Refusal
from scaffold.template import Template, described
from scaffold.terminal import wrapped

Value = str | int | bool
OptionType = Literal["str", "int", "bool", "url"]


@dataclass(frozen=True)
class Option:
    """Something of a kind that each resource may set for itself."""

    type: OptionType
    default: Value
    help: str


@dataclass(frozen=True)
class Kind:
    """One folder under template/resources."""

    name: str
    role: Literal["database", "cache", "client"]
    description: str
    options: dict[str, Option]
    # What to use in its place: it is no longer offered, and works where it is.
    retired: str = ""
    # Whether each process has its own: whatever runs the application runs it once.
    one_process: bool = False


class _OptionFile(TypedDict):
    type: OptionType
    default: Value
    help: str


class _KindFile(TypedDict):
    kind: str
    role: Literal["database", "cache", "client"]
    description: str
    options: dict[str, _OptionFile]
    retired: NotRequired[str]
    one_process: NotRequired[bool]


def read_kinds(template: Template) -> dict[str, Kind]:
    """Return the kinds of a template by name, sorted; raises Refusal if it has none."""
    paths = [path for path in template.paths("template/resources") if path.endswith("/kind.yml")]
    if not paths:
        message = (
            f"template {template.source} has no kinds of resources at {template.ref}: it is made for something else"
        )
        raise Refusal(message)
    kinds = (_read_kind(template, path, text) for path, text in zip(paths, template.texts(paths), strict=True))
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def _read_kind(template: Template, path: str, text: str) -> Kind:
    try:
        return _kind(cast("_KindFile", described(text)))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        reason = f"{path} describes no kind ({type(error).__name__}: {error})"
        raise template.broken(" ".join(reason.split())) from None


def _kind(described: _KindFile) -> Kind:
    options = {name: Option(**option) for name, option in described["options"].items()}
    retired, one_process = described.get("retired", ""), described.get("one_process", False)
    return Kind(described["kind"], described["role"], described["description"], options, retired, one_process)


def offered(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the kinds of which a new resource can be."""
    return {name: kind for name, kind in kinds.items() if not kind.retired}


def listed(kinds: Iterable[Kind], width: int = 0) -> Iterator[str]:
    """Yield lines that list kinds: what each serves as, and its options with their defaults."""
    kinds = list(kinds)
    width = max([width, *(len(kind.name) for kind in kinds)])
    for kind in kinds:
        yield from wrapped(f"  {kind.name:{width}}  ", f"{kind.role}: {kind.description}")
        for name, option in kind.options.items():
            yield from wrapped(f"  {'':{width}}    ", f"--set {name}=… {option.help} ({option.default})")
