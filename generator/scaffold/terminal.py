"""What the command shows while it works: steps on stderr, results on stdout."""

import json
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import TextIO

WIDTH = 79


def wrapped(head: str, text: str) -> list[str]:
    """Return lines of a list of which one entry has this head and this text."""
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


def print_json(document: Mapping[str, object]) -> None:
    """Print what a program reads."""
    print(json.dumps(document))


def interactive() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def make_usable() -> None:
    """Let no command fail over where it reads and writes: a stream that is closed, a letter that has no code there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process
        elif isinstance(stream, TextIOWrapper) and mode == "w":
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """Lend what shows at a terminal that one more of some is done, and which one."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    done = count(1)
    with Console(stderr=True).status(f"0 of {total}") as status:
        yield lambda what: status.update(f"{next(done)} of {total}, the last was {what}")


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
