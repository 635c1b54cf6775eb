"""Generated projects: no route of theirs has a finding, and tracing them changes nothing."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from projects import TIDY, clean_environment, make
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.findings import judge, judge_lifespan
from scaffold.trace.probe import PACKAGE, Served, serve
from scaffold.trace.target import Target, find_target

from tracing.conftest import LIMIT

HERE = Path(__file__).parent
NOTE = json.dumps({"title": "a", "body": "b"})
REQUESTS = [
    ("POST", "/notes", NOTE, 201),
    ("POST", "/notes", NOTE, 409),
    ("GET", "/notes/1", None, 200),
    ("GET", "/notes/1", None, 200),
    ("PUT", "/notes/1", json.dumps({"title": "c"}), 200),
    ("GET", "/notes", None, 200),
    ("GET", "/notes/export", None, 200),
    ("GET", "/notes/1/upstream", None, 502),
    ("WEBSOCKET", "/notes/socket", NOTE, 101),
    ("GET", "/notes/7", None, 404),
    ("DELETE", "/notes/1", None, 204),
    ("DELETE", "/notes", None, 202),
    ("GET", "/readyz", None, 200),
    ("GET", "/livez", None, 200),
]


@pytest.fixture(scope="module", params=["default", "servers"])
def target(
    template: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Generator[Target]:
    """Return a project: with embedded defaults, and with servers."""
    answers = {} if request.param == "default" else {"database": "postgresql", "cache": "redis"}
    project = make(template, tmp_path_factory.mktemp("generated") / "shop", **answers)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "servers":
            database, cache = request.getfixturevalue("postgresql"), request.getfixturevalue("redis")
            for name, value in {"DATABASE_URL": database, "DATABASE_MIGRATE": "true", "CACHE_URL": cache}.items():
                patch.setenv(name, value)
        yield find_target(project, "", Path(sys.executable))


@pytest.fixture(scope="module")
def generated(target: Target) -> Generator[Served]:
    """Return a project that is served."""
    with serve(target, Deadline(LIMIT), lists_routes=False) as served:
        yield served


def test_no_route_has_a_finding(generated: Served) -> None:
    """Each of the example's, and readiness."""
    for method, path, body, status in REQUESTS:
        trace = ask(generated, Request(method, path, {}, body), Deadline(LIMIT))
        assert (trace.status, judge(trace)) == (status, []), (method, path)


def test_its_lifespan_closes_what_it_makes(target: Target) -> None:
    """Also when something was asked of it."""
    with serve(target, Deadline(LIMIT), lists_routes=False) as served:
        assert ask(served, Request("GET", "/readyz", {}), Deadline(LIMIT)).status == 200
        events = served.end()
    assert events is not None
    assert {event.name for event in events if event.what == "made"} >= {"Engine"}
    assert judge_lifespan(events) == []


def test_tracing_changes_nothing(template: Path, tmp_path: Path) -> None:
    """A project's own suite is green with every one of its requests traced."""
    project = make(template, tmp_path / "shop")
    suite = [f"tests/test_{name}.py" for name in ("lifecycle", "promises", "errors", "database", "notes", "upstream")]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "traced_suite", *suite],
        cwd=project,
        env={**clean_environment(), **TIDY, "PYTHONPATH": os.pathsep.join(["src", str(HERE), str(PACKAGE.parent)])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    counts = re.search(r"^traced: (\d+)\nlifespans: (\d+)$", ended.stdout, re.MULTILINE)
    assert counts is not None
    assert int(counts[1]) > 100
    assert int(counts[2]) > 1
