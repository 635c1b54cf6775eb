"""README.md claims only what is shown."""

import os
import re
import shutil
import signal
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from projects import ROOT, clean_environment

README = (ROOT / "README.md").read_text()
URL = "http://127.0.0.1:8000"
# Python as a fresh machine has it: the interpreter that runs this, not its environment.
BARE = {
    **clean_environment(),
    "PATH": os.pathsep.join(path for path in os.environ["PATH"].split(os.pathsep) if ".venv" not in path),
}


def one_liners(readme: str) -> list[str]:
    """Return the commands that stand alone in a block, and make an environment."""
    return re.findall(r"^```sh\n(python3 -m venv .*)\n```$", readme, re.MULTILINE)


def test_promises_are_those_that_have_a_mutation() -> None:
    """Each row names a promise, and a test that its mutation turns red."""
    mutations = [tomllib.loads(path.read_text()) for path in (ROOT / "tests/mutations").glob("*/*.toml")]
    caught = {(mutation["promise"], test) for mutation in mutations for test in mutation["caught_by"]}
    rows = re.findall(r"^\| (.*) \| `(.*::.*)` \|$", README, re.MULTILINE)
    assert {promise for promise, _ in rows} == {promise for promise, _ in caught}
    assert {(promise, f"tests/{test}") for promise, test in rows} <= caught


def test_kinds_are_those_there_are() -> None:
    """With their role and description."""
    kinds = [yaml.safe_load(path.read_text()) for path in (ROOT / "template/resources").glob("*/kind.yml")]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", README, re.MULTILINE)
    assert rows == sorted((kind["kind"], kind["role"], kind["description"]) for kind in kinds)


def test_the_lesson_names_tests_that_every_project_ships() -> None:
    """By file and name."""
    lesson = (ROOT / "template/project/tests/test_lifecycle.py.jinja").read_text()
    named = re.findall(r"`tests/test_lifecycle.py::(\w+)`", README)
    assert len(named) == 3
    assert all(f"async def {name}(" in lesson for name in named)


@contextmanager
def served(command: str, folder: Path) -> Generator[None]:
    """Run a command that serves, until it answers; stop it in the end."""
    log = folder / ".served"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env=BARE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{URL}/readyz", timeout=1).close()
                break
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.2)
        else:
            pytest.fail(f"it doesn't answer:\n{log.read_text()}")
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        log.unlink()


def post_note() -> int:
    """Store a note; returns the status."""
    request = urllib.request.Request(f"{URL}/notes", b'{"title": "a"}', {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return int(answer.status)


def test_the_first_command_creates_a_project_and_serves_it(clone: Path) -> None:
    """And the two commands in the project's own README serve it, and pass its tests."""
    create, _ = one_liners(README)
    with served(create, clone):
        assert post_note() == 201
        with urllib.request.urlopen(f"{URL}/docs", timeout=5) as docs:
            assert b"swagger" in docs.read()
    project = clone.parent / "my-api"
    serve, test = one_liners((project / "README.md").read_text())
    shutil.rmtree(project / ".venv")
    with served(serve, project), urllib.request.urlopen(f"{URL}/notes", timeout=5) as notes:
        assert b'"title":"a"' in notes.read()
    ended = subprocess.run(["sh", "-c", test], cwd=project, env=BARE, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    status = subprocess.check_output(["git", "status", "--porcelain"], cwd=project, text=True)
    locked = shutil.which("uv", path=BARE["PATH"])  # it leaves its lock file to the user
    assert status == ("?? uv.lock\n" if locked else "")
