"""One application on old and new versions of FastAPI and Python: what is told differs where they do, nowhere else."""

import json
import os
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from projects import ROOT
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.findings import judge
from scaffold.trace.probe import Served, serve
from scaffold.trace.record import Trace
from scaffold.trace.steps import steps_of
from scaffold.trace.target import find_target

from tracing.conftest import LIMIT
from tracing.environments import FASTAPIS, NEWEST, PYTHONS, Pair, complete, pairs, python_of

FOLDER = Path(os.environ.get("TRACED_ENVIRONMENTS", ROOT / ".environments")).absolute()
FOUND = complete(FOLDER)
MISSING = f"no environments in {FOLDER.name}: python tests/tracing/environments.py .environments makes them"
NONE_FOUND = [pytest.param(None, id="none", marks=pytest.mark.skip(reason=MISSING))]
Version = tuple[int, ...]
# Before it, no FastAPI iterated over an endpoint: what decorates one calls it, and is called itself.
ITERATED_OVER: Version = (0, 129)


@dataclass(frozen=True)
class Told:
    """What is told of a request: its steps, its findings; and in what state a background task found what was lent."""

    steps: list[str]
    findings: tuple[str, ...] = ()
    to_the_task: str | None = None


@dataclass(frozen=True)
class Lent:
    """A dependency, what it yields, and what it does after its yield."""

    name: str
    value: str
    cleanup: tuple[str, ...]

    @property
    def opened(self) -> list[str]:
        """Its first steps."""
        return [f"request starts, {self.name}() is called", f"{self.name} yields {self.value}"]

    def closed(self, error: str = "") -> list[str]:
        """Return its last steps."""
        return [f"code after yield of {self.name} starts{error}", *self.cleanup]


def after(lent: Lent, *inside: str) -> list[str]:
    """Return the steps of a request whose cleanup comes after its response."""
    return [*lent.opened, *inside, "response sent (200)", *lent.closed(), "request complete"]


def before(lent: Lent, *inside: str) -> list[str]:
    """Return the steps of a request whose cleanup comes before its response."""
    return [*lent.opened, *inside, *lent.closed(), "response sent (200)", "request complete"]


def raising(lent: Lent, endpoint: str, error: str, status: int) -> list[str]:
    """Return the steps of a request whose endpoint reads, and then raises."""
    inside = ["endpoint uses session: .scalar()", f"{endpoint} raises {error}"]
    return [*lent.opened, *inside, *lent.closed(f", with {error}"), f"response sent ({status})", "request complete"]


SESSION = Lent("get_session", "session", ("session.close() is awaited",))
LATE = Lent("get_late", "session", ("commit in get_late", "session.close() is awaited"))
TOOL = Lent("get_tool", "tool", ("tool.aclose() is awaited",))
SYNC = Lent("get_sync", "tool", ("tool.close() is called",))
HIDDEN = Lent("get_hidden", "tool", ("tool.aclose() is awaited",))
READS, ADDS, STREAMS = (f"endpoint uses session: .{name}()" for name in ("scalar", "add", "scalars"))
WORKS = "endpoint uses tool: .work()"
BEGINS = "response begins (200)"

# Where code after a yield comes after the answer.
AFTER = {
    "GET /plain": Told(after(SESSION, READS)),
    "POST /late": Told(after(LATE, ADDS), ("late-commit",)),
    "POST /in-endpoint": Told(after(SESSION, ADDS, "commit")),
    "POST /background": Told(after(TOOL, "background runs"), to_the_task="open"),
    "GET /stream": Told(after(SESSION, BEGINS, STREAMS)),
    "GET /sync": Told(after(SYNC, WORKS), ("note: sync-generator",)),
}
# Where it comes before: a stream takes a connection when its session is closed already, and nobody gives it back.
BEFORE = {
    "GET /plain": Told(before(SESSION, READS)),
    "POST /late": Told(before(LATE, ADDS), ("note: safe-only-below-0.118",)),
    "POST /in-endpoint": Told(before(SESSION, ADDS, "commit")),
    "POST /background": Told(before(TOOL, "background runs"), to_the_task="closed"),
    "GET /stream": Told(
        [*SESSION.opened, "stream runs", *SESSION.closed(), BEGINS, "response sent (200)", "request complete"],
        ("connection-not-returned",),
    ),
    "GET /sync": Told(before(SYNC, WORKS), ("note: sync-generator",)),
}
# What changes at a version, and stays so until a later one.
ERAS: dict[Version, dict[str, Told]] = {
    (0, 105): {
        **AFTER,
        "GET /refuses": Told(raising(SESSION, "refuses", "HTTPException(status_code=409, detail='…", 409)),
        "GET /fails": Told(raising(SESSION, "fails", "ValueError('failed')", 500)),
        "GET /hidden": Told(
            ["request starts", "use_hidden runs", "response sent (200)", "request complete"], ("never-entered",)
        ),
    },
    (0, 106): BEFORE,
    (0, 118): AFTER,
    (0, 121): {
        "POST /in-time": Told(before(LATE, ADDS)),
        "POST /background-in-time": Told(before(TOOL, "background_in_time runs"), to_the_task="closed"),
    },
    (0, 123, 5): {"GET /hidden": Told(after(HIDDEN, WORKS))},
}


def era_of(fastapi: Version) -> Version:
    """Return the last version until this one at which something changed."""
    return max(era for era in ERAS if era <= fastapi)


def table_of(era: Version) -> dict[str, Told]:
    """Return what is told of every request in an era."""
    table: dict[str, Told] = {}
    for begin, changes in ERAS.items():
        if begin <= era:
            table |= changes
    return table


def version_of(served: Served) -> Version:
    """Return the version of FastAPI that an application runs on."""
    return tuple(map(int, served.versions["fastapi"].split(".")))


def answer_of(served: Served) -> str:
    """Ask for what a decorator made a response of, untraced, and return it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/decorated") as answer:
        return str(answer.read().decode())


def trace_of(served: Served, request: str) -> Trace:
    """Trace a request."""
    method, path = request.split()
    return ask(served, Request(method, path, {}), Deadline(LIMIT))


def tell(served: Served, request: str) -> Told:
    """Trace a request, and return what is told of it."""
    trace = trace_of(served, request)
    findings = tuple(f"note: {each.kind}" if each.is_note else each.kind for each in judge(trace))
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/told") as answer:
        told: list[str] = json.load(answer)
    return Told([step.action for step in steps_of(trace)], findings, told[0] if told else None)


@pytest.mark.parametrize("pair", FOUND or NONE_FOUND, ids=lambda pair: pair.name)
def test_what_is_told_is_what_its_version_does(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary is seen on each of them, too: without that nothing is served."""
    monkeypatch.setenv("NOTES", str(tmp_path / "notes.db"))
    target = find_target(ROOT / "tests", "tracing.applications.versions", python_of(FOLDER / pair.name))
    with serve(target, Deadline(LIMIT), lists_routes=False) as served:
        assert served.versions["python"].startswith(f"{pair.python}.")
        assert pair.fastapi == NEWEST or served.versions["fastapi"].startswith(f"{pair.fastapi}.")
        table = table_of(era_of(version_of(served)))
        assert {request: tell(served, request) for request in table} == table
        if version_of(served) < ITERATED_OVER:
            assert [answer_of(served), trace_of(served, "GET /decorated").status, answer_of(served)] == [
                "ab",
                200,
                "ab",
            ]


def test_eras_differ_where_it_is_said() -> None:
    """Every change that is listed is one."""
    versions = list(ERAS)
    assert versions == sorted(versions)
    for earlier, later in pairwise(versions):
        table = table_of(earlier)
        assert all(table.get(request) != told for request, told in ERAS[later].items())


@pytest.mark.parametrize("pythons", [[*PYTHONS], ["3.11"], ["3.9", "3.13"]], ids=" ".join)
def test_few_pairs_have_every_version(pythons: list[str]) -> None:
    """Every FastAPI once, every Python that is there, and the newest FastAPI on each."""
    chosen = pairs(pythons, every=False)
    assert len(set(chosen)) == len(chosen) == len(FASTAPIS) - 1 + len(pythons)
    assert {pair.fastapi for pair in chosen} == set(FASTAPIS)
    assert [pair.python for pair in chosen if pair.fastapi == NEWEST] == pythons
    assert set(chosen) <= set(pairs(pythons, every=True))
