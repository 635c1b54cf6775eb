"""What the command shows while it works: steps on stderr, results on stdout."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def interactive() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show that a step of a few seconds is under way, and how long it took."""
    begun = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(text):
            yield
    else:
        yield
    print(f"{text}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
