"""What libraries do in their own ways: Tortoise ORM, over each of its drivers that is here."""

import pytest

from tracing.conftest import Tracing
from tracing.test_findings import kinds

TORTOISE = [
    ("GET", "/plain", []),
    ("POST", "/at-once", []),
    ("POST", "/client", []),
    ("POST", "/many-at-once", []),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/late-many", ["late-commit"]),
    ("PUT", "/late-update", ["late-commit"]),
    ("PUT", "/late-save", ["late-commit"]),
    ("POST", "/late-statement", ["late-commit"]),
    ("GET", "/late", ["note: late-commit-of-nothing"]),
    ("POST", "/late-nested", ["late-commit"]),
    ("POST", "/late-nested-undone", []),
    ("POST", "/in-time", []),
    ("POST", "/own", []),
    ("POST", "/atomic", []),
    ("POST", "/own-raises", []),
    ("POST", "/raises", []),
    ("POST", "/meant", []),
    ("POST", "/undone", ["acknowledged-write-rolled-back"]),
    ("POST", "/failing", ["acknowledged-write-rolled-back", "cleanup-error-unseen"]),
    ("POST", "/audited", []),
    ("GET", "/read-on", ["note: late-commit-of-nothing"]),
    ("GET", "/closed-first", []),
]
# Python's module for it ends the transaction before it runs a script, and has one connection for all requests.
SQLITE = [*TORTOISE, ("POST", "/late-script", [])]
POSTGRESQL = [
    *TORTOISE,
    ("POST", "/late-script", ["late-commit"]),
    ("GET", "/held", ["note: late-commit-of-nothing", "held-during-stream"]),
]


@pytest.mark.parametrize(("method", "path", "expected"), SQLITE)
def test_tortoise_over_sqlite(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """All requests have one connection in common."""
    assert kinds(traced, "tortoise_orm:sqlite", method, path) == expected


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize(("method", "path", "expected"), POSTGRESQL)
@pytest.mark.usefixtures("postgresql")
def test_tortoise_over_postgresql(traced: Tracing, driver: str, method: str, path: str, expected: list[str]) -> None:
    """Each request takes connections from a pool."""
    assert kinds(traced, f"tortoise_orm:{driver}", method, path) == expected
