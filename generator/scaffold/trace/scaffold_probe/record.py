"""What is recorded of one request: events, in the order in which they happened."""

from __future__ import annotations

import functools
import gc
import inspect
import time
import weakref
from contextlib import suppress
from contextvars import ContextVar
from types import AsyncGeneratorType, CodeType, FrameType, GeneratorType
from typing import Callable, Optional, Union

Event = dict[str, Union[str, int, bool, None]]
Place = tuple[Optional[str], Optional[int]]

UNKNOWN: Place = (None, None)


class Dependency:
    """One dependency with yield, as one request calls it."""

    def __init__(self, number: int, call: Callable[..., object], generator: object) -> None:
        self.number = number
        self.generator = generator
        self.call = innermost(call)
        self.code = _code_of_generator(generator)
        # What it yielded, while the generator is between its yield and its end.
        self.value: object = self
        self.leaving = False
        # The objects that were made while it was being called, by id: a value that isn't among them is lent to it.
        self.made: set[int] = set()

    @property
    def frame(self) -> FrameType | None:
        """Where its generator stands."""
        if isinstance(self.generator, AsyncGeneratorType):
            return self.generator.ag_frame
        return self.generator.gi_frame if isinstance(self.generator, GeneratorType) else None


class Recording:
    """The events of one request."""

    def __init__(self, identity: str, *, raises: bool) -> None:
        self.identity = identity
        self.raises = raises
        self.events: list[Event] = []
        self.dependencies: list[Dependency] = []
        self.decided = False
        # Who used what: once each is enough.
        self.used: set[tuple[int, int | None]] = set()
        # Connections that hold writes which no commit and no rollback ended, by id.
        self.unfinished: dict[int, object] = {}
        # Sessions of SQLAlchemy's that have begun something, by id, and those of them that have committed.
        self.sessions: dict[int, object] = {}
        self.committed: set[int] = set()
        # What was made anew that is costly to make, with the event that says so.
        self._costly: list[tuple[weakref.ref[object], Event]] = []

    def add(self, what: str, place: Place = UNKNOWN, **details: str | int | bool | None) -> Event:
        """Note that something happens now, and in which dependency."""
        running = DEPENDENCY.get()
        if place == UNKNOWN and running is not None and running.frame is not None:
            # Library code in a task of its own: what waits for it is the dependency's line.
            place = running.frame.f_code.co_filename, running.frame.f_lineno
        event: Event = {"at": time.monotonic_ns(), "what": what, "file": place[0], "line": place[1]}
        event["dependency"] = running.number if running else None
        event["leaving"] = bool(running and running.leaving)
        event.update(details)
        self.events.append(event)
        return event

    def add_costly(self, made: object, event: Event) -> None:
        """Remember something that is costly to make, without keeping it."""
        with suppress(TypeError):
            self._costly.append((weakref.ref(made), event))

    async def conclude(self) -> None:
        """Say of what was made whether it was for this request alone: a cached one is still there when it is over."""
        if not self._costly:
            return
        # AnyIO's threads keep the last thing that they returned.
        import anyio.to_thread

        await anyio.to_thread.run_sync(gc.collect)
        for made, event in self._costly:
            event["known"] = made() is None

    def holder(self, value: object) -> Dependency | None:
        """Return the dependency that has yielded a value and not ended yet."""
        return next((each for each in reversed(self.dependencies) if each.value is value), None)

    def holder_of_session(self, session: object) -> int | None:
        """Return the number of the dependency that yielded a session of SQLAlchemy's, or one over it."""
        for each in reversed(self.dependencies):
            if session in (each.value, getattr(each.value, "sync_session", None)):
                return each.number
        return None


# They follow tasks, AnyIO's threads and SQLAlchemy's greenlets.
RECORDING: ContextVar[Recording | None] = ContextVar("scaffold_recording", default=None)
DEPENDENCY: ContextVar[Dependency | None] = ContextVar("scaffold_dependency", default=None)


def innermost(call: object) -> object:
    """Return what a person wrote: the function under partials and decorators."""
    while isinstance(call, functools.partial):
        call = call.func
    return inspect.unwrap(call) if callable(call) else call


def name_of(call: object) -> str:
    """Return the name of a function, or of the class of a callable object."""
    return str(getattr(call, "__qualname__", type(call).__qualname__)).replace("<locals>.", "")


def place_of(call: object) -> Place:
    """Return where a function, or the `__call__` of an object, is written."""
    function = call if hasattr(call, "__code__") else vars(type(call)).get("__call__")
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else UNKNOWN


def _code_of_generator(generator: object) -> CodeType | None:
    if isinstance(generator, AsyncGeneratorType):
        return generator.ag_code
    return generator.gi_code if isinstance(generator, GeneratorType) else None
