"""Where a page is written to: what somebody wrote is never overwritten by one."""

import os
from contextlib import suppress
from pathlib import Path

from scaffold.errors import Refusal
from scaffold.paths import is_folder, with_home

# What tells a page of ours from a file that somebody wrote.
MARK = '<meta name="generator" content="scaffold trace">'
# The mark stands near the begin of a page (bytes).
HEAD = 1000


def check_place(file: Path) -> Path:
    """Return where a page is to be written; raises Refusal if it can't be, or something else is there."""
    place = with_home(file).absolute()
    if is_folder(place):
        message = f"--html {file} is a folder: name the file, as in {file / 'trace.html'}"
        raise Refusal(message)
    if not is_folder(place.parent):
        message = f"--html {file}: there is no folder {place.parent}: make it, or name another file"
        raise Refusal(message)
    try:
        if place.exists() and not _is_page(place):
            message = f"--html {file} is there and no page of this command's: name another file"
            raise Refusal(message)
        if not os.access(place if place.exists() else place.parent, os.W_OK):
            message = f"--html {file} can't be written: name another file"
            raise Refusal(message)
    except OSError as error:
        message = f"--html {file} can't be used: {error.strerror}: name another file"
        raise Refusal(message) from None
    return place


def _is_page(place: Path) -> bool:
    if not place.is_file():
        return False
    with place.open("rb") as written:
        head = written.read(HEAD)
    return not head or MARK.encode() in head


def save(page: str, place: Path) -> None:
    """Write a page, whole or not at all; raises Refusal if that fails."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_text(page, encoding="utf-8", errors="backslashreplace")
        beside.replace(place.resolve())
    except OSError as error:
        message = f"the page can't be written to {place}: {error.strerror}"
        raise Refusal(message) from None
    finally:
        with suppress(OSError):
            beside.unlink()
