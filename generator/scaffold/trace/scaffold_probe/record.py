"""What is recorded of one request: events, in the order in which they happened."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import threading
import time
import weakref
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import AsyncGeneratorType, CodeType, FrameType, GeneratorType
from typing import Callable, Optional, TypeVar, Union, cast

Event = dict[str, Union[str, int, bool, None]]
Place = tuple[Optional[str], Optional[int]]

UNKNOWN: Place = (None, None)
# How long a task may go on after its request until its connection counts as kept (seconds).
GRACE = 1.0
# What an exception may say (characters).
LONGEST = 200

Note = TypeVar("Note", bound=Callable[..., object])


def harmless(note: Note) -> Note:
    """Let a note that can't be taken be missing: what goes wrong in the probe is none of the application's business."""

    @functools.wraps(note)
    def take(*arguments: object, **options: object) -> object:
        try:
            return note(*arguments, **options)
        except Exception as error:  # noqa: BLE001 - objects of the application's may do anything when they are looked at
            recording = RECORDING.get()
            if recording is not None:
                recording.add("blind", error=describe(error))
            return None

    return cast("Note", take)


def describe(error: BaseException) -> str:
    """Return an exception as a person reads it, in a line; its own words may fail."""
    try:
        words = " ".join(repr(error).split())
    except Exception:  # noqa: BLE001
        return f"{type(error).__name__}(…)"
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


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
        # Whether the code after its yield does something with what it yielded.
        self.handled = False
        # Whether it is left because of an exception.
        self.fails = False
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
        # What FastAPI knows of the request, once it has it.
        self.scope: MutableMapping[str, object] = {}
        self.decided = False
        self.raised = False
        self._thread = threading.get_ident()
        # Who used what, and whether in the event loop: once each is enough.
        self.used: set[tuple[int, int | None, bool]] = set()
        # Connections that hold writes which no commit and no rollback ended, by id.
        self.unfinished: dict[int, object] = {}
        # Whether there were such writes when a savepoint was set, by connection and name.
        self.savepoints: dict[tuple[int, str], bool] = {}
        # Sessions of SQLAlchemy's that have begun something, by id, and those of them that have committed.
        self.sessions: weakref.WeakValueDictionary[int, object] = weakref.WeakValueDictionary()
        self.committed: set[int] = set()
        # What was made anew that is costly to make, with the event that says so; by id and by what doesn't keep it.
        self.made: dict[int, Event] = {}
        self._costly: list[tuple[weakref.ref[object], Event]] = []
        # What is left open by its dependency, with the event that says so.
        self._open: list[tuple[weakref.ref[object], Event]] = []
        # What is only a thin one over connections that another has, by id.
        self.thin: set[int] = set()
        # What was closed, by id.
        self.closed: set[int] = set()
        # Whether what happens now is none of its business.
        self.pauses = False

    @property
    def in_loop(self) -> bool:
        """Whether what runs now holds up the event loop."""
        return threading.get_ident() == self._thread

    def add(self, what: str, place: Place = UNKNOWN, **details: str | int | bool | None) -> Event:
        """Note that something happens now, and in which dependency."""
        running = DEPENDENCY.get()
        if place == UNKNOWN and running is not None and running.frame is not None:
            # Library code in a task of its own: what waits for it is the dependency's line.
            place = running.frame.f_code.co_filename, running.frame.f_lineno
        event: Event = {"at": time.monotonic_ns(), "what": what, "file": place[0], "line": place[1]}
        event["dependency"] = running.number if running else None
        event["leaving"] = bool(running and running.leaving)
        event["in_loop"] = self.in_loop
        event.update(details)
        if not self.pauses:
            self.events.append(event)
        return event

    def add_costly(self, made: object, event: Event) -> None:
        """Remember something that is costly to make, without keeping it."""
        self.made[id(made)] = event
        # Another object that stood there may have been closed.
        self.closed.discard(id(made))
        with suppress(TypeError):
            self._costly.append((weakref.ref(made), event))

    def add_open(self, value: object, event: Event) -> None:
        """Remember what its dependency left open: somebody else may have it."""
        with suppress(TypeError):
            self._open.append((weakref.ref(value), event))

    def has_made(self, value: object) -> bool:
        """Return whether something is costly to make, and was made in this request."""
        return value is not None and any(made() is value for made, _ in self._costly)

    async def conclude(self) -> None:
        """Wait a moment for connections that a task still has, and tell what was made for this request alone."""
        end = time.monotonic() + GRACE
        while self._holds_connections() and time.monotonic() < end:
            await asyncio.sleep(0.01)
        if self._costly or self._open:
            await self._tell_what_is_cached()

    def _holds_connections(self) -> bool:
        change = {"checkout": 1, "acquire": 1, "checkin": -1, "collected": -1, "give back": -1}
        return sum(change.get(str(event["what"]), 0) for event in self.events) > 0

    async def _tell_what_is_cached(self) -> None:
        """Tell a cached object by its being there when the request is over."""
        # AnyIO's threads keep the last thing that they returned.
        import anyio.to_thread

        await anyio.to_thread.run_sync(gc.collect)
        for made, event in self._costly:
            event["known"] = made() is None
        for left, event in self._open:
            event["when"] = "open" if left() is None else "ended"

    def holder(self, value: object) -> Dependency | None:
        """Return the dependency that has yielded a value and not ended yet."""
        return next((each for each in reversed(self.dependencies) if each.value is value), None)

    def holder_of_session(self, session: object) -> int | None:
        """Return the number of the dependency that yielded a session of SQLAlchemy's, or one over it."""
        for each in reversed(self.dependencies):
            over = vars(each.value).get("sync_session") if type(each.value).__name__.endswith("AsyncSession") else None
            if each.value is session or over is session:
                return each.number
        return None


# They follow tasks, AnyIO's threads and SQLAlchemy's greenlets.
RECORDING: ContextVar[Recording | None] = ContextVar("scaffold_recording", default=None)
DEPENDENCY: ContextVar[Dependency | None] = ContextVar("scaffold_dependency", default=None)


@contextmanager
def unrecorded() -> Generator[None]:
    """Look at what belongs to the application: that is no use of it."""
    here = RECORDING.set(None)
    try:
        yield
    finally:
        RECORDING.reset(here)


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
