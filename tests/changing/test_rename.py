"""A resource gets another name, and everything that was written about it comes along."""

import json
from pathlib import Path

import pytest
from projects import files, make

from changing.conftest import MakeProject, Project

ROUTE = '''"""Own."""

from p.dependencies.database import Database, DatabaseReader, get_database
from p.dependencies.upstream import Upstream, UpstreamSettings


async def own(upstream: Upstream, reader: DatabaseReader, database: Database) -> None:
    """Take what is lent."""


SETTINGS = UpstreamSettings, "UPSTREAM_BASE_URL", "UPSTREAM_OWN", get_database
'''


@pytest.mark.parametrize(("name", "new"), [("cache", "a_store"), ("database", "db10"), ("upstream", "billing")])
def test_it_is_what_it_had_been_under_that_name(
    project: Project, template: Path, tmp_path: Path, name: str, new: str
) -> None:
    """Byte by byte, the example that uses it included; and back again."""
    before = project.files()
    project.change("rename-resource", name, new)
    answers = {key: answer for key, answer in project.answers().items() if not key.startswith("_")}
    assert project.files() == files(make(template, tmp_path / "at-once", **answers))
    assert new in project.resources()
    assert name not in project.resources()
    project.change("rename-resource", new, name)
    assert project.files() == before
    assert project.git("status", "--porcelain") == ""


def test_what_was_written_comes_along(project: Project) -> None:
    """Where it stands, and under the new names; settings of one's own and variables are called what they were."""
    project.write("src/p/routes/own.py", ROUTE)
    project.write("src/p/migrations/database/versions/0002_own.py", "OWN = 1\n")
    project.write("src/p/models/database/own.py", "OWN = 1\n")
    own = '\n\nasync def ask(client: Upstream) -> object:\n    return lent(client, "upstream", HTTPService)\n'
    project.write("src/p/dependencies/upstream.py", project.read("src/p/dependencies/upstream.py") + own)
    project.edit(".env.example", "UPSTREAM_BASE_URL=http://localhost:8080\n", "UPSTREAM_BASE_URL=http://here\n")
    project.change("rename-resource", "database", "ledger")
    ended = project.scaffold("rename-resource", "upstream", "zulu")
    assert ended.code == 0, ended
    assert "warning: settings that began with UPSTREAM_ begin with ZULU_ now, wherever they are set" in ended.err
    assert project.read("src/p/routes/own.py") == (
        ROUTE.replace("dependencies.database", "dependencies.ledger")
        .replace("Database", "Ledger")
        .replace("get_database", "get_ledger")
        .replace("dependencies.upstream", "dependencies.zulu")
        .replace("Upstream", "Zulu")
        .replace("UPSTREAM_BASE_URL", "ZULU_BASE_URL")
    )
    assert project.read("src/p/dependencies/zulu.py").endswith(
        own.replace("Upstream", "Zulu").replace("upstream", "zulu")
    )
    assert "ZULU_BASE_URL=http://here\n" in project.read(".env.example")
    for path in ("migrations/ledger/versions/0002_own.py", "models/ledger/own.py"):
        assert project.read(f"src/p/{path}") == "OWN = 1\n"
    assert not (project.folder / "src/p/models/database").exists()


def test_names_that_are_not_its_own_stay(project: Project) -> None:
    """Of a module that imports nothing of it, and of one that imports the module whole: that is told."""
    other = '"""Upstream."""\n\n\nclass Upstream:\n    """Get it with get_upstream()."""\n'
    whole = "from p.dependencies import upstream\n\nUSED = upstream.Upstream\n"
    project.write("src/p/other.py", other)
    project.write("src/p/whole.py", whole)
    ended = project.change("rename-resource", "upstream", "billing")
    assert project.read("src/p/other.py") == other
    assert project.read("src/p/whole.py") == whole
    assert "scaffold: warning: src/p/whole.py still uses upstream\n" in ended.err
    assert "other.py" not in ended.err


@pytest.mark.parametrize(
    ("name", "new", "why"),
    [
        ("upstrem", "billing", "there is no resource upstrem, did you mean upstream?"),
        ("upstream", "cache", "there is a resource cache, of kind memory: choose another name"),
        ("upstream", "upstream", "there is a resource upstream, of kind http: choose another name"),
        ("upstream", "class", "'class' is taken by Python or by the generated code"),
        ("upstream", "Billing", "'Billing' is no name for a resource"),
        ("upstream", "p", "p is the name of the project's package"),
    ],
)
def test_a_name_that_cannot_be_is_refused(project: Project, name: str, new: str, why: str) -> None:
    """In one line, and nothing is written."""
    before = project.files()
    refused = project.scaffold("rename-resource", name, new)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert refused.err.startswith(f"scaffold: {why}")
    assert project.files() == before


def test_a_file_in_the_way_is_refused(project: Project) -> None:
    """It would be two files in one."""
    project.write("tests/test_billing.py", "OWN = 1\n")
    before = project.files()
    refused = project.scaffold("rename-resource", "upstream", "billing")
    assert refused.code == 2
    assert refused.err == "scaffold: tests/test_billing.py is in the way: move it, or choose another name\n"
    assert project.files() == before


def test_a_dry_run_says_the_same(make_project: MakeProject) -> None:
    """And writes nothing."""
    project = make_project()
    before = project.files()
    tried = json.loads(project.change("rename-resource", "database", "ledger", "--dry-run", "--json").out)
    assert project.files() == before
    done = json.loads(project.change("rename-resource", "database", "ledger", "--json").out)
    assert tried["files"] == done["files"]
    assert {"path": "src/p/dependencies/ledger.py", "change": "create"} in done["files"]
