"""Derives the names that can't be given, from Python, from what a project requires, and from the generated code.

    python tests/reserved.py

writes them down in template/questions/reserved.yml; tests/test_reserved.py fails while that says anything else.
"""

import ast
import builtins
import keyword
import re
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from projects import ROOT, make, template_in

RESERVED = ROOT / "template/questions/reserved.yml"
# What a resource, or the class made from its name, can be called.
POSSIBLE = re.compile(r"[a-z](_?[a-z0-9])*|([A-Z][a-z0-9]*)+")
LONGEST = 24
# Two resources of every kind, with names that nothing else has.
KINDS = sorted(path.parent.name for path in (ROOT / "template/resources").glob("*/kind.yml"))
RESOURCES = {f"zq{number}{kind}": {"kind": kind} for kind in KINDS for number in ("", "2")}
OPERATION = {"operations": True, "telemetry": True, "metrics": True, "security": True, "kubernetes": True}
# What a resource is called if nobody says otherwise: the suites of default projects prove that it can be.
PROVED = {"database", "cache", "upstream"}
# The words for no resource, and YAML's for yes, no and nothing: such a name is no text in the answers.
WORDS = {"none", "null", "true", "false", "yes", "no", "on", "off"}
# What makes, installs and tests a project.
BY_NAME = {"copier", "hatchling", "pip", "scaffold", "setuptools", "src", "tests", "uv"}
# What stands beside the resources in the application's state, in its settings, and in its folders.
BESIDE = {"app", "log", "models", "required", "routes", "running", "settings", "tests"}
TITLES = {
    "keywords": "words of Python, no name for anything",
    "modules": "modules of Python, of what a project requires, and of its tests, no name for a package",
    "names": "what a module with a resource in it uses itself, or has beside it, no name for a resource",
    "endings": "what aliases end with, and what a setting of more than one word begins with: database_pool and\n"
    "its TIMEOUT would be the setting DATABASE_POOL_TIMEOUT of database",
}


def derived(project: Path) -> dict[str, set[str]]:
    """Return what has to be reserved, of a project with resources of every kind."""
    keywords = {*keyword.kwlist, *keyword.softkwlist}
    return {
        "keywords": keywords,
        "modules": modules(project),
        "names": {name for name in names(project) if len(name) <= LONGEST} - keywords - PROVED,
        "endings": endings(project),
    }


def modules(project: Path) -> set[str]:
    """Return the modules that a package of the same name would hide, or be hidden by."""
    described = tomllib.loads((project / "pyproject.toml").read_text())
    required = distributions(described["project"]["dependencies"] + described["dependency-groups"]["dev"])
    imported = {
        name
        for name, origins in packages_distributions().items()
        if {canonicalize_name(origin) for origin in origins} & required and name.isidentifier()
    }
    of_tests = {path.stem for path in (project / "tests").glob("*.py") if "zq" not in path.stem}
    found = imported | of_tests | sys.stdlib_module_names | modules_of_other_pythons() | BY_NAME
    return {name for name in found if not name.startswith("_")}


def modules_of_other_pythons() -> set[str]:
    """Return the modules of the standard library in any version, as typeshed lists them."""
    mypy = find_spec("mypy")
    assert mypy is not None
    assert mypy.origin is not None
    versions = Path(mypy.origin).with_name("typeshed") / "stdlib/VERSIONS"
    return set(re.findall(r"^([a-z]\w*)(?=[.:])", versions.read_text(), re.MULTILINE))


def distributions(requirements: Iterable[str]) -> set[str]:
    """Return the names of what is installed for requirements, and for theirs."""
    found: dict[tuple[str, str], None] = {}
    waiting = [Requirement(requirement) for requirement in requirements]
    while waiting:
        requirement = waiting.pop()
        for asked in {(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)} - set(found):
            found[asked] = None
            waiting += needed(*asked)
    return {name for name, _ in found}


def needed(name: str, extra: str) -> list[Requirement]:
    """Return what a distribution requires here, with an extra; nothing if it isn't installed."""
    try:
        found = [Requirement(each) for each in requires(name) or ()]
    except PackageNotFoundError:
        return []
    return [each for each in found if each.marker is None or each.marker.evaluate({"extra": extra})]


def names(project: Path) -> set[str]:
    """Return the names that a resource, or a class of it, would hide something with, where it is named itself."""
    found = {*dir(builtins), *BESIDE, *WORDS}
    for path in project.rglob("*.py"):
        used = names_used(path)
        if used & set(RESOURCES):
            found |= {name for name in used if name.islower()}
        if any(name.startswith("Zq") for name in used):
            found |= {name for name in used if name[0].isupper() and not name.isupper()}
        found |= keys_used(path)
    # Modules of the same folder as those that are called like a resource, and tests beside test_<name>.py.
    for path in (project / "src").glob("*/migrations/*.py"):
        found.add(path.stem)
    for path in (project / "tests").glob("test_*.py"):
        found.add(path.stem.removeprefix("test_"))
    return {name for name in found if "zq" not in name.lower() and POSSIBLE.fullmatch(name)}


def names_used(path: Path) -> set[str]:
    """Return every name that a module binds or looks up, arguments included."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg | ast.keyword) and node.arg}
    found |= {
        (alias.asname or alias.name).split(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return found | {node.name for node in nodes if isinstance(node, defined)}


def keys_used(path: Path) -> set[str]:
    """Return the keys under which a module puts things among the resources, or what is open of them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        asked = [node.value, node.slice] if isinstance(node, ast.Subscript) else []
        asked += node.args if isinstance(node, ast.Call) else []
        if {each.id for each in asked if isinstance(each, ast.Name)} & {"RESOURCES", "state"}:
            found |= {each.value for each in asked if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return found


def endings(project: Path) -> set[str]:
    """Return the words that would make one name of two resources'."""
    found: set[str] = set()
    for path in (project / "src").rglob("*.py"):
        tree = ast.parse(path.read_text())
        for settings in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            if settings.name.endswith("Settings"):
                found |= set(chain.from_iterable(field.split("_")[:-1] for field in fields(settings)))
        for name in names_used(path):
            if suffix := re.fullmatch(r"Zq2?[a-z]+([A-Z]\w*)|[a-z]+_zq2?[a-z]+_(\w+)", name):
                found.add((suffix[1] or suffix[2]).lower())
    return found


def fields(settings: ast.ClassDef) -> Iterator[str]:
    """Yield what a class of settings reads."""
    for node in settings.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_":
            yield node.target.id


def project_in(folder: Path) -> Path:
    """Return a project with two resources of every kind and all that can be chosen, of the template as it stands."""
    return make(template_in(folder / "template"), folder / "reserved", resources=RESOURCES, **OPERATION)


def in_order(names: Iterable[str]) -> list[str]:
    """Return names as a dictionary has them, the same each time."""
    return sorted(names, key=lambda name: (name.lower(), name))


def written(found: dict[str, set[str]]) -> str:
    """Return the text of the file."""
    parts = [
        "# Names that can't be given: tests/reserved.py derives and writes them. As text: YAML is slow over lists.\n"
    ]
    for key, title in TITLES.items():
        listed = textwrap.fill(" ".join(in_order(found[key])), 110, initial_indent="  ", subsequent_indent="  ")
        parts.append(f"{textwrap.indent(title, '# ')}\n{key}: |\n{listed}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = derived(project_in(Path(folder)))
    known = yaml.safe_load(RESERVED.read_text())
    # Words of Pythons other than this one stay.
    found["keywords"] |= set(known["keywords"].split())
    RESERVED.write_text(written(found))
