"""Folders for what is made on the way. What a command that was killed has left the next one removes."""

import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from scaffold.locks import held

PREFIX = ".scaffold-"
# Seconds in which a folder that was just made gets its lock.
NEW = 60
# Seconds in which a program that was begun ends after all.
PATIENCE = 5


@contextmanager
def scratch_folder(beside: Path | None = None) -> Generator[Path]:
    """Lend a folder that goes when the block ends; it lies where temporary files do, or in a folder that is named.

    Raises OSError if none can be made.
    """
    place = beside or Path(tempfile.gettempdir())
    _sweep(place)
    # Named before it is there: an interrupt at any moment finds it.
    folder = place / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        with held(folder):
            yield folder
    finally:
        try:
            _remove(folder)
        except KeyboardInterrupt:
            _remove(folder)
            raise


def _remove(folder: Path) -> None:
    """Remove a folder, in which a git that outlives an interrupt may still write for a moment."""
    end = time.monotonic() + PATIENCE
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_files_in(folder: Path) -> Generator[None]:
    """Let what libraries make on the way lie in a folder too."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _sweep(place: Path) -> None:
    """Remove what nobody works in any more."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else's, in use, or gone meanwhile
            _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if mine and time.time() - found.st_mtime >= NEW:
        with held(folder, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
