"""Names that can't be given: Python's, those of what a project imports, those the generated code uses."""

import ast
import builtins
import keyword
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml
from projects import ROOT, make

# What a resource, or the class made from its name, can be called.
POSSIBLE = re.compile(r"[a-z](_?[a-z0-9])*|([A-Z][a-z0-9]*)+")
RESERVED: dict[str, list[str]] = yaml.safe_load((ROOT / "template/questions/reserved.yml").read_text())


def test_words_of_python_are_reserved() -> None:
    """They are names for nothing."""
    assert {*keyword.kwlist, *keyword.softkwlist} <= set(RESERVED["keywords"])


def test_modules_of_the_standard_library_are_reserved() -> None:
    """A package of that name would hide one."""
    assert {name for name in sys.stdlib_module_names if not name.startswith("_")} <= set(RESERVED["modules"])


def test_modules_of_what_a_project_requires_are_reserved() -> None:
    """Everything that is imported by a project, and everything that comes with it."""
    server = {
        "anyio",
        "fastapi",
        "fastapi-cli",
        "idna",
        "pydantic",
        "pydantic-settings",
        "starlette",
        "typer",
        "uvicorn",
    }
    resources = {"aiosqlite", "alembic", "asyncpg", "cachetools", "greenlet", "httpx2", "mako", "redis", "sqlalchemy"}
    needed = server | resources | {"mypy", "pytest", "ruff"}
    modules = {
        name
        for name, distributions in packages_distributions().items()
        if needed & {distribution.lower() for distribution in distributions} and name.isidentifier()
    }
    assert {name for name in modules if not name.startswith("_")} <= set(RESERVED["modules"])


def test_modules_of_a_projects_tests_are_reserved() -> None:
    """They are imported beside the package."""
    modules = {path.name.split(".")[0] for path in (ROOT / "template/project/tests").iterdir() if path.name[0] != "{"}
    assert {name for name in modules if not name.startswith("test_")} <= set(RESERVED["modules"])


def names_used(path: Path) -> set[str]:
    """Return every name that a module binds or looks up, arguments included."""
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg | ast.keyword) and node.arg}
    names |= {
        (alias.asname or alias.name).split(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return names | {node.name for node in nodes if isinstance(node, defined)}


def test_names_the_generated_code_uses_are_reserved(template: Path, tmp_path: Path) -> None:
    """A resource of that name would hide something where its own name, or its class's, is used."""
    kinds = {"zqdatabase": "sqlite", "zqcache": "memory", "zqclient": "http", "zqpg": "postgresql", "zqredis": "redis"}
    project = make(template, tmp_path / "reserved", resources={name: {"kind": kind} for name, kind in kinds.items()})
    wanted = set(dir(builtins))
    for path in project.rglob("*.py"):
        used = names_used(path)
        if used & set(kinds):
            wanted |= {name for name in used if name.islower()}
        if any(name.startswith("Zq") for name in used):
            wanted |= {name for name in used if name[0].isupper() and not name.isupper()}
    # Names made from the resource's own, and those whose use the suites of default projects prove.
    wanted = {name for name in wanted if "zq" not in name.lower() and POSSIBLE.fullmatch(name) and len(name) <= 24}
    wanted -= {"database", "cache", "upstream"}
    # It stands beside these in the application's state, in its settings, and in its folders.
    wanted |= {"app", "models", "routes", "running", "settings", "tests"}
    # A resource has a test module of its name.
    wanted |= {
        path.stem.removeprefix("test_") for path in (project / "tests").glob("test_*.py") if "zq" not in path.stem
    }
    assert sorted(wanted - set(RESERVED["names"]) - set(RESERVED["keywords"])) == []


def test_settings_of_two_resources_never_have_one_name(template: Path, tmp_path: Path) -> None:
    """The first words of a setting can't be the last ones of a resource's name."""
    project = make(template, tmp_path / "settings")
    fields = {
        node.target.id
        for path in (project / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    settings = {field for field in fields if "_" in field.strip("_") and field.islower()}
    first_words = {"_".join(field.split("_")[:-1]) for field in settings if not field.startswith("_")}
    assert {"pool", "lock", "max", "base", "health", "migrate"} <= first_words
    assert first_words <= set(RESERVED["endings"])
