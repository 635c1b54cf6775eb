"""What libraries do in their own ways: Tortoise ORM, over each of its drivers that is here, and MongoDB's driver."""

import pytest

from tracing.conftest import Tracing
from tracing.test_findings import kinds_in

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
MONGO = [
    ("GET", "/plain", []),
    ("GET", "/client", ["created-per-request"]),
    ("GET", "/lent", []),
    ("POST", "/at-once", []),
    ("POST", "/at-once-in-session", []),
    ("POST", "/unended", []),
    ("POST", "/unended-transaction", ["acknowledged-write-rolled-back"]),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/late-many", ["late-commit"]),
    ("PUT", "/late-update", ["late-commit"]),
    ("PUT", "/late-find-and-update", ["late-commit"]),
    ("DELETE", "/late-delete", ["late-commit"]),
    ("POST", "/late-bulk", ["late-commit"]),
    ("POST", "/late-bound", ["late-commit"]),
    ("POST", "/late-beside", ["note: late-commit-of-nothing"]),
    ("GET", "/late", ["note: late-commit-of-nothing"]),
    ("POST", "/in-time", []),
    ("POST", "/own", []),
    ("POST", "/with-transaction", []),
    ("POST", "/own-raises", []),
    ("POST", "/raises", []),
    ("POST", "/meant", []),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
    ("POST", "/undone", ["acknowledged-write-rolled-back"]),
    ("POST", "/failing", ["acknowledged-write-rolled-back", "cleanup-error-unseen"]),
    ("POST", "/audited", []),
    ("GET", "/read-on", []),
]
SYNC = "note: sync-generator"
MONGO_IN_THREADS = [
    ("GET", "/threaded", [SYNC]),
    ("POST", "/threaded-own", [SYNC]),
    ("POST", "/threaded-in-time", [SYNC]),
    ("POST", "/threaded-late", ["late-commit", SYNC]),
    ("POST", "/threaded-forgotten", ["acknowledged-write-rolled-back", SYNC]),
    ("GET", "/threaded-client", ["created-per-request"]),
]


def kinds(traced: Tracing, application: str, method: str, path: str) -> list[str]:
    """Return the kinds of what is found in a request that the application has an answer to."""
    trace = traced(application, method, path)
    assert trace.status < 500
    return kinds_in(trace)


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


@pytest.mark.parametrize(("method", "path", "expected"), [*MONGO, *MONGO_IN_THREADS])
@pytest.mark.usefixtures("mongodb")
def test_mongo(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """A session is no transaction, and what is in one is seen where the driver sends it."""
    assert kinds(traced, "mongo:app", method, path) == expected
