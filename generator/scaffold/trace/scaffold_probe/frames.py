"""Whose code is running: the application's, a library's, the standard library's, or the probe's own."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections.abc import Iterator
from types import FrameType

from .record import UNKNOWN, Place

HERE = os.path.dirname(os.path.abspath(__file__))
STANDARD = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")})


@functools.cache
def is_library(file: str) -> bool:
    """Return whether a file was installed."""
    return ("site-packages" in file or "dist-packages" in file) and not file.startswith(HERE)


@functools.cache
def is_standard(file: str) -> bool:
    """Return whether a file is the standard library's, the probe's, or none at all."""
    if file.startswith(HERE):
        # The canary plays the application.
        return os.path.basename(file) != "canary.py"
    return file.startswith("<") or (file.startswith(STANDARD) and not is_library(file))


@functools.cache
def is_sqlalchemy(file: str) -> bool:
    """Return whether a file is SQLAlchemy's, whose own events tell more than its functions."""
    return is_library(file) and f"{os.sep}sqlalchemy{os.sep}" in file


def callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that called it, also beyond the greenlet in which SQLAlchemy runs a driver."""
    yield from _stack(frame)
    greenlets = sys.modules.get("greenlet")
    parent = greenlets.getcurrent().parent if greenlets else None
    if parent is not None and parent.gr_frame is not None:
        yield from _stack(parent.gr_frame)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def users_place(frame: FrameType | None) -> Place:
    """Return the innermost line of the application's own code, from a frame outwards."""
    for each in callers(frame):
        file = each.f_code.co_filename
        if not is_standard(file) and not is_library(file):
            return file, each.f_lineno
    return UNKNOWN


def raised_at(error: BaseException) -> Place:
    """Return the last line of the application's own code that an exception came through."""
    place = UNKNOWN
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not is_library(file) and not is_standard(file):
            place = file, trace.tb_lineno
        trace = trace.tb_next
    return place


def first_argument(frame: FrameType, index: int = 0) -> object:
    """Return an argument of the function that a frame has just begun to run."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[index]) if code.co_argcount > index else None
