"""Stands round the application and its routes, and notes what becomes of a request that asks to be traced."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncGenerator, Awaitable, Iterable, MutableMapping
from types import AsyncGeneratorType
from typing import Callable, cast

from . import libraries, watching
from .calls import is_in_transaction
from .record import DEPENDENCY, RECORDING, Recording, describe, harmless, unrecorded
from .replacing import replace

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
HEADER = b"x-scaffold-trace"
# What stands behind a request's name in that header if its endpoint is to raise.
RAISES = "raises"
# It tells the scope of the traced request from those of applications that are called meanwhile.
KEY = "scaffold_trace"


def install() -> None:
    """Wrap how routes send."""
    import fastapi.routing
    import starlette.routing

    for route in {starlette.routing.Route, starlette.routing.WebSocketRoute, fastapi.routing.APIRoute}:
        if "handle" in vars(route):
            _watch_answers(route)


def _watch_answers(route: type) -> None:
    """Note when a route decides what to answer: from its first message on a failure can't change it any more."""
    handle = vars(route)["handle"]

    @functools.wraps(handle)
    async def handle_watched(self: object, scope: Scope, receive: Receive, send: Send) -> None:
        recording = RECORDING.get()
        if recording is None:
            await handle(self, scope, receive, send)
            return
        if KEY not in scope:
            # Another application that is called in this one's process: none of its doing is this request's.
            here = RECORDING.set(None)
            try:
                await handle(self, scope, receive, send)
            finally:
                RECORDING.reset(here)
            return
        recording.scope = scope
        recording.add("routed")

        async def send_watched(message: Message) -> None:
            note_decided(recording, message)
            _note_ended(recording, message)
            await send(message)

        await handle(self, scope, receive, send_watched)

    replace(route, "handle", handle_watched)


@harmless
def note_decided(recording: Recording, message: Message) -> None:
    """Note, if a message begins an answer, that it is decided, and which writes no commit has ended yet."""
    if message["type"] == "http.response.start" and not recording.decided:
        recording.decided = True
        note_unfinished(recording, "decided")
        recording.add("decided", status=cast("int", message["status"]))


@harmless
def _note_ended(recording: Recording, message: Message) -> None:
    """Note, if a message ends an answer, which writes no commit has ended yet: a stream goes on after it is decided."""
    if message["type"] == "http.response.body" and not message.get("more_body"):
        note_unfinished(recording, "ended")
        recording.add("ended")


@harmless
def note_raised(recording: Recording) -> None:
    """Note, the first time that something is raised, which writes no commit has ended yet."""
    if not recording.raised:
        recording.raised = True
        note_unfinished(recording, "raised")


@harmless
def note_unfinished(recording: Recording, when: str) -> None:
    """Note the connections and sessions that hold writes now."""
    for identity, connection in recording.unfinished.items():
        with unrecorded():
            open_ = connection if isinstance(connection, bool) else is_in_transaction(connection)
        if open_ is not False:
            recording.add("unfinished", when=when, connection=identity, known=open_ is True)
    libraries.note_unflushed(recording, when)


def traced(application: Application, report: Callable[[Recording], None]) -> Application:
    """Return an application that does the same, and reports what became of each request that asks for it.

    A request may ask for its endpoint to raise, too, when that has done its work.
    """

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        wish = _wish(scope)
        if wish is None:
            await application(scope, receive, send)
            return
        identity, _, raises = wish.partition(";")
        libraries.install()
        scope[KEY] = True
        recording = Recording(identity, raises=raises == RAISES)
        here = RECORDING.set(recording)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=functools.partial(_abandon, hooks.finalizer))
        recording.add("request", kind=cast("str", scope["type"]))
        try:
            with watching.traced():
                await application(scope, receive, Answer(recording, send).send)
        except BaseException as error:
            recording.add("failed", error=describe(error))
            raise
        finally:
            recording.add("done")
            sys.set_asyncgen_hooks(finalizer=hooks.finalizer)
            RECORDING.reset(here)
            await recording.conclude()
            report(recording)

    return run


Generator = AsyncGenerator[object, None]


def _abandon(finalize: Callable[[Generator], None] | None, generator: Generator) -> None:
    """Note a generator that a dependency leaves suspended: its cleanup comes when the loop gets to it, if ever."""
    recording = RECORDING.get()
    left = DEPENDENCY.get()
    if recording is not None and left is not None and left.fails and isinstance(generator, AsyncGeneratorType):
        code = generator.ag_code
        recording.add("abandoned", (code.co_filename, code.co_firstlineno), name=generator.__qualname__)
    if finalize is not None:
        finalize(generator)


def _wish(scope: Scope) -> str | None:
    """Return what a request that asks to be traced calls itself, and more; the application doesn't see that header."""
    headers = cast("Iterable[tuple[bytes, bytes]]", scope.get("headers", ()))
    found = next((value for name, value in headers if name == HEADER), None)
    if found is None:
        return None
    scope["headers"] = [(name, value) for name, value in headers if name != HEADER]
    return found.decode()


class Answer:
    """What was sent of an answer, as the server takes it over."""

    def __init__(self, recording: Recording, send: Send) -> None:
        self._recording = recording
        self._send = send
        self._promised = 0
        self._sent = 0
        self._whole = False

    async def send(self, message: Message) -> None:
        """Hand a message over, and note it."""
        note_decided(self._recording, message)
        if message["type"] == "http.response.start":
            # What middleware does until here can still become another answer.
            note_unfinished(self._recording, "begun")
            self._recording.add("begun", status=cast("int", message["status"]))
            headers = cast("Headers", message.get("headers", []))
            self._promised = next((int(value) for name, value in headers if name.lower() == b"content-length"), 0)
        await self._send(message)
        if message["type"] == "http.response.body":
            self._note_body(message)
        elif cast("str", message["type"]).startswith("websocket."):
            self._recording.add("socket", name=cast("str", message["type"]).partition(".")[2])

    def _note_body(self, message: Message) -> None:
        """Note the end also when as many bytes are out as were promised: middleware ends with an empty message."""
        self._sent += len(cast("bytes", message.get("body", b"")))
        last = not message.get("more_body") or 0 < self._promised <= self._sent
        if last and not self._whole:
            self._whole = True
            self._recording.add("sent")
        elif not last:
            self._recording.add("chunk")
