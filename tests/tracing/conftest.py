"""Small applications, served with the probe in them by the interpreter that runs these tests."""

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from projects import ROOT, TIDY, clean_environment, make
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.probe import Served, serve
from scaffold.trace.record import Trace
from scaffold.trace.target import find_target

# Starts a server as a project's tests do, and waits for its end.
SERVES = """
import sys
from servers import Running
print(Running(sys.argv[1]).url, flush=True)
sys.stdin.read()
"""
# Speaks MongoDB's protocol over the storage engine that MongoDB has, and knows transactions.
SERVES_DOCUMENTS = """
import sys
from secantus import SecantusDBServer
with SecantusDBServer(storage_path=":memory:") as server:
    print(server.uri, flush=True)
    sys.stdin.read()
"""
LIMIT = 30.0  # seconds
Tracing = Callable[..., Trace]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Generator[Tracing]:
    """Return how a request to one of the applications is traced; each is served once."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("NOTES", str(tmp_path_factory.mktemp("notes") / "notes.db"))
        served: dict[str, Served] = {}

        def trace(application: str, method: str, path: str, *, raises: bool = False) -> Trace:
            if application not in served:
                target = find_target(ROOT / "tests", f"tracing.applications.{application}", Path(sys.executable))
                served[application] = stack.enter_context(serve(target, Deadline(LIMIT), lists_routes=False))
            return ask(served[application], Request(method, path, {}, raises=raises), Deadline(LIMIT))

        yield trace


@pytest.fixture(scope="session")
def with_servers(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose tests start servers."""
    return make(template, tmp_path_factory.mktemp("served") / "served", database="postgresql", cache="redis")


@contextmanager
def running(project: Path, *command: str) -> Generator[str]:
    """Let a server run until the block ends; lends its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", *command],
        cwd=project,
        env={**clean_environment(), **TIDY, "PYTHONPATH": "src:tests"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate()


@pytest.fixture(scope="session")
def postgresql(with_servers: Path) -> Generator[str]:
    """Return the address of a PostgreSQL server, where the applications look for it, too."""
    with running(with_servers, SERVES, "postgresql_server") as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTGRESQL", url)
        yield url


@pytest.fixture(scope="session")
def redis(with_servers: Path) -> Generator[str]:
    """Return the address of a Redis server, where the applications look for it, too."""
    with running(with_servers, SERVES, "redis_server") as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDIS", url)
        yield url


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Return the address of a server of documents, where the application looks for it, too."""
    if sys.platform != "linux":
        pytest.skip("its server is installed on Linux only")
    folder = tmp_path_factory.mktemp("documents")
    with running(folder, SERVES_DOCUMENTS) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONGODB", url)
        yield url
