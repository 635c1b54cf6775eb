"""How calls and lines are seen before Python 3.12: a trace function, set only while a traced request runs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Callable, Optional

from . import calls
from .record import DEPENDENCY, RECORDING, Dependency
from .replacing import replace

Tracer = Callable[[FrameType, str, object], Optional["Tracer"]]

_watched: dict[CodeType, str] = {}
_generators: set[CodeType] = set()


def install() -> None:
    """Follow the request into AnyIO's threads, which have trace functions of their own."""
    import anyio.to_thread

    run_sync: Callable[..., Awaitable[object]] = anyio.to_thread.run_sync

    @functools.wraps(run_sync)
    async def run_traced(function: Callable[..., object], *arguments: object, **options: object) -> object:
        if RECORDING.get() is None:
            return await run_sync(function, *arguments, **options)
        return await run_sync(functools.partial(_run_traced, function), *arguments, **options)

    replace(anyio.to_thread, "run_sync", run_traced)


def _run_traced(function: Callable[..., object], *arguments: object) -> object:
    with traced():
        return function(*arguments)


@contextmanager
def traced() -> Generator[None]:
    """Look at what this thread does until the block ends."""
    before = sys.gettrace()
    sys.settrace(_trace)
    try:
        yield
    finally:
        sys.settrace(before)


def watch_lines(dependency: Dependency) -> None:
    """Look at the lines of a dependency's generator."""
    if dependency.code is not None:
        _generators.add(dependency.code)


def watch_methods(methods: dict[CodeType, str]) -> None:
    """Look at the methods of what a dependency yields."""
    _watched.update(methods)


def _trace(frame: FrameType, event: str, _argument: object) -> Tracer | None:
    code = frame.f_code
    if event != "call":
        return None
    if code in _generators:
        return _trace_lines
    # A coroutine that goes on is a call, too: only its beginning counts.
    if RECORDING.get() is None or frame.f_lineno != code.co_firstlineno:
        return None
    if code in _watched:
        calls.note_method(frame, _watched[code])
    if calls.concerns(code.co_name, code.co_filename):
        calls.note_call(frame)
    return None


def _trace_lines(frame: FrameType, event: str, _argument: object) -> Tracer | None:
    recording, dependency = RECORDING.get(), DEPENDENCY.get()
    if event != "line" or recording is None or dependency is None:
        return _trace_lines
    if dependency.leaving and dependency.code is frame.f_code:
        recording.add("line", (frame.f_code.co_filename, frame.f_lineno))
    return _trace_lines
