"""What a lifespan makes is closed when it ends: each finding, with an application that has it, and its like."""

import re
import sys
from pathlib import Path

import pytest
from projects import ROOT
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.findings import Finding, judge_lifespan
from scaffold.trace.probe import serve
from scaffold.trace.target import find_target

from tracing.conftest import LIMIT

OPEN, FAILED = "never-closed", "lifespan-fails-at-its-end"
LIFESPANS = [
    ("closes", []),
    ("stacks", []),
    ("forgets", [(OPEN, "Engine"), (OPEN, "AsyncClient")]),
    ("closes_half", [(OPEN, "AsyncClient")]),
    ("fails", [(FAILED, "OSError('no more')"), (OPEN, "Engine")]),
    ("lets_go", []),
    ("works", []),
    ("has_none", []),
    ("stands_inside", [(OPEN, "Engine"), (OPEN, "AsyncClient")]),
    ("keeps_nothing", []),
    ("goes_on", [("lifespan-goes-on", "it had not")]),
]
ON_SERVERS = [
    ("caches", []),
    ("uncaches", [(OPEN, "ConnectionPool")]),
    ("pools", []),
    ("unpools", [(OPEN, "Pool")]),
]


def judged(application: str) -> list[Finding]:
    """Serve an application, ask it something, and return what is said of its lifespan."""
    target = find_target(ROOT / "tests", f"tracing.applications.lifespans:{application}", Path(sys.executable))
    with serve(target, Deadline(LIMIT), lists_routes=False) as served:
        assert ask(served, Request("GET", "/", {}), Deadline(LIMIT)).status == 200
        return judge_lifespan(served.end())


def first_words(verdicts: list[Finding]) -> list[tuple[str, str]]:
    """Return the kind of each verdict, and what it is about."""
    return [(each.kind, re.split(" is | ended", each.message)[0]) for each in verdicts]


@pytest.mark.parametrize(("application", "expected"), LIFESPANS)
def test_lifespans(application: str, expected: list[tuple[str, str]]) -> None:
    """What is still open at the end, and what was to be closed but for an error."""
    verdicts = judged(application)
    assert first_words(verdicts) == expected
    assert {each.kind for each in verdicts if each.is_note} <= {"lifespan-goes-on"}


@pytest.mark.parametrize(("application", "expected"), ON_SERVERS)
@pytest.mark.usefixtures("postgresql", "redis")
def test_lifespans_with_servers(application: str, expected: list[tuple[str, str]]) -> None:
    """Pools of drivers, and a client of Redis."""
    assert first_words(judged(application)) == expected


def test_a_finding_says_whose_line_it_is() -> None:
    """The lifespan's that made it."""
    engine, client = judged("forgets")
    assert engine.dependency == client.dependency == "lifespan"
    assert client.file is not None
    assert client.line is not None
    line = Path(client.file).read_text(encoding="utf-8").splitlines()[client.line - 1]
    assert line.strip() == "app.state.client = httpx2.AsyncClient()"
