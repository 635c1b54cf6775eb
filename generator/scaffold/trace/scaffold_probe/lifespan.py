"""Stands round an application's lifespan, and notes what it makes and leaves open, and how it ends."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Generator, Hashable
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Callable, cast

from . import watching
from .closing import CLOSE_FOR_GOOD, can_be_closed, says_it_is_closed
from .dependencies import methods_of
from .frames import raised_at
from .record import RECORDING, Recording, describe, harmless

# What is told of a lifespan; it may do much else.
TOLD = ("made", "failed", "blind")
Manager = AbstractAsyncContextManager[object]


class Lifespan(Manager):
    """One run of it."""

    def __init__(self, manager: Manager, recording: Recording) -> None:
        self._manager = manager
        self._recording = recording

    async def __aenter__(self) -> object:
        """Start."""
        with self._recorded():
            return await self._manager.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """End, and tell what was left open."""
        made = dict(self._recording.made)
        _watch_exits(self._recording)
        with self._recorded():
            try:
                return await self._manager.__aexit__(kind, error, trace)
            except BaseException as raised:
                self._recording.add("failed", raised_at(raised), error=describe(raised))
                raise
            finally:
                self._recording.made = made
                _tell_what_is_open(self._recording)

    @contextmanager
    def _recorded(self) -> Generator[None]:
        """Record what it does itself; tasks that it starts go on while requests are answered."""
        here = RECORDING.set(self._recording)
        self._recording.pauses = False
        try:
            with watching.traced():
                yield
        finally:
            self._recording.pauses = True
            RECORDING.reset(here)


def watch(application: object, report: Callable[[Recording], None]) -> None:
    """Let an application's lifespan be run with notes, if it is known to have one; each recording is reported."""
    # Middleware may stand round it.
    while not hasattr(application, "router") and hasattr(application, "app"):
        application = application.app
    router = getattr(application, "router", None)
    begin: Callable[[object], Manager] | None = getattr(router, "lifespan_context", None)
    if router is None or begin is None:
        return

    def begin_watched(served: object) -> Manager:
        recording = Recording("lifespan", raises=False)
        report(recording)
        return Lifespan(begin(served), recording)

    router.lifespan_context = begin_watched


def _there(recording: Recording) -> dict[int, object]:
    """Return what was made and still is, by id: most of it is found only by looking at everything there is."""
    found = {id(value): value for value in gc.get_objects() if id(value) in recording.made}
    return {number: value for number, value in found.items() if type(value).__name__ == recording.made[number]["name"]}


@harmless
def _watch_exits(recording: Recording) -> None:
    """Look at the end of blocks that have what was made: not all of it is closed by a method that is called close."""
    for value in _there(recording).values():
        watching.watch_methods(methods_of(cast("Hashable", type(value))))


@harmless
def _tell_what_is_open(recording: Recording) -> None:
    """Tell of what was made before the yield whether it is open, closed, or gone."""
    gc.collect()
    there = _there(recording)
    for identity, event in recording.made.items():
        value = there.get(identity)
        if value is None:
            event["how"] = "gone"
        elif identity in recording.closed or says_it_is_closed(value) or _has_nothing_to_close(value):
            event["how"] = "closed"
        else:
            event["how"] = "open"
            event["known"] = _is_awaited(type(value))


def _has_nothing_to_close(value: object) -> bool:
    """Return whether something keeps no connections, or has no way to close them."""
    return type(getattr(value, "pool", None)).__name__ == "NullPool" or not can_be_closed(type(value))


def _is_awaited(kind: type) -> bool:
    """Return whether objects of a class are closed in an event loop, which is over when the process ends."""
    return any(inspect.iscoroutinefunction(getattr(kind, name, None)) for name in CLOSE_FOR_GOOD)
