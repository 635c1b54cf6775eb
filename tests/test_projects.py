"""Projects as they are rendered: formatted, linted, strictly typed, tidy, and green."""

import ast
import re
import tomllib
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path

import pytest
import yaml
from combinations import COMBINATIONS, PARAMETERS, covering, pairs_of
from projects import files, make, run_suite, tools_complain
from reserved import KINDS

NOTHING = {"database": "none", "cache": "none", "clients": "none"}
EVERYTHING = {"operations": True, "telemetry": True, "metrics": True, "security": True}
EVERYTHING |= {"kubernetes": True, "pre_commit": True}
# Two of each kind; names and a package that are as long as they may be, and that sort in a way of their own.
TWO_OF_EACH: dict[str, object] = {
    "package_name": "p23456789_123456789_123456789_123456789p",
    "resources": {
        "a23456789_123456789_1234": {"kind": "sqlite"},
        "db10": {"kind": "sqlite"},
        "db2": {"kind": "http", "base_url": "https://billing.example/a'b;c=$d/%7B"},
        "b23456789_123456789_1234": {"kind": "http"},
        "c23456789_123456789_1234": {"kind": "memory", "max_entries": 5},
        "c2": {"kind": "memory"},
    },
    "example": {
        "database": "a23456789_123456789_1234",
        "cache": "c23456789_123456789_1234",
        "client": "b23456789_123456789_1234",
    },
}
SUITES: dict[str, dict[str, object]] = {
    "default": {},
    "nothing": {**NOTHING, "operations": True},
    "two_of_each": TWO_OF_EACH,
    "no_example": {"example": "none"},
    "postgresql_redis": {"database": "postgresql", "cache": "redis"},
    "every_kind": {
        **EVERYTHING,
        "resources": {
            "database": {"kind": "sqlite"},
            "reports": {"kind": "postgresql"},
            "lookups": {"kind": "redis"},
            "answers_of_mine": {"kind": "memory"},
            "upstream": {"kind": "http"},
        },
    },
    "three_databases": {
        "resources": {
            "database": {"kind": "sqlite"},
            "reports": {"kind": "postgresql"},
            "a23456789_123456789_1234": {"kind": "postgresql"},
            "b23456789_123456789_1234": {"kind": "redis"},
            "lookups": {"kind": "redis"},
            "answers_of_mine": {"kind": "memory"},
        },
    },
    "no_database": {"database": "none", "cache": "redis", "clients": "billing, search", "operations": True},
    "database_only": {"database": "postgresql", "cache": "none", "clients": "none"},
}
# Those that run in a long run only: every kind of theirs is in another one.
LONG = ("no_example", "three_databases", "no_database", "database_only")
# Those whose slow tests run in a long run only: they take minutes, or are the same as the default's.
QUICK = ("two_of_each", "every_kind", *LONG)
RENDERED: dict[str, dict[str, object]] = {
    **SUITES,
    "bare": {**NOTHING},
    "long_names": {**TWO_OF_EACH, **EVERYTHING},
    "free_text": {
        "description": '"quoted" \'twice\' \\n {{ a }} {% b %} {# c #} $(d) `e` 🎉 \u202e """ ' + " long" * 50,
        "author": 'O\'Hara "Bob" \\ {{ x }} 🎉',
    },
    **COMBINATIONS,
}


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project made with one of the sets of answers."""
    name = str(request.param)
    return make(template, tmp_path_factory.mktemp("projects") / name, **RENDERED[name])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the suites of this profile."""
    if metafunc.function is test_its_suite_is_green:
        long = metafunc.config.getoption("--long")
        metafunc.parametrize("project", [name for name in SUITES if long or name not in LONG], indirect=True)


def test_its_suite_is_green(project: Path, request: pytest.FixtureRequest) -> None:
    """Warnings are errors there; nothing is skipped."""
    ended = run_suite(project, slow=request.config.getoption("--long") or project.name not in QUICK)
    assert ended.returncode == 0, ended.stdout
    assert re.fullmatch(r"\d+ passed(, \d+ deselected)? in .*", ended.stdout.splitlines()[-1])


@pytest.mark.parametrize("project", RENDERED, indirect=True)
def test_its_tools_have_nothing_to_say(project: Path, bench: Path) -> None:
    """Ruff, with its defaults of today and the project's own selection, and two type checkers, in its tests too."""
    assert not tools_complain(project, bench)


def test_every_kind_meets_every_other_in_a_suite() -> None:
    """Each two kinds stand together in a project whose suite runs."""
    starters = {"database": "sqlite", "cache": "memory", "clients": "upstream"}
    kinds_of = []
    for answers in (SUITES[name] for name in SUITES if name not in LONG):
        named = {key: str(answers.get(key, default)) for key, default in starters.items()}
        kinds = {named["database"], named["cache"], "none" if named["clients"] == "none" else "http"} - {"none"}
        resources = answers.get("resources")
        if isinstance(resources, dict):
            kinds = {resource["kind"] for resource in resources.values()}
        kinds_of.append(kinds)
    assert all(any({*pair} <= kinds for kinds in kinds_of) for pair in combinations(KINDS, 2))


def test_every_pair_of_answers_is_there(record_property: Callable[[str, object], None]) -> None:
    """Each two values of any two questions come together in one of the projects."""
    wanted = {
        tuple(sorted([(one, value), (other, another)]))
        for one, other in combinations(PARAMETERS, 2)
        for value, another in product(PARAMETERS[one], PARAMETERS[other])
    }
    assert set().union(*map(pairs_of, covering())) == wanted
    record_property("pairs of answers", len(wanted))
    record_property("projects rendered", len(RENDERED))
    record_property("suites", len(SUITES) - len(LONG))


@pytest.mark.parametrize("project", RENDERED, indirect=True)
def test_it_shows_no_trace_of_the_template(project: Path) -> None:
    """No scar where something was left out; every file parses as what it is."""
    for name, (_, content) in files(project).items():
        text = content.decode()
        blank_lines = "\n\n\n\n" if name.endswith((".py", ".mako")) else "\n\n\n"
        assert blank_lines not in text, name
        assert not re.search(r"[ \t]$", text, re.MULTILINE), name
        assert not text or (text.endswith("\n") and not text.endswith("\n\n")), name
        assert not text.startswith("\n"), name
        if name.endswith(".py"):
            assert max(map(len, text.splitlines()), default=0) <= 100, name
        if name.endswith((".yml", ".yaml")):
            list(yaml.safe_load_all(text))


@pytest.mark.parametrize("project", RENDERED, indirect=True)
def test_it_has_no_requirement_it_does_not_import(project: Path) -> None:
    """And no resource's module but those that were chosen."""
    described = tomllib.loads((project / "pyproject.toml").read_text())
    requirements = {re.split(r"[\[>=]", line)[0] for line in described["project"]["dependencies"]} - {
        "fastapi-cli",
        "uvicorn",
    }
    sources = "\n".join(path.read_text() for path in (project / "src").rglob("*.py"))
    imported = re.findall(r"^(?:from|import) (\w+)([\w.]*)", sources, re.MULTILINE)
    modules = {name for top, rest in imported for name in (top, f"{top}{rest}".replace(".", "_"))}
    drivers = {"aiosqlite", "asyncpg"}  # SQLAlchemy imports them
    assert {requirement.replace("-", "_") for requirement in requirements - drivers} <= modules
    named = set(re.findall(r'"(?:sqlite|postgresql)\+(\w+):', sources))
    assert requirements & drivers == named


@pytest.mark.parametrize("project", RENDERED, indirect=True)
def test_it_has_no_file_and_no_setting_that_nothing_uses(project: Path) -> None:
    """A module is imported, or run by what knows it by name; a setting is read, and .env.example lists it."""
    trees = {path.relative_to(project): ast.parse(path.read_text()) for path in project.rglob("*.py")}
    imported = set().union(*(imports(tree) for tree in trees.values()))
    for path in trees:
        module = path.with_suffix("").parts[1:]
        started = path.name.startswith("test_") or path.stem in ("__init__", "app", "conftest", "env", "servers")
        assert started or "versions" in module or ".".join(module) in imported, path
    nodes = [node for path, tree in trees.items() if path.parts[0] == "src" for node in ast.walk(tree)]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    declared = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name.endswith("Settings")]
    fields = {
        field.target.id
        for settings in declared
        for field in settings.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    assert fields - read == set()
    variables = re.findall(r"^(?:# )?([A-Z0-9_]+)=", (project / ".env.example").read_text(), re.MULTILINE)
    assert all(any(variable.lower().endswith(f"_{field}") for field in {*fields, "port"}) for variable in variables)
    # Every resource has this one; where there is none the first to come brings its line.
    resources = {node.name for node in declared} - {"Settings", "ResourceSettings", "AppSettings", "LogSettings"}
    listed = fields if resources else fields - {"required"}
    assert all(any(variable.lower().endswith(f"_{field}") for variable in variables) for field in listed)


def imports(tree: ast.Module) -> set[str]:
    """Return the modules that a module imports, and what it imports from them."""
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("project", ["free_text"], indirect=True)
def test_free_text_arrives_as_it_was_given(project: Path) -> None:
    """In TOML and in the answers; it is never part of a program."""
    given = RENDERED["free_text"]
    described = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert described["description"] == given["description"]
    assert described["authors"] == [{"name": given["author"]}]
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert (answers["description"], answers["author"]) == (given["description"], given["author"])


@pytest.mark.parametrize("project", ["default"], indirect=True)
def test_it_stays_small(project: Path) -> None:
    """A default project has fewer than 900 lines of Python outside tests and migrations, the example fewer than 200.

    Blank lines don't count.
    """
    sources = [path for path in (project / "src").rglob("*.py") if "migrations" not in path.parts]
    lines = {path: len(re.findall(r"\S.*", path.read_text())) for path in sources}
    assert sum(lines.values()) < 900
    assert sum(count for path, count in lines.items() if path.name in ("notes.py", "note.py")) < 200


@pytest.mark.parametrize("project", ["default"], indirect=True)
def test_every_public_function_says_what_it_does(project: Path) -> None:
    """A dependency says what it yields or lends, when that is closed, and which errors there are."""
    found = 0
    for path in (project / "src/default/dependencies").glob("*.py"):
        for docstring in re.findall(r'async def get_\w+\(.*?"""(.*?)"""', path.read_text(), re.DOTALL):
            found += 1
            assert re.match(r"Yield|Lend", docstring), docstring
            assert re.search(r"close|shared", docstring), docstring
            assert re.search(r"raise|fail|answers", docstring), docstring
    assert found == 6
