"""What is costly to make: engines, pools and clients, which a lifespan makes once, and no request."""

from __future__ import annotations

import re
import sys
from types import FrameType

from .frames import callers, first_argument, is_library, users_place
from .record import DEPENDENCY, Recording

MADE = "__init__"
# What something is given whose connections belong to another.
_LENT = ("connection_pool", "transport", "connector", "client", "http_client")
# Types of SQLAlchemy's are engines, too, by their name.
_HEAVY = re.compile(r"(?:(?<!Type)Engine|Pool|Client)$|^ClientSession$")


def note_made(recording: Recording, frame: FrameType) -> None:
    """Note that something costly is made for one request; objects made while a dependency is called are its own."""
    made = first_argument(frame)
    running = DEPENDENCY.get()
    if running is not None and not running.leaving:
        running.made.add(id(made))
    if not _is_costly(frame, made) or _is_within_its_own(frame, made):
        return
    if _shares_its_pool(frame):
        recording.thin.add(id(made))
        return
    if _is_part(recording, frame):
        return
    event = recording.add("made", users_place(frame), name=type(made).__name__)
    recording.add_costly(made, event)


def _is_costly(frame: FrameType, made: object) -> bool:
    """Return whether a library makes an object of a class that is costly to make.

    What a class inherits, and does not make, costs nothing.
    """
    if not is_library(frame.f_code.co_filename):
        return False
    for each in type(made).__mro__:
        source = getattr(sys.modules.get(each.__module__), "__file__", None) or ""
        if _HEAVY.search(each.__name__) and is_library(source):
            return True
        if getattr(vars(each).get(MADE), "__code__", None) is frame.f_code:
            return False
    return False


def _is_within_its_own(frame: FrameType, made: object) -> bool:
    """Return whether a class only calls what it inherits."""
    outer = frame.f_back
    if outer is None or outer.f_code.co_name != MADE or first_argument(outer) is not made:
        return False
    return _is_costly(outer, made)


def _is_part(recording: Recording, frame: FrameType) -> bool:
    """Return whether it is made by what was made for this request itself: a client makes its pool when it needs one."""
    for outer in callers(frame.f_back):
        # Looked at, a frame keeps what it knows then: those beyond the application's code, of threads, outlive this.
        if not is_library(outer.f_code.co_filename):
            return False
        if recording.has_made(first_argument(outer)):
            return True
    return False


def _shares_its_pool(frame: FrameType) -> bool:
    """Return whether it is only a thin one over connections that another has (redis-py, httpx, aiohttp, pymongo)."""
    return any(frame.f_locals.get(name) is not None for name in _LENT)
