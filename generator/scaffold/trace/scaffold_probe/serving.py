"""From the settings to an application that is served: each step either succeeds or is told in one sentence."""

from __future__ import annotations

import asyncio
import importlib.metadata
import platform
import socket
import sys
import traceback
from contextlib import suppress
from typing import Callable, NoReturn, TypedDict, TypeVar, cast

from . import application, canary, dependencies, endpoints, libraries, lifespan, requests, watching
from .control import Control
from .record import Recording

T = TypeVar("T")


class Settings(TypedDict):
    """What the command says: the way to it, and what to serve."""

    port: int
    token: str
    module: str
    name: str
    path: list[str]
    # Whether routes are listed.
    all: bool


def run(settings: Settings) -> None:
    """Serve the application that the settings name until the command says that it is enough."""
    control = Control(settings["port"], settings["token"])
    _step(control, "import", _install)
    unseen = _step(control, "import", canary.missing)
    if unseen:
        _fail(control, "canary", ", ".join(unseen))
    served = _step(control, "import", lambda: application.load(settings["module"], settings["name"]))
    libraries.install()
    found: list[dict[str, str | bool]] = []
    if settings["all"]:
        found = _step(control, "routes", lambda: application.routes(cast("application.Routed", served)))
    control.say({"said": "loaded", "versions": _versions(), "routes": found})

    def report(recording: Recording) -> None:
        control.say({"said": "recorded", "identity": recording.identity, "events": recording.events})

    lifespans: list[Recording] = []
    lifespan.watch(served, lifespans.append)
    failures: list[str] = []
    watched = requests.traced(_noting_failures(served, failures), report)
    with suppress(SystemExit):  # uvicorn's, where the lifespan fails
        asyncio.run(_serve(watched, control))
    if failures:
        _fail(control, "lifespan", _sentence(failures[0]), failures[0])
    told = [event for each in lifespans for event in each.events if event["what"] in lifespan.TOLD]
    control.say({"said": "ended", "events": told})


def _install() -> None:
    import fastapi  # noqa: F401 - the name that is missing is FastAPI's

    watching.install()
    dependencies.install()
    endpoints.install()
    requests.install()


def _step(control: Control, name: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except BaseException as error:  # noqa: BLE001 - whatever the application does wrong
        known = isinstance(error, application.NoApplicationError)
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        _fail(control, "application" if known else name, reason, None if known else traceback.format_exc())


def _fail(control: Control, step: str, reason: str, trace: str | None = None) -> NoReturn:
    control.say({"said": "failed", "step": step, "reason": reason, "trace": trace})
    sys.exit(1)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in ("fastapi", "starlette", "sqlalchemy", "uvicorn"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _sentence(trace: str) -> str:
    """Return what an exception says, from a traceback as text: it begins behind the last indented line."""
    lines = trace.splitlines()
    last = max((number for number, line in enumerate(lines) if line.startswith("  ")), default=-1)
    return (lines[last + 1 :] or lines)[0]


def _noting_failures(served: requests.Application, failures: list[str]) -> requests.Application:
    """Return an application that does the same; why its lifespan failed is added to a list."""

    async def run_noted(scope: requests.Scope, receive: requests.Receive, send: requests.Send) -> None:
        async def send_noted(message: requests.Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failures.append(str(message.get("message", "")).strip() or "it doesn't say why")
            await send(message)

        await served(scope, receive, send_noted if scope["type"] == "lifespan" else send)

    return run_noted


async def _serve(served: requests.Application, control: Control) -> None:
    try:
        import uvicorn
    except ImportError:
        _fail(control, "server", "uvicorn isn't installed there")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(served, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        control.wait_for_the_end(lambda: setattr(server, "should_exit", True))
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        if server.started:
            control.say({"said": "listening", "port": bound.getsockname()[1]})
        await serving
