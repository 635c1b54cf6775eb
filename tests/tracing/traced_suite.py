"""A plugin for pytest: every request that a suite sends to an application is traced by the probe."""

from collections.abc import Awaitable, Callable, MutableMapping

from fastapi import FastAPI
from scaffold_probe import (  # type: ignore[import-not-found]
    dependencies,
    endpoints,
    lifespan,
    requests,
    watching,
)
from scaffold_probe.record import RECORDING, Recording  # type: ignore[import-not-found]

Scope = MutableMapping[str, object]
Serve = Callable[[FastAPI, Scope, object, object], Awaitable[None]]

watching.install()
dependencies.install()
endpoints.install()
requests.install()
traced = 0
lifespans: list[Recording] = []


def report(recording: Recording) -> None:
    """Count what was recorded."""
    global traced
    traced += bool(recording.events)


def watch(serve: Serve) -> Serve:
    """Return an application's own way to answer, traced where it isn't already."""

    async def answer(application: FastAPI, scope: Scope, receive: object, send: object) -> None:
        async def run(scope: Scope, receive: object, send: object) -> None:
            await serve(application, scope, receive, send)

        if scope["type"] == "lifespan":
            lifespan.watch(application, lifespans.append)
        headers = scope.get("headers")
        if RECORDING.get() is None and isinstance(headers, list):
            scope["headers"] = [*headers, (requests.HEADER, b"suite")]
            await requests.traced(run, report)(scope, receive, send)
        else:
            await run(scope, receive, send)

    return answer


FastAPI.__call__ = watch(FastAPI.__call__)  # type: ignore[assignment, arg-type]


def pytest_terminal_summary(terminalreporter: object) -> None:
    """Say how many requests and lifespans were traced."""
    print(f"\ntraced: {traced}")
    print(f"lifespans: {len(lifespans)}")
