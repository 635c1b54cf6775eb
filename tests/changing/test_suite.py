"""The project's suite is green after each change at once, the new resource's tests among it."""

import json

import pytest
from projects import run

from changing.conftest import Project


def check(project: Project) -> None:
    """Run the project's suite, formatter, linter and type checker."""
    suite = run(project.folder, "pytest", "-q", "-p", "no:cacheprovider")
    assert suite.returncode == 0, suite.stdout
    for tool in (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"]):
        ended = run(project.folder, *tool)
        assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "memory", "redis", "http"])
def test_after_a_resource_was_added(project: Project, kind: str) -> None:
    """Its own tests run too, and the lines that are shown use it."""
    ended = project.change("new-resource", "second_one", "--kind", kind)
    alias = "SecondOneTransaction" if kind in ("sqlite", "postgresql") else "SecondOne"
    assert f"from p.dependencies.second_one import {alias}\n" in ended.out
    assert (project.folder / "tests/test_second_one.py").exists()
    check(project)


@pytest.mark.parametrize("name", ["database", "cache", "upstream"])
def test_after_a_resource_of_the_examples_was_removed(project: Project, name: str) -> None:
    """The example does without it; without a database there is none."""
    project.change("remove-resource", name)
    assert (project.folder / "src/p/routes/notes.py").exists() == (name != "database")
    check(project)


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
