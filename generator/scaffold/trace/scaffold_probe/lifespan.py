"""Stands round an application's lifespan, and notes what it makes and leaves open, and how it ends."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Callable

from . import watching
from .calls import CLOSE_FOR_GOOD, says_it_is_closed
from .frames import raised_at
from .record import RECORDING, Recording, describe, harmless

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
    def _recorded(self) -> Iterator[None]:
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
    router = getattr(application, "router", None)
    begin: Callable[[object], Manager] | None = getattr(router, "lifespan_context", None)
    if router is None or begin is None:
        return

    def begin_watched(served: object) -> Manager:
        recording = Recording("lifespan", raises=False)
        report(recording)
        return Lifespan(begin(served), recording)

    router.lifespan_context = begin_watched


@harmless
def _tell_what_is_open(recording: Recording) -> None:
    """Tell of what was made before the yield whether it is open, closed, or gone."""
    gc.collect()
    there = {id(value): value for value in gc.get_objects() if id(value) in recording.made}
    for identity, event in recording.made.items():
        value = there.get(identity)
        if value is None or type(value).__name__ != event["name"]:
            event["how"] = "gone"
        else:
            event["how"] = "closed" if identity in recording.closed or says_it_is_closed(value) else "open"
            event["known"] = _is_awaited(type(value))


def _is_awaited(kind: type) -> bool:
    """Return whether objects of a class are closed in an event loop, which is over when the process ends."""
    return any(inspect.iscoroutinefunction(getattr(kind, name, None)) for name in CLOSE_FOR_GOOD)
