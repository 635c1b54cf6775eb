"""From nothing to a green suite: a project made, installed and tested, with empty caches and with full ones."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.command import SCAFFOLD, nothing
from benchmarks.comparison import Comparison
from benchmarks.rounds import Work

COMMANDS = f'"{SCAFFOLD}" new p --defaults && cd p && .venv/bin/pytest -q'


@contextmanager
def comparisons() -> Generator[list[Comparison]]:
    """Yield what is compared; needs a package index within reach."""
    with TemporaryDirectory() as name:
        full = Path(name).resolve() / "full"
        yield [
            Comparison(
                Work("from nothing to a green suite, caches full", caching(str(full)), nothing),
                Work("caches empty", caching("$PWD/empty"), nothing),
            )
        ]


def caching(folder: str) -> list[str]:
    """Return the commands, with a folder where pip and uv keep what they get."""
    keep = f'export PIP_CACHE_DIR="{folder}" UV_CACHE_DIR="{folder}"'
    tools = f'export PATH="{Path(sys.executable).parent}:$PATH"'
    return ["sh", "-c", f"{keep} && {tools} && {COMMANDS}"]
