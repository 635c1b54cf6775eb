"""Two versions of a project on one database, one after the other and side by side, as its manifests run them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import yaml
from projects import TIDY, clean_environment, make, until

RUNS_A_SERVER = """
import time
from servers import Running
print(Running("postgresql_server").url, flush=True)
time.sleep(600)
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("notes", sa.Column("color", sa.String(), nullable=True))
"""


@dataclass(frozen=True)
class Process:
    """A process of a version: where it is, and what it says."""

    running: "subprocess.Popen[bytes]"
    log: Path

    @property
    def address(self) -> str:
        """Where it listens, as it says; empty while it doesn't."""
        found = re.search(r"running on http://0\.0\.0\.0(:\d+)", self.log.read_text())
        return f"http://127.0.0.1{found[1]}" if found else ""

    def up(self) -> bool:
        """Return whether it may have requests; it has not ended."""
        assert self.running.poll() is None, self.log.read_text()
        return self.address != "" and ask(f"{self.address}/readyz")[0] == 200


class Cluster:
    """Runs what manifests say, on this machine, and sends requests to what is ready."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.ready: list[str] = []
        self.answered: Counter[tuple[str, int]] = Counter()
        self.stored: list[int] = []
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()
        self._asking: dict[int, str] = {}
        self._load = [threading.Thread(target=self._write) for _ in range(4)]

    def migrate(self, version: Path) -> int:
        """Run the Job of a version; returns its exit code."""
        job = yaml.safe_load((version / "kubernetes/migrate.yaml").read_text())
        [container] = job["spec"]["template"]["spec"]["containers"]
        settings = {each["name"]: each.get("value", self.url) for each in container["env"]}
        environment = {**self._environment(version), **settings, "ALEMBIC_CONFIG": str(version / "alembic.ini")}
        command = [sys.executable, "-m", *container["command"]]
        return subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, check=False).returncode

    def start(self, version: Path) -> "Process":
        """Start a process of a version; it gets requests when it is ready."""
        [line] = [line for line in (version / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
        lines = (version / "kubernetes/settings.env").read_text().splitlines()
        settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        log = self._folder / f"{version.name}-{len(self._started)}.log"
        with log.open("w") as said:
            running = subprocess.Popen(
                [sys.executable, "-m", *json.loads(line.removeprefix("CMD ")), "--port", "0"],
                cwd=self._folder,
                env={**self._environment(version), **settings, "DATABASE_URL": self.url},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self._started.append(running)
        return Process(running, log)

    def wait_for(self, *processes: "Process") -> None:
        """Let processes have requests as soon as they are ready."""
        for process in processes:
            until(process.up)
            self.ready.append(process.address)

    def stop(self, *processes: Process) -> None:
        """Send them nothing more, and when that is known end them."""
        for process in processes:
            self.ready.remove(process.address)
        gone = [process.address for process in processes]
        until(lambda: not any(address in gone for address in tuple(self._asking.values())))
        for process in processes:
            process.running.send_signal(signal.SIGTERM)
        assert {process.running.wait(10) for process in processes} == {-signal.SIGTERM}

    def begin_load(self) -> None:
        """Write and read without a pause, until the end."""
        for writer in self._load:
            writer.start()

    def serve_for_a_while(self) -> None:
        """Wait until each that is ready has answered some requests more."""
        before = Counter(self.answered)
        until(lambda: all(self.answered[each, 201] >= before[each, 201] + 20 for each in self.ready))

    def end_load(self) -> None:
        """Let the requests that run end, and send no more."""
        self._stopping.set()
        for writer in self._load:
            writer.join()

    def end(self) -> None:
        """End everything."""
        self._stopping.set()
        for process in self._started:
            process.kill()
            process.wait()

    def _environment(self, version: Path) -> dict[str, str]:
        return {**clean_environment(), **TIDY, "PYTHONPATH": str(version / "src")}

    def _write(self) -> None:
        turn = 0
        while not self._stopping.is_set():
            turn += 1
            time.sleep(0.01)
            address = self._turn_to(turn)
            status, body = ask(f"{address}/notes", {"title": str(uuid4())})
            if status == 201:
                self.stored.append(body["id"])
                read, _ = ask(f"{address}/notes/{body['id']}")
                status = status if read == 200 else read
            self.answered[address, status] += 1
            del self._asking[threading.get_ident()]

    def _turn_to(self, turn: int) -> str:
        """Return who is ready and asked next; whoever ends that process sees so."""
        while True:
            ready = tuple(self.ready)
            self._asking[threading.get_ident()] = address = ready[turn % len(ready)]
            if address in self.ready:
                return address


def ask(url: str, sent: dict[str, str] | None = None) -> tuple[int, dict[str, int]]:
    """Return status and body of an answer, 0 if there is none."""
    data = json.dumps(sent).encode() if sent else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, {}
    except OSError:
        return 0, {}


@pytest.fixture(scope="module")
def versions(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a version of a project, and the next one, which expands its table."""
    folder = tmp_path_factory.mktemp("versions")
    answers = {"project_name": "stock", "database": "postgresql", "cache": "none", "clients": "none"}
    old = make(template, folder / "old", **answers, kubernetes=True)
    new = folder / "new"
    shutil.copytree(old, new)
    model = new / "src/stock/models/database/note.py"
    model.write_text(model.read_text() + "    color: Mapped[str | None]\n")
    (new / "src/stock/migrations/database/versions/0002_color.py").write_text(REVISION)
    return old, new


@pytest.fixture
def cluster(versions: tuple[Path, Path], tmp_path: Path) -> Generator[Cluster]:
    """Return what runs versions, with a database."""
    environment = {**clean_environment(), **TIDY, "PYTHONPATH": os.pathsep.join(("src", "tests"))}
    server = subprocess.Popen(
        [sys.executable, "-c", RUNS_A_SERVER], cwd=versions[0], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    cluster = Cluster(tmp_path, server.stdout.readline().strip())
    yield cluster
    cluster.end()
    server.kill()
    server.communicate()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In a long run somebody else uses the table, too."""
    if "shared" in metafunc.fixturenames:
        metafunc.parametrize("shared", [False, True] if metafunc.config.getoption("--long") else [False])


def test_two_versions_live_side_by_side(cluster: Cluster, versions: tuple[Path, Path], *, shared: bool) -> None:
    """The old version serves while the Job of the next one runs, starts again, and goes: no request fails."""
    old, new = versions
    assert cluster.migrate(old) == 0
    first = cluster.start(old)
    cluster.wait_for(first)
    cluster.begin_load()
    cluster.serve_for_a_while()
    if shared:
        # The Job waits for who reads and is slow to end, and requests wait for the Job, until it gives up.
        with psycopg.connect(cluster.url) as reader:
            reader.execute("SELECT id FROM notes LIMIT 1")
            assert cluster.migrate(new) != 0
    assert cluster.migrate(new) == 0
    cluster.serve_for_a_while()
    again, next_one = cluster.start(old), cluster.start(new)
    cluster.wait_for(again, next_one)
    assert "the database is at revision 0002, which this version doesn't have" in again.log.read_text()
    cluster.serve_for_a_while()
    cluster.stop(first, again)
    cluster.serve_for_a_while()
    cluster.end_load()
    assert {status for _, status in cluster.answered} == {201}
    with urllib.request.urlopen(f"{next_one.address}/notes/export", timeout=10) as export:
        assert {json.loads(line)["id"] for line in export} == {*cluster.stored}
