"""The servers that requests meet: PostgreSQL and Valkey, a service that answers at once, and the applications.

Applications run on a core of their own; all else, the load too, runs on another.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from benchmarks.rounds import environment

APPLICATIONS = Path(__file__).parent / "applications"
TABLE = """
    CREATE TABLE rows (id serial PRIMARY KEY, title text NOT NULL, body text NOT NULL);
    INSERT INTO rows (title, body) SELECT 'a title', 'some text' FROM generate_series(1, 1000)
"""
PATIENCE = 60  # seconds in which anything starts


class CoresError(Exception):
    """There are not two cores to keep apart."""


@dataclass(frozen=True)
class Application:
    """One that runs: where, and what its start took on the clock, in seconds."""

    process: "subprocess.Popen[bytes]"
    port: int
    start: float

    def processor(self) -> float:
        """Return how many seconds of its core it has taken, to the nanosecond."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def memory(self) -> float:
        """Return its memory in MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def stop(self) -> float:
        """Stop it, and return the seconds that took."""
        begun = time.perf_counter()
        self.process.terminate()
        self.process.wait(PATIENCE)
        return time.perf_counter() - begun


@cache  # what is left to this process later is less
def cores() -> tuple[int, int]:
    """Return the core of applications and that of all else; raises CoresError."""
    if sys.platform != "linux":
        message = "requests are measured on Linux only"
        raise CoresError(message)
    there = sorted(os.sched_getaffinity(0))
    if len(there) < 2:
        message = "requests are measured with two cores or more"
        raise CoresError(message)
    return there[0], there[1]


@contextmanager
def databases(project: Path) -> Generator[dict[str, str]]:
    """Run the servers of a project and a service beside them; yield the settings that name them."""
    with (
        running([sys.executable, "tests/servers.py"], project) as servers,
        running([sys.executable, str(Path(__file__).with_name("service.py"))], project) as service,
    ):
        lines = [line(servers), line(servers), line(servers), line(service)]
        settings = dict(each.split("=", 1) for each in lines)
        del settings["DATABASE_MIGRATE"]  # the tables are made here
        asyncio.run(fill(settings["DATABASE_URL"]))
        yield settings


@contextmanager
def running(command: list[str], folder: Path) -> Generator["subprocess.Popen[bytes]"]:
    """Run a program until the block ends."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(folder / "src")},
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()


def line(process: "subprocess.Popen[bytes]") -> str:
    """Return the next line that it says."""
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


async def fill(url: str) -> None:
    """Make the table of the applications."""
    connection = await asyncpg.connect(url)
    await connection.execute(TABLE)
    await connection.close()


def start(module: str, project: Path, settings: dict[str, str], port: int) -> Application:
    """Start an application on its core, as it would run in production, and wait until it answers."""
    core, _ = cores()
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning", "--loop", "uvloop"]
    paths = os.pathsep.join([str(APPLICATIONS), str(project / "src")])
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", f"{module}:app", *options],
        cwd=project,
        env={**environment(), **settings, "PYTHONPATH": paths},
    )
    os.sched_setaffinity(process.pid, {core})
    while time.perf_counter() < begun + PATIENCE and process.poll() is None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection, suppress(ConnectionError):
            connection.request("GET", "/")
            connection.getresponse()
            return Application(process, port, time.perf_counter() - begun)
        time.sleep(0.01)
    message = f"{module} does not start"
    raise RuntimeError(message)
