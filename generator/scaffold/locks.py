"""A folder that one command works in is held: others wait for it, and nobody holds what a killed one has left."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path, *, wait: bool = True) -> Generator[None]:
    """Hold a folder until the block ends; raises BlockingIOError if another command does and `wait` is false."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
