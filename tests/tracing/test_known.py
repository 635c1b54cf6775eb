"""Well-known code, imitated in small: each finding is right, and none is missing or wrong."""

import ast
import re

import pytest
from projects import ROOT

from tracing.conftest import Tracing
from tracing.test_findings import kinds

SYNC = "note: sync-generator"
NOTHING = "note: late-commit-of-nothing"
# What was thought right of each before it was run, on a FastAPI that runs what follows a yield after the answer.
KNOWN = [
    ("full_stack_template", "GET", "/items", [SYNC]),
    ("full_stack_template", "POST", "/items?title=a", [SYNC]),
    ("full_stack_template", "DELETE", "/items/old", [SYNC]),
    ("full_stack_template", "DELETE", "/items/none", [SYNC]),
    ("fastapi_documentation", "GET", "/translating/table", [SYNC]),
    ("fastapi_documentation", "GET", "/swallowing/chair", [SYNC]),
    ("fastapi_documentation", "GET", "/swallowing/table", ["swallows-exception", SYNC]),
    ("fastapi_documentation", "GET", "/raising/table", [SYNC]),
    ("fastapi_documentation", "GET", "/generate", [SYNC, "held-during-stream"]),
    ("fastapi_documentation", "GET", "/generate-closed", [SYNC]),
    ("polar", "GET", "/endpoints", []),
    ("polar", "GET", "/endpoints-by-writer", [NOTHING]),
    ("polar", "POST", "/endpoints", ["late-commit"]),
    ("polar", "POST", "/endpoints-flushed", ["late-commit"]),
    ("polar", "POST", "/endpoints-refused", []),
    ("s3rius_template", "GET", "/dummy", [NOTHING]),
    ("s3rius_template", "PUT", "/dummy", ["late-commit"]),
    ("s3rius_template", "PUT", "/dummy-refused", ["commit-although-raised"]),
    ("langflow", "GET", "/projects", [NOTHING]),
    ("langflow", "GET", "/projects-to-read", []),
    ("langflow", "POST", "/projects", ["late-commit"]),
    ("langflow", "POST", "/projects-refused", []),
    ("airflow", "GET", "/variables/there", [SYNC]),
    ("airflow", "POST", "/variables/new", [SYNC]),
    ("airflow", "POST", "/variables/there", [SYNC]),
    ("airflow", "DELETE", "/variables/old", [SYNC]),
    ("dispatch", "GET", "/tag_types", []),
    ("dispatch", "POST", "/tag_types", []),
    ("dispatch", "POST", "/tag_types-uncommitted", []),
    ("dispatch", "GET", "/tag_types/none", []),
    ("open_webui", "GET", "/memos", []),
    ("open_webui", "POST", "/memos", []),
    ("open_webui", "POST", "/memos?shares=true", []),
    ("onyx", "GET", "/providers", [SYNC]),
    ("onyx", "POST", "/prompts", [SYNC]),
    ("onyx", "POST", "/providers", ["sync-generator"]),
    ("fastapi_users", "GET", "/users/me", []),
    ("fastapi_users", "POST", "/register", []),
    ("fastapi_users", "PATCH", "/users/me", []),
]
# Its driver is the point.
KNOWN_ON_A_SERVER: list[tuple[str, str, str, list[str]]] = [
    ("realworld", "GET", "/users", []),
    ("realworld", "POST", "/users", []),
]


@pytest.mark.parametrize(("application", "method", "path", "expected"), KNOWN)
def test_known(traced: Tracing, application: str, method: str, path: str, expected: list[str]) -> None:
    """What a reader of the code finds in it."""
    assert kinds(traced, f"known.{application}", method, path) == expected


@pytest.mark.parametrize(("application", "method", "path", "expected"), KNOWN_ON_A_SERVER)
@pytest.mark.usefixtures("postgresql")
def test_known_on_a_server(traced: Tracing, application: str, method: str, path: str, expected: list[str]) -> None:
    """What a reader of the code finds in it."""
    assert kinds(traced, f"known.{application}", method, path) == expected


def imitated() -> dict[str, str]:
    """Return the repository that each application imitates, as its docstring names it."""
    found = {}
    for path in (ROOT / "tests/tracing/applications/known").glob("[!_]*.py"):
        words = ast.get_docstring(ast.parse(path.read_text())) or ""
        repository = re.search(r"(?<![\w.-])[\w-]+/[\w-]+(?![\w/.])", words)
        assert repository is not None, path
        found[path.stem] = repository[0]
    return found


def test_the_readme_tells_what_is_found() -> None:
    """A row for each application, with the kinds of all its requests; "nothing" where there is none."""
    rows = re.findall(r"^\| ([\w-]+/[\w-]+) \| .* \| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = {row: {note + kind for note, kind in re.findall(r"(note: )?`([\w-]+)`", says)} for row, says in rows}
    assert [row for row, says in rows if says == "nothing"] == [row for row, _ in rows if not told[row]]
    repositories = imitated()
    found: dict[str, set[str]] = {repository: set() for repository in repositories.values()}
    for application, _, _, expected in KNOWN + KNOWN_ON_A_SERVER:
        found[repositories[application]].update(expected)
    assert told == found
