"""How calls and lines are seen from Python 3.12 on: sys.monitoring, which costs nothing where nothing is looked for."""

from __future__ import annotations

import sys
from types import CodeType, FrameType

from . import calls
from .record import DEPENDENCY, RECORDING, Dependency

assert sys.version_info >= (3, 12)

CALLS, USES = 4, 3


def install() -> None:
    """Begin to look."""
    monitoring = sys.monitoring
    events = monitoring.events
    for tool, name in ((CALLS, "scaffold trace: calls"), (USES, "scaffold trace: uses")):
        monitoring.use_tool_id(tool, name)
    monitoring.register_callback(CALLS, events.PY_START, _call)
    monitoring.register_callback(CALLS, events.LINE, _line)
    # A tool of its own: a call that DISABLE took from the first is still seen by it.
    monitoring.register_callback(USES, events.PY_START, _use)
    monitoring.set_events(CALLS, events.PY_START)


_watched: dict[CodeType, str] = {}


def watch_lines(dependency: Dependency) -> None:
    """Look at the lines of a dependency's generator."""
    if dependency.code is not None:
        sys.monitoring.set_local_events(CALLS, dependency.code, sys.monitoring.events.LINE)


def watch_methods(methods: dict[CodeType, str]) -> None:
    """Look at the methods of what a dependency yields."""
    for code, name in methods.items():
        if code not in _watched:
            _watched[code] = name
            sys.monitoring.set_local_events(USES, code, sys.monitoring.events.PY_START)


def _frame_of(code: CodeType) -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame


def _call(code: CodeType, _offset: int) -> object:
    if not calls.concerns(code.co_name, code.co_filename):
        return sys.monitoring.DISABLE
    if RECORDING.get() is not None and (frame := _frame_of(code)) is not None:
        calls.note_call(frame)
    return None


def _line(code: CodeType, line: int) -> object:
    recording, dependency = RECORDING.get(), DEPENDENCY.get()
    if recording is not None and dependency is not None and dependency.leaving and dependency.code is code:
        recording.add("line", (code.co_filename, line))
    return None


def _use(code: CodeType, _offset: int) -> object:
    if RECORDING.get() is not None and (frame := _frame_of(code)) is not None:
        calls.note_method(frame, _watched[code])
    return None
