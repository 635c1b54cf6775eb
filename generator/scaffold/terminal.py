"""What the command shows while it works: steps on stderr, results on stdout."""

import json
import os
import sys
import textwrap
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import TextIO

_steps_are_shown = True
WIDTH = 79
# A column of text that is narrower can't be read.
NARROWEST = 24


def wrapped(head: str, text: str) -> list[str]:
    """Return lines of a list of which one entry has this head and this text."""
    if len(head) > WIDTH - NARROWEST:
        return [head.rstrip(), *wrapped("    ", text)]
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
def progress(total: int) -> Generator[Callable[[], None]]:
    """Lend what shows at a terminal how many of all are done, in a line that the next one replaces."""
    done = count(1)

    def advance() -> None:
        if sys.stderr.isatty():
            print(f"{next(done)} of {total}".ljust(WIDTH), end="\r", file=sys.stderr, flush=True)

    yield advance
    if sys.stderr.isatty():
        print(" " * WIDTH, end="\r", file=sys.stderr, flush=True)


def show_no_steps() -> None:
    """Let steps be no lines from now on, where there are many of the same."""
    global _steps_are_shown
    _steps_are_shown = False


@contextmanager
def step(text: str) -> Generator[None]:
    """Show that a step of a few seconds is under way, and how long it took."""
    begun = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(text):
            yield
    else:
        yield
    if _steps_are_shown:
        print(f"{text}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
