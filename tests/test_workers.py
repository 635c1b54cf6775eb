"""Several workers on several hosts are as one, and readers may have a replica."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import cast

import asyncpg  # type: ignore[import-untyped]
import httpx2
import pytest
from projects import TIDY, clean_environment, make

POOL = 2
WORKERS = 2
BUSY = "SELECT 1 FROM pg_sleep(0.3)"
COUNT = "SELECT count(*) FROM notes"
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'grown' AND datname = current_database()"
# The application, which signs each answer with its process, and says what Alembic does at its start.
SIGNED = """
import logging
import os

from sqlalchemy import text

from grown.app import app
from grown.dependencies.database import DatabaseReader, DatabaseTransaction

logging.basicConfig(level=logging.INFO)

@app.get("/through/reader")
async def through_reader(reader: DatabaseReader, statement: str) -> int:
    return await reader.scalar(text(statement))

@app.get("/through/transaction")
async def through_transaction(transaction: DatabaseTransaction, statement: str) -> int:
    return await transaction.scalar(text(statement))

async def signed(scope, receive, send):
    async def sign(message):
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-process", str(os.getpid()).encode())]
        await send(message)

    await app(scope, receive, sign)
"""
# A server that begins with what the one at PRIMARY has, and follows it.
STANDBY = """
import os

import postgresql_server
from servers import begin
from sqlalchemy import make_url

PRIMARY = os.environ["PRIMARY"]

class Server(postgresql_server.Server):
    def _make(self, _password):
        program = self._programs / "pg_basebackup"
        options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--pgdata={self._data}"]
        if begin([program, *options, f"--dbname={PRIMARY}"], self._log).wait() != 0:
            raise RuntimeError(self._log.read_text())

    def url(self, port):
        return make_url(PRIMARY).set(port=port).render_as_string(hide_password=False)
"""


def begin(project: Path, log: Path, *command: str, **settings: str) -> "subprocess.Popen[str]":
    """Begin a program of a project's; what goes wrong is written to a file."""
    with log.open("w") as said:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=project,
            env={**clean_environment(), **TIDY, "PYTHONPATH": "src:tests", **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )


def told(server: "subprocess.Popen[str]", what: str) -> str:
    """Tell a server to do something, and return what it says then."""
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(what)
    server.stdin.flush()
    return server.stdout.readline().strip()


@contextmanager
def serving(project: Path, module: str, **settings: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
    """Run a server as the project's tests do; yields it, and its address."""
    server = begin(project, project / f"{module}.log", "tests/servers.py", module, "", "", **settings)
    try:
        yield server, told(server, "")
    finally:
        server.communicate()


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose resources are servers."""
    project = make(template, tmp_path_factory.mktemp("grown") / "grown", database="postgresql", cache="redis")
    (project / "tests/signed.py").write_text(SIGNED)
    (project / "tests/standby_server.py").write_text(STANDBY)
    return project


@pytest.fixture(scope="module")
def servers(project: Path) -> Generator[tuple[str, str]]:
    """Return the addresses of a database and a cache."""
    with serving(project, "postgresql_server") as (_, database), serving(project, "redis_server") as (_, cache):
        yield database, cache


def settings(servers: tuple[str, str], name: str) -> dict[str, str]:
    """Return the settings for a database of this name, which is made."""
    database, cache = servers
    asyncio.run(fetched(database, f"CREATE DATABASE {name}"))
    pool = {"DATABASE_POOL_SIZE": str(POOL), "DATABASE_POOL_TIMEOUT": "30"}
    return {"DATABASE_URL": renamed(database, name), "DATABASE_MIGRATE": "true", "CACHE_URL": cache, **pool}


def renamed(url: str, name: str) -> str:
    """Return the address of another database on a server."""
    return url.rpartition("/")[0] + f"/{name}"


@contextmanager
def hosts(project: Path, names: str, workers: int, **settings: str) -> Generator[dict[str, "subprocess.Popen[str]"]]:
    """Start hosts at once; yields them by their address when all their workers serve."""
    command = ("-m", "uvicorn", "--workers", str(workers), "--port", "0", "--no-access-log", "signed:signed")
    started = {project / f"{name}.log": begin(project, project / f"{name}.log", *command, **settings) for name in names}
    try:
        yield {address(log, host, workers): host for log, host in started.items()}
    finally:
        for host in started.values():
            host.terminate()
        for host in started.values():
            host.communicate()


def address(log: Path, host: "subprocess.Popen[str]", workers: int) -> str:
    """Return where a host listens, as soon as all its workers serve."""
    end = time.monotonic() + 60
    while True:
        said = log.read_text()
        found = re.search(r"running on (http://\S+)", said)
        if found and said.count("startup complete") == workers:
            return found[1]
        assert host.poll() is None, said
        assert time.monotonic() < end, said
        time.sleep(0.02)


async def fetched(url: str, statement: str) -> object:
    """Return what a server answers to somebody else."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


class Load:
    """Writers and readers at several hosts, who know what was acknowledged."""

    def __init__(self, urls: list[str]) -> None:
        self.clients = [httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) for url in urls]
        self.titles: list[str] = []
        self.versions: dict[object, int] = {}
        self.processes: set[str] = set()
        self.older: list[str] = []
        self.failures: dict[str, str] = {}
        self.over = False

    async def run(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """Write and read until something else is done."""
        async with AsyncExitStack() as stack:
            for client in self.clients:
                await stack.enter_async_context(client)
            for number in range(4):
                made = await self.send(self.clients[0], "POST", "/notes", f"to change {number}")
                self.versions[made["id"]] = 0
            async with asyncio.TaskGroup() as tasks:
                for note in self.versions:
                    tasks.create_task(self.write(note))
                    for client in self.clients * 3:
                        tasks.create_task(self.read(client, note))
                await meanwhile()
                self.over = True

    async def write(self, note: object) -> None:
        """Change a note through one host after the other, and store another each time."""
        version = 0
        while not self.over:
            for client in self.clients:
                version += 1
                if await self.send(client, "PUT", f"/notes/{note}", f"changing {note}", version):
                    self.versions[note] = version
                title = f"new {note} {version}"
                if await self.send(client, "POST", "/notes", title, version):
                    self.titles.append(title)

    async def read(self, client: httpx2.AsyncClient, note: object) -> None:
        """Read a note, from the cache or the database: never an older one than was acknowledged before."""
        while not self.over:
            acknowledged = self.versions[note]
            answer = await self.send(client, "GET", f"/notes/{note}")
            if answer and int(str(answer["body"])) < acknowledged:
                self.older.append(f"{answer} after {acknowledged}")

    async def send(
        self, client: httpx2.AsyncClient, method: str, path: str, title: str = "", body: int = 0
    ) -> dict[str, object]:
        """Return what is answered; nothing if the request failed, which is noted of its host."""
        sent = {"title": title, "body": str(body)} if title else None
        try:
            answer = (await client.request(method, path, json=sent)).raise_for_status()
        except httpx2.HTTPError as error:
            self.failures[str(client.base_url)] = repr(error)
            await asyncio.sleep(0.01)
            return {}
        self.processes.add(answer.headers["x-process"])
        return dict(answer.json())


def test_several_workers_on_several_hosts_are_as_one(project: Path, servers: tuple[str, str]) -> None:
    """One migrates, none answers what is older than a write that was acknowledged by another, and one host may go.

    There are as many connections as README.md of the project says, and no more.
    """
    shared = settings(servers, "several")
    connected: list[int] = []

    async def stop_one() -> None:
        kinds = ("reader", "transaction")
        end = time.monotonic() + 30
        # Which of its workers a host gives a request to is the system's choice.
        while len(load.processes) < 2 * WORKERS or max(connected, default=0) <= 2 * WORKERS * POOL:
            assert time.monotonic() < end
            busy = [
                load.clients[turn % 2].get(f"/through/{kind}?statement={BUSY}") for turn in range(20) for kind in kinds
            ]
            waiting = asyncio.gather(*busy)
            while not waiting.done():
                connected.append(cast("int", await fetched(shared["DATABASE_URL"], CONNECTED)))
                await asyncio.sleep(0.05)
            assert {answer.status_code for answer in await waiting} == {200}
        assert not load.failures
        first.terminate()
        await asyncio.to_thread(first.wait)
        await asyncio.sleep(0.2)

    with hosts(project, "ab", WORKERS, **shared) as started:
        said = "".join((project / f"{name}.log").read_text() for name in "ab")
        assert said.count("Running upgrade") == 1
        (left, first), (staying, _) = started.items()
        load = Load([left, staying])
        asyncio.run(load.run(stop_one))
        assert len(load.processes) == 2 * WORKERS
        assert max(connected) <= 2 * WORKERS * POOL * 2
        assert load.older == []
        assert load.failures.keys() <= {left}
        stored = asyncio.run(fetched(shared["DATABASE_URL"], "SELECT array_agg(title) FROM notes"))
        assert load.titles
        assert set(load.titles) <= set(cast("list[str]", stored))


def test_readers_may_have_a_replica(project: Path, servers: tuple[str, str]) -> None:
    """It is asked what readers read, and nothing else; it may be behind, and away."""
    shared = settings(servers, "followed")
    with serving(project, "standby_server", PRIMARY=servers[0]) as (standby, url):
        replica = renamed(url, "followed")
        with hosts(project, "c", 1, DATABASE_READER_URL=replica, **shared) as started:
            [url] = started
            with httpx2.Client(base_url=url, trust_env=False, timeout=30, headers={"connection": "close"}) as client:

                def through(what: str, statement: str) -> object:
                    answer = client.get(f"/through/{what}", params={"statement": statement})
                    return answer.json() if answer.status_code == 200 else answer.status_code

                def store(title: str) -> int:
                    return client.post("/notes", json={"title": title}).status_code

                def wait_for(count: int) -> None:
                    end = time.monotonic() + 20
                    while through("reader", COUNT) != count:
                        assert time.monotonic() < end

                wait_for(0)  # the table has come, too
                assert through("reader", "SELECT pg_is_in_recovery()::int") == 1
                assert through("transaction", "SELECT pg_is_in_recovery()::int") == 0
                assert through("reader", "DELETE FROM notes RETURNING id") == 500
                asyncio.run(fetched(replica, "SELECT pg_wal_replay_pause()"))
                assert store("behind") == 201
                assert [through(what, COUNT) for what in ("reader", "transaction")] == [0, 1]
                asyncio.run(fetched(replica, "SELECT pg_wal_replay_resume()"))
                wait_for(1)
                assert client.get("/readyz").status_code == 200
                told(standby, "kill\n")
                assert through("reader", COUNT) == 503
                assert client.get("/readyz").status_code == 503
                assert store("without it") == 201
                told(standby, "start\n")
                assert client.get("/readyz").status_code == 200
