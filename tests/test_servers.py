"""The servers of a project, for its tests and for development: they are there, and gone, when they should be."""

import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from projects import TIDY, clean_environment, make, remove_data, serves, wait_until_gone

WAITS = """
import time
from servers import Running
servers = [Running("postgresql_server"), Running("redis_server")]
print(*(server.url for server in servers), flush=True)
time.sleep(600)
"""
# A child of its own ends after it was listed. Whatever comes of that, no server stays.
SUPERVISES = """
import subprocess
import sys
import servers

def family(parent):
    with subprocess.Popen(["true"]) as ended:
        pass
    return [ended.pid, *listed(parent)]

def started(*server):
    begun.append(start(*server))
    return begun[-1]

begun = []
listed, servers.family = servers.family, family
start, servers.started = servers.started, started
try:
    servers.supervise(sys.argv[1], "", "")
finally:
    begun[0].kill()
"""
WRITES = "CREATE TABLE kept (label text); INSERT INTO kept VALUES ('a')"
SENDS = "import sys; from postgresql_server import send; print(send(*sys.argv[1:]))"


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Return a project with a kind of server each."""
    project = make(template, tmp_path_factory.mktemp("served") / "served", database="postgresql", cache="redis")
    yield project
    remove_data(project)


@pytest.fixture
def started(project: Path) -> Generator[list["subprocess.Popen[str]"]]:
    """Return a list of what a test starts; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def begin(project: Path, *command: str) -> "subprocess.Popen[str]":
    """Begin a program of a project's."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=project,
        env={**clean_environment(), **TIDY, "PYTHONPATH": "src:tests"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: "subprocess.Popen[str]") -> str:
    """Return what a program says next."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_they_end_with_whoever_started_them(project: Path, started: list["subprocess.Popen[str]"]) -> None:
    """Also when that is killed, as a test run may be: then its cleanup doesn't run."""
    started.append(begin(project, "-c", WAITS))
    urls = line(started[0]).split()
    assert len(urls) == 2
    assert all(map(serves, urls))
    started[0].kill()
    wait_until_gone(*urls)


@pytest.mark.parametrize("module", ["postgresql_server", "redis_server"])
def test_one_whose_child_ends_meanwhile_ends_too(
    project: Path, started: list["subprocess.Popen[str]"], module: str
) -> None:
    """PostgreSQL has children that come and go: what is told to one that has gone keeps nothing running."""
    started.append(begin(project, "-c", SUPERVISES, module))
    url = line(started[0])
    assert serves(url)
    assert started[0].communicate("stop\ncontinue\n")[0] == "done\ndone\n"
    assert not serves(url)


def test_for_development_they_stand_where_they_stood(project: Path, started: list["subprocess.Popen[str]"]) -> None:
    """One command prints the settings, and ends with Ctrl-C; the next one finds the data and the settings again."""
    seen: list[list[str]] = []
    for statement, answer in ((WRITES, "[]"), ("SELECT label FROM kept", "['a']")):
        started.append(begin(project, "tests/servers.py"))
        seen.append([line(started[-1]) for _ in range(3)])
        settings = dict(setting.split("=", 1) for setting in seen[-1])
        assert settings.keys() == {"CACHE_URL", "DATABASE_URL", "DATABASE_MIGRATE"}
        urls = settings["CACHE_URL"], settings["DATABASE_URL"]
        assert all(map(serves, urls))
        again = subprocess.run([sys.executable, "tests/servers.py"], cwd=project, capture_output=True, check=False)
        assert (again.returncode, again.stderr[:29]) == (1, b"servers.py: they run already,")
        with begin(project, "-c", SENDS, settings["DATABASE_URL"], statement) as sent:
            assert line(sent) == answer
        started[-1].send_signal(signal.SIGINT)
        assert started[-1].wait(30) == 0
        wait_until_gone(*urls)
    assert seen[0] == seen[1]
    assert {path.name for path in project.iterdir()} >= {".data"}
    assert "\n.data/\n" in (project / ".gitignore").read_text()
