"""The project's suite is green after each change at once, the new resource's tests among it."""

import json
from pathlib import Path

import pytest
from projects import run_suite, tools_complain

from changing.conftest import Project

# What every project's suite has; the others are about one resource each.
GENERAL = ["test_errors.py", "test_health.py", "test_lifecycle.py", "test_promises.py", "test_start.py"]


def check(project: Project, bench: Path, *tests: str) -> None:
    """Run the project's suite or some of its tests, formatter, linter and type checkers."""
    suite = run_suite(project.folder, *(f"tests/{test}" for test in tests), slow=False)
    assert suite.returncode == 0, suite.stdout
    assert not tools_complain(project.folder, bench)


@pytest.mark.parametrize("kinds", [("sqlite", "http"), ("postgresql", "memory", "redis")], ids="-".join)
def test_after_resources_were_added(project: Project, kinds: tuple[str, ...], bench: Path) -> None:
    """Their own tests run too, and the lines that are shown use them."""
    for kind in kinds:
        ended = project.change("new-resource", f"second_{kind}", "--kind", kind)
        alias = f"Second{kind.capitalize()}" + ("Transaction" if kind in ("sqlite", "postgresql") else "")
        assert f"from p.dependencies.second_{kind} import {alias}\n" in ended.out
    check(project, bench, *GENERAL, *(f"test_second_{kind}.py" for kind in kinds))


@pytest.mark.parametrize("name", ["database", "cache", "upstream"])
def test_after_a_resource_of_the_examples_was_removed(project: Project, name: str, bench: Path) -> None:
    """The example does without it; without a database there is none."""
    project.change("remove-resource", name)
    assert (project.folder / "src/p/routes/notes.py").exists() == (name != "database")
    check(project, bench)


def test_what_there_is_and_could_be(project: Project) -> None:
    """For people, and for programs."""
    project.change("new-resource", "billing", "--kind", "http", "--set", "base_url=https://billing.example")
    assert "  billing     http base_url=https://billing.example\n" in project.change("resources").out
    found = json.loads(project.change("resources", "--json").out)
    billing = {"name": "billing", "role": "client", "kind": "http", "base_url": "https://billing.example"}
    assert billing in found["resources"]
    assert [kind["kind"] for kind in found["kinds"]] == ["http", "memory", "postgresql", "redis", "sqlite"]


def test_for_programs(project: Project) -> None:
    """What was done, and what was refused."""
    done = json.loads(project.change("new-resource", "billing", "--kind", "http", "--json").out)
    assert done["conflicts"] == []
    assert {"path": "src/p/dependencies/billing.py", "change": "create"} in done["files"]
    refused = project.scaffold("new-resource", "billing", "--kind", "http", "--json")
    assert refused.code == 2
    assert json.loads(refused.out)["error"].startswith("there is a resource billing")
