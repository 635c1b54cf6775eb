"""The command: what it shows, what it refuses in one line, and that it leaves no process behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pexpect
import pytest
from projects import HEEDING_SIGNALS

GOOD = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from fastapi import Body, Depends, FastAPI

class Tool:
    def work(self) -> str:
        return "done"

    async def close(self) -> None:
        print("closed by the application")

async def get_tool_with_a_name_that_is_very_long_indeed() -> AsyncIterator[Tool]:
    tool = Tool()
    try:
        yield tool
    finally:
        await tool.close()

async def get_swallowing() -> AsyncIterator[Tool]:
    try:
        yield Tool()
    except ValueError:
        pass

app = FastAPI()

@app.get("/")
async def use(tool: Annotated[Tool, Depends(get_tool_with_a_name_that_is_very_long_indeed)]) -> str:
    return tool.work()

@app.get("/swallows")
async def swallows(tool: Annotated[Tool, Depends(get_swallowing)]) -> str:
    raise ValueError("a long text " * 20)

@app.get("/redirected/")
async def redirected() -> None:
    return None

@app.get("/items/{number}")
async def item(number: int) -> int:
    return number

@app.post("/echo")
async def echo(text: Annotated[str, Body(embed=True)]) -> str:
    assert text == "\\u65e5\\u672c"
    return text

@app.post("/")
async def write(tool: Annotated[Tool, Depends(get_swallowing)]) -> str:
    return tool.work()
"""
HANGS = """
import asyncio, time
from contextlib import asynccontextmanager
from fastapi import FastAPI

app = FastAPI()

@app.get("/hangs")
async def hangs() -> None:
    await asyncio.sleep(100)

@app.get("/spins")
async def spins() -> None:
    while True:
        pass

@app.get("/trickles")
async def trickles():
    from fastapi.responses import StreamingResponse
    async def lines():
        while True:
            await asyncio.sleep(0.05)
            yield "a"
    return StreamingResponse(lines())

@asynccontextmanager
async def fail(app):
    raise RuntimeError("no table\\nand more")
    yield

@asynccontextmanager
async def wait(app):
    await asyncio.sleep(100)
    yield

failing = FastAPI(lifespan=fail)
waiting = FastAPI(lifespan=wait)
text = "text"

def factory():
    return app

def given(name):
    return app

async def later():
    return app
"""
FORGETS = """
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    app.state.client = httpx2.AsyncClient()
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/")
async def read() -> None:
    return None
"""
# A version of FastAPI that enters dependencies in a way of its own.
OTHER = """
import contextlib
import fastapi.dependencies.utils as utils

async def solve(*, dependant, stack, sub_values, **_):
    return await stack.enter_async_context(contextlib.asynccontextmanager(dependant.call)(**sub_values))

utils._solve_generator = solve
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with applications in it."""
    folder = tmp_path_factory.mktemp("traced")
    (folder / "main.py").write_text(GOOD)
    (folder / "hangs.py").write_text(HANGS)
    (folder / "forgets.py").write_text(FORGETS)
    (folder / "broken.py").write_text("import nothing_of_that_name")
    (folder / "leaves.py").write_text("import os; os._exit(7)")
    (folder / "sleeps.py").write_text("import time; time.sleep(100)")
    (folder / "served_by_others.py").write_text(f"import sys; sys.modules['uvicorn'] = None\n{GOOD}")
    return folder


def command(*arguments: str) -> list[str]:
    """Return the command line of a trace, by the interpreter that runs these tests."""
    return [sys.executable, "-m", "scaffold", "trace", *arguments, "--python", sys.executable]


@pytest.fixture
def trace(project: Path) -> Generator[Run]:
    """Return the command, run in the project; nothing that it started may be left."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(*arguments), cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    yield run
    assert left(project) == []


def left(project: Path) -> list[int]:
    """Return the processes that serve an application of a project."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            served = "scaffold_probe" in (process / "cmdline").read_text()
            if served and os.readlink(process / "cwd") == str(project):
                found.append(int(process.name))
    return found


def test_it_shows_what_happened(trace: Run) -> None:
    """In eighty columns, without colour where no terminal is."""
    ended = trace("GET", "/")
    assert ended.returncode == 0, ended.stderr
    assert "request complete" in ended.stdout
    assert "No findings." in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "\x1b" not in ended.stdout
    assert ended.stderr == ""


def test_findings_are_one_exit_code(trace: Run) -> None:
    """Each says what, whose, where, what a user would see, and how to mend it."""
    ended = trace("GET", "/swallows")
    assert ended.returncode == 1
    assert "finding: swallows-exception  get_swallowing  main.py:" in ended.stdout
    assert "Mend: raise again" in ended.stdout
    assert "scaffold: 1 finding" in ended.stderr
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_json_is_a_contract(trace: Run) -> None:
    """Its keys are."""
    ended = trace("GET", "/swallows", "--json")
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert {"findings", "steps", "tracker", "versions", "notes", "moments", "method", "path", "status"} == set(found)
    assert set(found["findings"][0]) == {"kind", "dependency", "file", "line", "message", "mend"}
    assert set(found["steps"][0]) == {"step", "action", "resource", "before", "after", "ms", "file", "line"}
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert len(found["tracker"]["get_swallowing"]) == len(found["steps"])


def test_raise_lets_the_endpoint_raise(trace: Run) -> None:
    """What was its answer is a failure."""
    ended = trace("POST", "/", "--raise", "--json")
    found = json.loads(ended.stdout)
    assert found["status"] == 500
    assert "RaisedByTrace" in json.dumps(found["steps"])
    assert ended.returncode == 0


def test_what_is_sent_is_utf_8(trace: Run) -> None:
    """As JSON is."""
    ended = trace("POST", "/echo", "--json-body", '{"text": "\u65e5\u672c"}', "--json")
    assert json.loads(ended.stdout)["status"] == 200


def test_all_asks_what_needs_no_input(trace: Run) -> None:
    """Only what reads."""
    ended = trace("--all", "--json")
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert found["left_out"] == ["GET /items/{number} needs input"]
    assert [(each["method"], each["path"]) for each in found["requests"]] == [
        ("GET", "/"),
        ("GET", "/swallows"),
        ("GET", "/redirected/"),
    ]
    assert [each["kind"] for each in found["findings"]] == ["swallows-exception"]
    shown = trace("--all")
    assert "GET / → 200: no findings" in shown.stdout
    assert shown.returncode == 1


def test_the_lifespan_is_judged_once(trace: Run) -> None:
    """After the requests, for one and for many; it is nobody's request."""
    for arguments in (("GET", "/"), ("--all",)):
        ended = trace(*arguments, "--app", "forgets:app", "--json")
        assert ended.returncode == 1, ended.stderr
        found = json.loads(ended.stdout)
        assert [(each["kind"], each["dependency"]) for each in found["findings"]] == [("never-closed", "lifespan")]
    shown = trace("--all", "--app", "forgets:app")
    assert "GET / → 200: no findings\nfinding: never-closed  lifespan  forgets.py:9\n" in shown.stdout


def test_all_leaves_out_what_does_not_end(trace: Run) -> None:
    """And says so."""
    ended = trace("--all", "--app", "hangs:app", "--timeout", "2")
    assert ended.returncode == 0
    assert "left out: GET /hangs was not over after 2 s" in " ".join(ended.stdout.split())


def test_a_factory_is_called(trace: Run) -> None:
    """As FastAPI's own command does."""
    ended = trace("GET", "/nope", "--app", "hangs:factory")
    assert "no such route" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "say what to ask, as in scaffold trace GET /notes, or --all"),
        (("GET",), "'GET' is no request: write METHOD PATH, as in GET /notes"),
        (("GET", "notes"), "'notes' is no path: write it from its slash on, as in /notes"),
        (("GET", "/ä b"), "GET /ä b: this application has no such route (404)"),
        (("GET", "/", "--all"), "say what to ask, as in scaffold trace GET /notes, or --all"),
        (("--all", "--raise"), "--all asks only what needs no input"),
        (("POST", "/", "--json-body", "{"), "--json-body is no JSON: "),
        (("GET", "/", "--header", "nothing"), "--header 'nothing' is no header of yours: write NAME:VALUE"),
        (("GET", "/", "--header", "Content-Length: 1"), "--header 'Content-Length: 1' is no header of yours"),
        (("GET", "/redirected"), "GET /redirected was answered by a redirect to http"),
        (("GET", "/", "--app", "hangs:given"), "hangs:given can't be loaded: TypeError: given() missing 1 required"),
        (("GET", "/", "--app", "hangs:later"), "hangs:later is an async function: name one that returns the"),
        (("GET", "/", "--app", "shop/main.py"), "'shop/main.py' names no application: write MODULE:NAME"),
        (("GET", "/", "--project", "nowhere"), "there is no folder nowhere: name the project's with --project DIR"),
        (("GET", "/", "--app", "nothing:app"), "there is no module nothing in "),
        (("GET", "/", "--app", "main.py"), "there is no module main.py in "),
        (("GET", "/", "--app", "broken"), "broken can't be loaded: ModuleNotFoundError: No module named 'nothing_of"),
        (("GET", "/", "--app", "main:apps"), "main has no apps: of FastAPI's applications it has app"),
        (("GET", "/", "--app", "hangs:text"), "hangs:text is no application but str"),
        (("GET", "/", "--app", "hangs:failing"), "hangs:failing failed to start: RuntimeError: no table"),
        (("GET", "/", "--app", "leaves"), "the application ended by itself, with exit code 7"),
        (("GET", "/", "--app", "served_by_others"), "uvicorn isn't installed there: install it there"),
        (("GET", "/nope"), "GET /nope: this application has no such route (404)"),
        (("PATCH", "/"), "PATCH /: this application has no such PATCH on that route (405)"),
        (
            ("GET", "/items/a"),
            "GET /items/a was refused as invalid (422): path.number: Input should be a valid integer",
        ),
        (("WEBSOCKET", "/"), "WEBSOCKET /: there is no such socket"),
        (("WEBSOCKET", "/\udcff"), "'WEBSOCKET /\\udcff' can't be sent: "),
    ],
    ids=str,
)
def test_it_refuses_in_one_line(trace: Run, arguments: tuple[str, ...], sentence: str) -> None:
    """What is wrong, and what would be right."""
    ended = trace(*arguments)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.splitlines()[0].startswith(f"scaffold: {sentence}")
    assert ended.stdout == ""


def test_a_refusal_is_json_too(trace: Run) -> None:
    """For a program."""
    ended = trace("GET", "/nope", "--json")
    assert ended.returncode == 2
    assert json.loads(ended.stdout) == {"error": "GET /nope: this application has no such route (404)"}


def test_a_terminal_shows_colour(project: Path) -> None:
    """And no line is wider than it."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    terminal = pexpect.spawn(
        sys.executable,
        command("GET", "/")[1:],
        cwd=str(project),
        env={**environment, "TERM": "xterm"},
        dimensions=(40, 80),
        encoding="utf-8",
        timeout=30,
    )
    terminal.expect(pexpect.EOF)
    shown = str(terminal.before)
    assert "\x1b[" in shown
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("GET", "/", "--app", "sleeps"), "sleeps had not started after 2 s: --timeout SECONDS gives it more"),
        (("GET", "/", "--app", "hangs:waiting"), "hangs:waiting had not started after 2 s"),
        (("GET", "/hangs", "--app", "hangs:app"), "GET /hangs was not over after 2 s"),
        (("GET", "/spins", "--app", "hangs:app"), "GET /spins was not over after 2 s"),
        (("GET", "/trickles", "--app", "hangs:app"), "GET /trickles answered for 2 s without an end: --timeout"),
    ],
    ids=str,
)
def test_whatever_hangs_is_given_up_on(trace: Run, arguments: tuple[str, ...], sentence: str) -> None:
    """Within one limit, and what it takes to end the application."""
    begun = time.monotonic()
    ended = trace(*arguments, "--timeout", "2")
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.splitlines()[0].startswith(f"scaffold: {sentence}")
    assert time.monotonic() - begun < 15


def test_a_fastapi_that_is_not_understood_is_refused(project: Path, tmp_path: Path) -> None:
    """An application whose dependencies aren't seen would have an empty table."""
    (tmp_path / "sitecustomize.py").write_text(OTHER)
    ended = subprocess.run(
        command("GET", "/"),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "the probe doesn't see everything (missing: called, yielded" in ended.stderr


@pytest.mark.parametrize("path", ["/hangs", "/spins"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_leaves_nothing(project: Path, path: str, number: signal.Signals, code: int) -> None:
    """However it ended."""
    arguments = command("GET", path, "--app", "hangs:app")[3:]
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDING_SIGNALS, *arguments],
        cwd=project,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    wait_until(lambda: bool(left(project)))
    time.sleep(1)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == code
    try:
        wait_until(lambda: not left(project))
    finally:
        for each in left(project):
            os.kill(each, signal.SIGKILL)


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
