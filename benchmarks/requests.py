"""What a request costs: the generated application beside the same by hand, and beside the bare driver."""

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import servers
from benchmarks.command import COPIER, ROOT, two_versions_of_the_template
from benchmarks.load import Seen
from benchmarks.rounds import environment

CONNECTIONS = (1, 32, 256)
AMONG = 32  # connections at which all is compared
READERS = 64
SETTLED = 6  # seconds in which slow readers have got all that is sent ahead
OURS, HAND, RAW = "generated", "handmade", "raw"
BARE, UNRESET = "without_middleware", "without_reset"
GROWTH = (10, 50)  # resources
ANSWERS = {"database": "postgresql", "cache": "redis", "clients": "upstream", "example": "none"}


@dataclass(frozen=True)
class Endpoint:
    """A request, and how fast ours shall be beside the same by hand, and beside the driver: 1 is as fast."""

    name: str
    path: str
    method: str = "GET"
    by_hand: float | None = None
    raw: float | None = None
    with_driver: bool = False
    readers: int = 0


JSON = Endpoint("JSON, no dependency", "/json/0")
ROW = Endpoint("a row by its key, reader", "/row/*", by_hand=0.97, raw=0.5, with_driver=True)
ENDPOINTS = (
    JSON,
    Endpoint("JSON, 1 dependency", "/json/1"),
    Endpoint("JSON, 2 dependencies", "/json/2"),
    Endpoint("JSON, 4 dependencies", "/json/4"),
    ROW,
    Endpoint("the same beside 2 dependencies more", "/row-beside/*"),
    Endpoint("a row by its key, transaction", "/row-in-transaction/*", by_hand=0.97, raw=0.47, with_driver=True),
    Endpoint("ten rows, reader", "/rows/*", with_driver=True),
    Endpoint("a row stored and committed", "/rows", "POST", by_hand=0.95, raw=0.35, with_driver=True),
    Endpoint("the cache knows it", "/cached", by_hand=0.97),
    Endpoint("the cache doesn't: a row, and a fill", "/filled/*"),
    Endpoint("a call to a service", "/upstream"),
    Endpoint("cache, row and service", "/three/*"),
    Endpoint(f"a row, beside {READERS} slow readers", "/row/*", readers=READERS),
)


@dataclass(frozen=True)
class Slice:
    """What a load of a second or so showed; seconds of the server's processor per answer, MiB of its memory."""

    processor: float
    rate: float
    median: float
    late: float
    memory: float
    own_share: float


class AnswersError(Exception):
    """Some answers were no 200: their cost would mean nothing."""


def project(template: Path, folder: Path, resources: int) -> Path:
    """Copy the template into a project with PostgreSQL, Redis and so many resources more; return its folder."""
    more = {f"service_{number}": {"kind": "http"} for number in range(resources)}
    three = {"cache": {"kind": "redis"}, "database": {"kind": "postgresql"}, "upstream": {"kind": "http"}}
    data = [f"--data={name}={answer}" for name, answer in {**ANSWERS, "package_name": "measured"}.items()]
    data.append(f"--data=resources={json.dumps({**three, **more})}")
    copy = [COPIER, "copy", "--quiet", "--defaults", "--vcs-ref=v1", *data]
    subprocess.run([*copy, str(template), str(folder)], env=environment(), check=True)
    return folder


@contextmanager
def applications() -> Generator[dict[str, servers.Application]]:
    """Run all applications, each on the same servers and the same core; yield them by name."""
    _, other = servers.cores()
    with TemporaryDirectory() as name, ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        os.sched_setaffinity(0, {other})
        folder = Path(name).resolve()
        template = two_versions_of_the_template(folder / "template")
        one = project(template, folder / "one", 0)
        # By hand nobody leaves the cache out where it takes long.
        settings = {**stack.enter_context(servers.databases(one)), "CACHE_TIMEOUT": "5"}
        wanted = {name: (name, one) for name in (OURS, HAND, RAW, BARE, UNRESET)}
        for number in GROWTH:
            wanted[grown(number)] = (OURS, project(template, folder / grown(number), number - 3))
        started = {}
        for each, (module, where) in wanted.items():
            started[each] = servers.start(module, where, settings, free_port())
            stack.callback(started[each].process.kill)
        yield started


def grown(number: int) -> str:
    """Return what the generated application with so many resources is called."""
    return f"{number} resources"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def slice_of(application: servers.Application, endpoint: Endpoint, connections: int, seconds: float) -> Slice:
    """Load an application for so long, and return what that showed; raises AnswersError."""
    options = {"method": endpoint.method, "connections": connections, "seconds": seconds}
    if endpoint.readers:
        options |= {"readers": endpoint.readers, "settle": SETTLED}
    flags = [flag for name, value in options.items() for flag in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "benchmarks.load", str(application.port), endpoint.path, *flags]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        load.stdout.readline()  # it begins
        before = application.processor()
        said, _ = load.communicate(timeout=seconds + servers.PATIENCE)
        took = application.processor() - before
    seen = Seen(**json.loads(said))
    if seen.failures:
        message = f"{endpoint.name}, {connections} connections: {seen.failures} of {seen.answers} answers failed"
        raise AnswersError(message)
    rate = seen.answers / seen.seconds
    return Slice(took / seen.answers, rate, seen.median, seen.late, application.memory(), seen.own_share)


Round = Mapping[tuple[str, str, int], Slice]


def measure(started: Mapping[str, servers.Application], rounds: int, seconds: float, seed: int) -> Iterator[Round]:
    """Yield what each round showed; a first one, which warms up, isn't told."""
    chance = random.Random(seed)
    round_of(started, 0.2, chance)
    for _ in range(rounds):
        yield round_of(started, seconds, chance)


def round_of(started: Mapping[str, servers.Application], seconds: float, chance: random.Random) -> Round:
    """Return what a round shows, by application, endpoint and connections.

    What is compared comes one after the other, in an order of its own each time.
    """
    cases = [(endpoint, each) for endpoint in ENDPOINTS for each in ((AMONG,) if endpoint.readers else CONNECTIONS)]
    found = {}
    for endpoint, connections in chance.sample(cases, len(cases)):
        for name in chance.sample(sorted(started), len(started)):
            if is_asked(name, endpoint, connections):
                key = (name, endpoint.name, connections)
                found[key] = slice_of(started[name], endpoint, connections, seconds)
    return found


def is_asked(name: str, endpoint: Endpoint, connections: int) -> bool:
    """Return whether an application has what is asked, and whether that is compared."""
    if name == RAW:
        return endpoint.with_driver
    return name in {OURS, HAND} or (endpoint in {JSON, ROW} and connections == AMONG)
