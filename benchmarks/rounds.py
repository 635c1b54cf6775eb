"""Pieces of work that are measured side by side: each round does every one of them once, in an order of its own."""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

USUAL = ("PATH", "HOME", "LANG", "TMPDIR")
# Without them no package index is within reach where a proxy stands between.
NETWORK = ("HTTPS_PROXY", "NO_PROXY", "PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_DIR", "SSL_CERT_FILE", "UV_DEFAULT_INDEX")


@dataclass(frozen=True)
class Work:
    """A command, and what makes the folder it runs in; that isn't measured. It ends with `code`."""

    name: str
    command: Sequence[str]
    prepare: Callable[[Path], None]
    code: int = 0


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds on the clock, and seconds of processors, those of what it started too."""

    clock: float
    processor: float


class WorkFailedError(Exception):
    """A command ended in another way than it should: its cost would mean nothing."""


def measure(works: Sequence[Work], rounds: int, seed: int) -> Iterator[dict[str, Cost]]:
    """Yield what each piece of work took, for each round; a first one, which warms up, isn't told.

    Raises WorkFailedError.
    """
    chance = random.Random(seed)
    for number in range(rounds + 1):
        costs = {work.name: run(work) for work in chance.sample(works, len(works))}
        if number:
            yield costs


def run(work: Work) -> Cost:
    """Do it once, in a new folder, with nothing of the user's configuration; raises WorkFailedError."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as said:
        folder = Path(name).resolve() / "work"
        folder.mkdir()
        work.prepare(folder)
        begun = time.perf_counter()
        process = subprocess.Popen(
            work.command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != work.code:
            said.seek(0)
            message = f"{work.name}: code {process.returncode} instead of {work.code}: {said.read().decode()}"
            raise WorkFailedError(message)
        return Cost(clock, usage.ru_utime + usage.ru_stime)


def environment() -> dict[str, str]:
    """Return what a command finds: nobody's git configuration, the usual variables, and those of the network."""
    kept = {name: os.environ[name] for name in (*USUAL, *NETWORK) if name in os.environ}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
