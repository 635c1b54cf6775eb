"""A project is made beside its destination and moved there when it is whole."""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from scaffold.errors import Refusal
from scaffold.locks import held
from scaffold.scratch import scratch_folder


def check_destination(destination: Path) -> None:
    """Raise Refusal unless a project can be made here: nothing is there, or an empty folder."""
    try:
        _check_destination(destination)
    except OSError as error:
        message = f"{destination} can't be made ({error.strerror}): name another folder"
        raise Refusal(message) from None


def _check_destination(destination: Path) -> None:
    if destination.is_dir():
        if any(destination.iterdir()):
            message = f"{destination} is not empty: name a folder that is empty or isn't there yet"
            raise Refusal(message)
        if not os.access(destination, os.W_OK | os.X_OK):
            message = f"{destination} can't be written to: name another folder"
            raise Refusal(message)
    elif destination.exists() or destination.is_symlink():
        message = f"{destination} is a file: name a folder that is empty or isn't there yet"
        raise Refusal(message)
    elif unusable := [parent for parent in destination.parents if parent.is_symlink() and not parent.exists()]:
        message = f"{unusable[0]} is a link to nowhere: {destination} can't be made in it"
        raise Refusal(message)
    elif not existing_ancestor(destination).is_dir():
        message = f"{existing_ancestor(destination)} is no folder: {destination} can't be made in it"
        raise Refusal(message)


def existing_ancestor(path: Path) -> Path:
    """Return the nearest folder above a path that is there."""
    return next(parent for parent in path.parents if parent.exists())


@contextmanager
def staged(destination: Path) -> Generator[Path]:
    """Yield a folder of the destination's name to make a project in; move it when the block ends.

    Whatever ends the block early, Ctrl-C and SIGTERM included, leaves nothing behind. Raises
    Refusal if nothing may be written there.
    """
    beside = existing_ancestor(destination)
    with terminated_as_interrupted(), ExitStack() as stack:
        try:
            workshop = stack.enter_context(scratch_folder(beside))
        except OSError as error:
            message = f"{beside} can't be written to ({error.strerror}): name another folder"
            raise Refusal(message) from None
        project = workshop / destination.name
        yield project
        _move(project, destination)


def _move(project: Path, destination: Path) -> None:
    if not destination.exists():
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            project.rename(destination)
        except OSError:
            check_destination(destination)  # another command may have been faster
            raise
        return
    # An empty folder that is there stays the same folder: somebody may stand in it.
    with held(destination):
        check_destination(destination)
        _fill(project, destination)


def _fill(project: Path, destination: Path) -> None:
    moved: list[Path] = []
    try:
        for entry in project.iterdir():
            moved.append(entry.rename(destination / entry.name))
    except BaseException:
        for entry in moved:
            entry.rename(project / entry.name)
        raise


@contextmanager
def terminated_as_interrupted() -> Generator[None]:
    """Clean up after SIGTERM, and when the terminal is closed, as after Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # What was started with nohup ignores its terminal, and goes on ignoring it.
    heeded = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
