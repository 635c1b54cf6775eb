"""The workflow of README.md that traces an application in CI: its steps, run in a project."""

import sys
from pathlib import Path

import pytest
from workflows import check_schema, install_scaffold, step, workflow

WORKFLOW = workflow("Trace")
APPLICATION = """
from contextlib import asynccontextmanager
from typing import Annotated

import httpx2
from fastapi import Depends, FastAPI

@asynccontextmanager
async def lifespan(app):
    app.state.client = httpx2.AsyncClient()
    yield

app = FastAPI(lifespan=lifespan)

async def get_client():
    async with httpx2.AsyncClient() as client:
        yield client

@app.get("/client")
async def use(client: Annotated[httpx2.AsyncClient, Depends(get_client)]) -> bool:
    return client.is_closed

@app.get("/waits")
async def wait() -> None:
    import asyncio
    await asyncio.sleep(100)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project as it is checked out and installed."""
    install_scaffold(tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text(APPLICATION)
    return tmp_path


def test_each_finding_is_said_beside_its_line(project: Path) -> None:
    """The lifespan's, too; what was left out is said."""
    workflow = WORKFLOW.replace("--all --json", "--all --json --timeout 3")
    traced = step(workflow, "Trace", project)
    assert traced.returncode == 1, traced.stderr
    annotated = step(workflow, "Annotate", project)
    assert annotated.returncode == 0, annotated.stderr
    lines = [line.partition(": ")[0] for line in annotated.stdout.splitlines()]
    assert lines == [
        "::notice title=not traced::GET /waits was not over after 3 s",
        "::error title=created-per-request,file=app/main.py,line=16::get_client",
        "::error title=never-closed,file=app/main.py,line=10::lifespan",
    ]


def test_an_application_that_cannot_be_served_is_said(project: Path) -> None:
    """In its one line."""
    (project / "app/main.py").write_text("import nothing_of_that_name")
    assert step(WORKFLOW, "Trace", project).returncode == 2
    annotated = step(WORKFLOW, "Annotate", project)
    assert annotated.stdout.startswith("::error title=not traced::main can't be loaded: ModuleNotFoundError")


def test_it_is_a_workflow(tmp_path: Path) -> None:
    """As GitHub's schema has it."""
    check_schema(WORKFLOW, tmp_path)
