"""Well-known code, imitated in small: each finding is right, and none is missing or wrong."""

import pytest

from tracing.conftest import Tracing
from tracing.test_findings import kinds

SYNC = "note: sync-generator"
NOTHING = "note: late-commit-of-nothing"
# What was thought right of each before it was run, on a FastAPI that runs what follows a yield after the answer.
KNOWN = [
    ("full_stack_template", "GET", "/items", [SYNC]),
    ("full_stack_template", "POST", "/items?title=a", [SYNC]),
    ("full_stack_template", "DELETE", "/items/a", [SYNC]),
    ("full_stack_template", "DELETE", "/items/b", [SYNC]),
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
    ("airflow", "POST", "/variables/a", [SYNC]),
    ("airflow", "GET", "/variables/a", [SYNC]),
    ("airflow", "POST", "/variables/a", [SYNC]),
    ("airflow", "DELETE", "/variables/a", [SYNC]),
    ("dispatch", "GET", "/tag_types", []),
    ("dispatch", "POST", "/tag_types", []),
    ("dispatch", "POST", "/tag_types-uncommitted", []),
    ("dispatch", "GET", "/tag_types/b", []),
    ("realworld", "GET", "/users", []),
    ("realworld", "POST", "/users", []),
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


@pytest.mark.parametrize(("application", "method", "path", "expected"), KNOWN)
@pytest.mark.usefixtures("postgresql")
def test_known(traced: Tracing, application: str, method: str, path: str, expected: list[str]) -> None:
    """What a reader of the code finds in it."""
    assert kinds(traced, f"known.{application}", method, path) == expected
