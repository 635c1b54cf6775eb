"""Stands where FastAPI makes a context manager of a dependency with yield, and notes how it is entered and left."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Generator, Hashable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from types import CodeType, FunctionType, TracebackType
from typing import Callable, Generic, TypeVar, cast

from . import requests, watching
from .closing import CLOSE_FOR_GOOD, EXITS, says_it_is_closed
from .frames import raised_at
from .record import DEPENDENCY, RECORDING, UNKNOWN, Dependency, Recording, describe, harmless, name_of, place_of
from .replacing import replace

Manager = TypeVar("Manager")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, dict, list, tuple, set, frozenset)


def install() -> None:
    """Replace the two names that every version of FastAPI looks up when it calls a dependency with yield."""
    from fastapi.dependencies import utils

    for name, wrap, kind in (
        ("asynccontextmanager", AsyncDependency, "async"),
        ("contextmanager", SyncDependency, "sync"),
    ):
        replace(utils, name, _standing_for(getattr(utils, name), wrap, kind))


def _standing_for(
    make_helper: Callable[[Callable[..., object]], Callable[..., Manager]],
    wrap: Callable[[Manager, Recording, Dependency], object],
    kind: str,
) -> Callable[..., Callable[..., object]]:
    @functools.wraps(make_helper)
    def make_watched_helper(call: Callable[..., object]) -> Callable[..., object]:
        helper = make_helper(call)

        @functools.wraps(helper)
        def build(*arguments: object, **values: object) -> object:
            manager = helper(*arguments, **values)
            recording = RECORDING.get()
            if recording is None:
                return manager
            dependency = Dependency(len(recording.dependencies), call, getattr(manager, "gen", None))
            recording.dependencies.append(dependency)
            watching.watch_lines(dependency)
            recording.add(
                "dependency",
                place_of(dependency.call),
                resource=dependency.number,
                name=name_of(dependency.call),
                kind=kind,
            )
            return wrap(manager, recording, dependency)

        return build

    return make_watched_helper


class _Watched(Generic[Manager]):
    """A context manager that FastAPI enters and leaves, with notes."""

    def __init__(self, manager: Manager, recording: Recording, dependency: Dependency) -> None:
        self._manager = manager
        self._recording = recording
        self._dependency = dependency

    @contextmanager
    def _entering(self) -> Generator[None]:
        outer = DEPENDENCY.set(self._dependency)
        try:
            self._recording.add("called", place_of(self._dependency.call))
            yield
        except BaseException as error:
            self._recording.add("refused", raised_at(error), error=describe(error))
            raise
        finally:
            DEPENDENCY.reset(outer)

    @contextmanager
    def _leaving(self, error: BaseException | None) -> Generator[None]:
        outer = DEPENDENCY.set(self._dependency)
        self._dependency.leaving, self._dependency.fails = True, error is not None
        if error is not None:
            requests.note_raised(self._recording)
        self._recording.add("leaving", error=describe(error) if error is not None else None)
        try:
            yield
        except BaseException as raised:
            _note_left(self._recording, self._dependency, error, raised)
            raise
        finally:
            DEPENDENCY.reset(outer)


class AsyncDependency(_Watched["AbstractAsyncContextManager[object]"], AbstractAsyncContextManager[object]):
    """That of an async generator."""

    async def __aenter__(self) -> object:
        """Enter it."""
        with self._entering():
            value = await self._manager.__aenter__()
            _note_entered(self._recording, self._dependency, value)
        return value

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Leave it."""
        with self._leaving(error):
            swallowed = await self._manager.__aexit__(kind, error, trace)
            _note_left(self._recording, self._dependency, error, None if swallowed else error)
        return swallowed


class SyncDependency(_Watched["AbstractContextManager[object]"], AbstractContextManager[object]):
    """That of a generator, which FastAPI runs in a thread."""

    def __enter__(self) -> object:
        """Enter it."""
        with self._entering():
            value = self._manager.__enter__()
            _note_entered(self._recording, self._dependency, value)
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Leave it."""
        with self._leaving(error):
            swallowed = self._manager.__exit__(kind, error, trace)
            _note_left(self._recording, self._dependency, error, None if swallowed else error)
        return swallowed


@harmless
def _note_entered(recording: Recording, dependency: Dependency, value: object) -> None:
    frame = dependency.frame
    place = (frame.f_code.co_filename, frame.f_lineno) if frame else place_of(dependency.call)
    lent = isinstance(type(value).__init__, FunctionType) and id(value) not in dependency.made
    recording.add("yielded", place, name=_variable(dependency, value), type=type(value).__name__, lent=lent)
    dependency.value = value
    if not isinstance(value, _PLAIN):
        watching.watch_methods(methods_of(cast("Hashable", type(value))))


def _variable(dependency: Dependency, value: object) -> str | None:
    """Return the name under which a generator knows what it yielded."""
    known = dependency.frame.f_locals if dependency.frame else {}
    return next((name for name, each in known.items() if each is value), None)


@functools.cache
def methods_of(kind: Hashable) -> dict[CodeType, str]:
    """Return the methods of a class that are written in Python, but for those that only the language and it call."""
    found: dict[CodeType, str] = {}
    for each in reversed(getattr(kind, "__mro__", ())[:-1]):
        for name, member in vars(each).items():
            function = member.fget if isinstance(member, property) else member
            function = inspect.unwrap(function) if callable(function) else function
            if isinstance(function, FunctionType) and (not name.startswith("_") or name in EXITS):
                found[function.__code__] = name if isinstance(member, property) else f"{name}()"
    return found


@harmless
def _note_left(
    recording: Recording,
    dependency: Dependency,
    error: BaseException | None,
    raised: BaseException | None,
) -> None:
    """Note how a dependency ended: well, with an exception it swallowed, or with one that came out of it."""
    how = "well"
    if error is not None and raised is None:
        how = "swallowed"
    elif raised is not None and raised is not error:
        deliberate = error is not None and _is_deliberate(recording, dependency, error, raised)
        how = "translated" if deliberate else "failed"
    words = describe(raised) if raised is not None and how in ("failed", "translated") else None
    place = UNKNOWN if raised is None or words is None else raised_at(raised)
    event = recording.add("left", place, how=how, error=words, when=_state_of(dependency))
    # The traceback of an exception keeps what it went through.
    if event["when"] == "open" and not dependency.fails:
        event["when"] = "ended"
        if id(dependency.value) not in recording.thin:
            recording.add_open(dependency.value, event)
    dependency.value = dependency


def _state_of(dependency: Dependency) -> str:
    """Return what is known of what a dependency yielded, now that it has ended: "closed", "open", or only "ended"."""
    value = dependency.value
    if isinstance(value, _PLAIN):
        return "ended"
    says = says_it_is_closed(value)
    if says is not None:
        return "closed" if says else "open"
    if dependency.handled:
        return "ended"
    # Nobody touched it; what can't be seen is how something written in C is closed.
    is_seen = any(isinstance(getattr(type(value), name, None), FunctionType) for name in CLOSE_FOR_GOOD)
    return "open" if is_seen else "ended"


def _is_deliberate(recording: Recording, dependency: Dependency, error: BaseException, raised: BaseException) -> bool:
    """Return whether a dependency raised an exception for another one, instead of stumbling over it.

    One that the application has an answer for is meant, wherever it was raised.
    """
    if raised.__cause__ is error or isinstance(raised, _answered(recording)):
        return True
    trace = raised.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is dependency.code


def _answered(recording: Recording) -> tuple[type, ...]:
    handlers = getattr(recording.scope.get("app"), "exception_handlers", {})
    return tuple(kind for kind in handlers if isinstance(kind, type) and kind not in (Exception, BaseException))
