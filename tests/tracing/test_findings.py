"""Each finding, with an application that has it and one that nearly has it."""

import pytest
from scaffold.trace.findings import judge
from scaffold.trace.record import Trace
from scaffold.trace.scaffold_probe.statements import meaning

from tracing.conftest import Tracing

TRANSACTIONS = [
    ("GET", "/plain", []),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/late-flushed", ["late-commit"]),
    ("POST", "/late-statement", ["late-commit"]),
    ("POST", "/late-text", ["late-commit"]),
    ("PUT", "/late-change", ["late-commit"]),
    ("GET", "/late-nothing", ["note: late-commit-of-nothing"]),
    ("POST", "/in-time", []),
    ("POST", "/in-endpoint", []),
    ("POST", "/own-session", []),
    ("POST", "/finally", ["commit-although-raised"]),
    ("POST", "/finally-unflushed", ["commit-although-raised"]),
    ("POST", "/finally-read", []),
    ("POST", "/undone", []),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
    ("POST", "/forgotten-flushed", ["acknowledged-write-rolled-back"]),
    ("POST", "/meant", []),
    ("POST", "/refused", []),
    ("POST", "/failing", ["acknowledged-write-rolled-back", "cleanup-error-unseen"]),
    ("POST", "/audited", []),
    ("POST", "/savepoint", []),
    ("POST", "/savepoint-undone", []),
    ("POST", "/masked", []),
    ("POST", "/background", []),
    ("POST", "/unused", []),
    ("POST", "/at-once", []),
    ("POST", "/get-or-create", []),
    ("DELETE", "/nothing", []),
    ("DELETE", "/something", ["acknowledged-write-rolled-back"]),
    ("POST", "/masked-only", ["note: acknowledged-write-rolled-back"]),
    ("POST", "/unit", ["late-commit"]),
    ("POST", "/unit-unused", ["note: late-commit-of-nothing"]),
    ("POST", "/redirects", []),
    ("POST", "/wrong-answer", ["commit-although-raised"]),
    ("GET", "/locks", []),
    ("POST", "/calls-another", []),
]
MIDDLEWARE = [
    ("pure", "/lent", []),
    ("base", "/lent", []),
    ("passing", "/late", ["late-commit"]),
]
CLEANUP = [
    ("GET", "/tool", []),
    ("GET", "/tool-raises", []),
    ("GET", "/swallows", ["swallows-exception"]),
    ("GET", "/swallows-nothing", []),
    ("GET", "/swallows-refusal", ["swallows-exception"]),
    ("GET", "/swallows-only-refusals", []),
    ("GET", "/translates", []),
    ("GET", "/translates-without-from", []),
    ("GET", "/hides", ["cleanup-error-hides"]),
    ("GET", "/unseen", ["cleanup-error-unseen"]),
    ("GET", "/seen", []),
    ("GET", "/refuses", []),
    ("GET", "/twice-closed", []),
    ("GET", "/passed-on", []),
    ("GET", "/passed-on-raises", ["never-left", "note: never-closed"]),
    ("GET", "/hidden", ["never-entered"]),
    ("GET", "/sync-async", ["sync-generator"]),
    ("GET", "/sync-sync", ["note: sync-generator"]),
    ("GET", "/sync-value", ["note: sync-generator"]),
    ("GET", "/sync-user", ["note: sync-generator"]),
    ("GET", "/sync-both", ["sync-generator"]),
    ("GET", "/translated", []),
    ("GET", "/first", []),
    ("GET", "/unclosed", ["note: never-closed"]),
    ("GET", "/without-finally", []),
    ("GET", "/without-finally-raises", ["note: never-closed"]),
    ("GET", "/file", ["note: never-closed"]),
    ("GET", "/kept", []),
]
CONNECTIONS = [
    ("GET", "/unclosed", ["connection-not-returned"]),
    ("GET", "/unclosed-unused", []),
    ("GET", "/returned", ["connection-not-returned"]),
    ("GET", "/failing", ["connection-not-returned"]),
    ("GET", "/engine", ["created-per-request"]),
    ("GET", "/cached-engine", []),
    ("GET", "/client", ["created-per-request"]),
    ("GET", "/in-endpoint", ["created-per-request"]),
    ("GET", "/lent", []),
    ("GET", "/thin", []),
    ("GET", "/thick", ["created-per-request"]),
    ("GET", "/redis", []),
    ("GET", "/shop", []),
    ("GET", "/upstream", ["created-per-request"]),
    ("GET", "/held", ["held-during-stream"]),
    ("GET", "/read-on", []),
    ("GET", "/closed-first", []),
    ("POST", "/goes-on", []),
]
# Its generators are sync, and so are its endpoints.
SQLITE = [
    ("GET", "/plain", []),
    ("POST", "/with", ["late-commit"]),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/in-time", []),
    ("POST", "/autocommit", []),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
]
# So are these.
THREADED = [
    ("GET", "/plain", []),
    ("GET", "/item", ["note: sync-generator"]),
    ("POST", "/committed", []),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/begun", ["late-commit"]),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
]
STREAMS = [
    ("GET", "/rows", []),
    ("GET", "/object", []),
    ("GET", "/held", ["held-during-stream"]),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/committed", []),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
    ("GET", "/events", []),
    ("POST", "/late-events", ["late-commit"]),
    ("GET", "/raises", []),
    ("GET", "/breaks", ["cleanup-error-unseen"]),
    ("GET", "/thread", ["note: sync-generator"]),
    ("POST", "/own-stream", ["late-commit"]),
    ("POST", "/own-session", []),
    ("POST", "/held-and-committed", []),
    ("POST", "/finally", ["commit-although-raised"]),
    ("GET", "/items", []),
]
DRIVERS = [
    ("GET", "/plain", []),
    ("POST", "/at-once", []),
    ("POST", "/late", ["late-commit"]),
    ("POST", "/in-time", []),
    ("POST", "/own-transaction", []),
    ("POST", "/nested", ["late-commit"]),
    ("POST", "/nested-undone", []),
    ("POST", "/forgotten", ["acknowledged-write-rolled-back"]),
    ("GET", "/taken", ["connection-not-returned"]),
    ("GET", "/held", ["held-during-stream"]),
    ("GET", "/read-on", ["note: late-commit-of-nothing"]),
    ("GET", "/psycopg", ["note: late-commit-of-nothing"]),
    ("POST", "/psycopg-late", ["late-commit"]),
    ("POST", "/psycopg-composed", ["late-commit"]),
    ("POST", "/psycopg-nested", ["late-commit"]),
    ("POST", "/psycopg-committed", ["note: late-commit-of-nothing"]),
]


def kinds(traced: Tracing, application: str, method: str, path: str) -> list[str]:
    """Return the kinds of what is found in a request."""
    return kinds_in(traced(application, method, path))


def kinds_in(trace: Trace) -> list[str]:
    """Return the kinds of what is found in what was recorded."""
    return [f"note: {each.kind}" if each.is_note else each.kind for each in judge(trace)]


@pytest.mark.parametrize(("method", "path", "expected"), TRANSACTIONS)
def test_transactions(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """Whether what is answered is what is stored."""
    assert kinds(traced, "transactions", method, path) == expected


@pytest.mark.parametrize(("application", "path", "expected"), MIDDLEWARE)
def test_middleware(traced: Tracing, application: str, path: str, expected: list[str]) -> None:
    """What it does before the answer leaves it is in time."""
    assert kinds(traced, f"middleware:{application}", "POST", path) == expected


@pytest.mark.parametrize(("path", "status"), [("/frame", 200), ("/proxy", 200), ("/wordless", 418)])
def test_objects_that_do_not_like_to_be_looked_at(traced: Tracing, path: str, status: int) -> None:
    """They are none of the probe's business: the answer is what it was."""
    trace = traced("awkward", "GET", path)
    assert trace.status == status
    assert judge(trace) == []


def test_what_is_the_application_s_own_is_not_looked_at(traced: Tracing) -> None:
    """An attribute may be a column: a look would be a statement."""
    for _ in range(2):
        trace = traced("awkward", "GET", "/draft")
        assert (trace.status, judge(trace)) == (200, [])


@pytest.mark.parametrize(("method", "path", "expected"), CLEANUP)
def test_cleanup(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """What becomes of exceptions, and of generators."""
    assert kinds(traced, "cleanup", method, path) == expected


@pytest.mark.parametrize(("method", "path", "expected"), CONNECTIONS)
def test_connections(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """Whether they come back, and when; and what is made for each request."""
    assert kinds(traced, "connections", method, path) == expected


@pytest.mark.parametrize(("method", "path", "expected"), STREAMS)
def test_streams(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """What is answered in pieces is answered when the last one is."""
    assert kinds(traced, "streams", method, path) == expected


@pytest.mark.parametrize(("method", "path", "expected"), SQLITE)
def test_sqlite_in_threads(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """What Python's own module does in C."""
    assert kinds(traced, "sqlite", method, path) == [*expected, "note: sync-generator"]


@pytest.mark.parametrize(("method", "path", "expected"), THREADED)
def test_sessions_in_threads(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """SQLAlchemy's and SQLModel's."""
    assert kinds(traced, "threaded", method, path) == [*expected, "note: sync-generator"]


def test_what_is_kept_is_the_application_s_doing(traced: Tracing) -> None:
    """The probe keeps no session, and no request is blamed for what another one left behind."""
    dropped = traced("threaded", "GET", "/dropped")
    assert dropped.status == 200
    assert {each.kind for each in judge(dropped)} == {"connection-not-returned"}
    assert kinds(traced, "threaded", "GET", "/leaks") == ["connection-not-returned"]
    assert kinds(traced, "threaded", "GET", "/collects") == []


def test_a_statement_of_comments_is_told_at_once() -> None:
    """However many there are, and whatever follows them."""
    assert meaning("/* a */ " * 200 + "SET x = 1") is None
    assert meaning("\n" * 20_000 + "/* insert */ -- update\n DELETE FROM notes") == "write"


@pytest.mark.parametrize(("method", "path", "expected"), DRIVERS)
@pytest.mark.usefixtures("postgresql")
def test_drivers(traced: Tracing, method: str, path: str, expected: list[str]) -> None:
    """Without anything over them, against a real server."""
    assert kinds(traced, "drivers", method, path) == expected


def test_a_finding_says_whose_line_it_is(traced: Tracing) -> None:
    """The dependency's that commits, at the commit."""
    (late,) = judge(traced("transactions", "POST", "/late"))
    assert late.dependency == "get_late"
    assert late.file is not None
    assert late.line is not None
    with open(late.file, encoding="utf-8") as source:
        assert source.readlines()[late.line - 1].strip() == "await session.commit()"
    assert late.mend == 'commit in the endpoint, or ask for it with Depends(get_late, scope="function")'
