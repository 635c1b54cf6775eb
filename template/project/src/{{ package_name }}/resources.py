"""Resources: opened once when the application starts, lent to each request."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import NamedTuple, TypeVar

from fastapi.requests import HTTPConnection
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

T = TypeVar("T")


class StartError(Exception):
    """The application can't start; the message is the one line its operator sees."""


class Resource(NamedTuple):
    """How a resource is opened and asked for an answer, and whether nothing works without it."""

    open: Callable[[], AsyncGenerator[object]]
    check: Callable[[HTTPConnection], Awaitable[None]]
    required: bool


@asynccontextmanager
async def opened(name: str, resource: Resource, close_timeout: float) -> AsyncGenerator[object]:
    """Open a resource; close it in at most `close_timeout` seconds, or TimeoutError is raised.

    Raises StartError, naming resource and setting, if it can't be opened as it is configured.
    """
    async with AsyncExitStack() as stack:
        with start_errors(name):
            thing = await stack.enter_async_context(asynccontextmanager(resource.open)())
        try:
            yield thing
        finally:
            async with asyncio.timeout(close_timeout):
                await stack.aclose()


@contextmanager
def start_errors(name: str) -> Iterator[None]:
    """Raise what is wrong with the settings of `name` as a StartError, without their values."""
    try:
        yield
    except StartError as error:
        message = f"{name}: {error}"
        raise StartError(message) from None
    except UnicodeDecodeError:
        message = f"{name}: .env is not UTF-8 text"
        raise StartError(message) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        setting = "_".join([name, *map(str, first["loc"])]).upper()
        message = f"{name}: {setting}: {first['msg']}"
        raise StartError(message) from None


class RunningRequests:
    """Knows the requests that are being served, so that resources close after the last of them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and count as running meanwhile."""
        running = scope.get("state", {}).get("running", set())
        task = asyncio.current_task()
        running.add(task)
        try:
            await self.app(scope, receive, send)
        finally:
            running.discard(task)


def lent(connection: HTTPConnection, name: str, kind: type[T]) -> T:
    """Return what is open under `name`; raises TypeError if the application has no lifespan."""
    found: object = getattr(connection.state, name, None)
    if not isinstance(found, kind):
        message = f"{name} is not open: the application has to run with its lifespan"
        raise TypeError(message)
    return found


def lent_to_request(connection: HTTPConnection, name: str, kind: type[T]) -> T:
    """Return what is open; raises TypeError in a WebSocket, which would hold it to its end."""
    if connection.scope["type"] == "websocket":
        alias = "".join(part.capitalize() for part in name.split("_"))
        message = f"{connection.url.path}: a WebSocket takes `{alias}`, a transaction per message"
        raise TypeError(message)
    return lent(connection, name, kind)


def endpoint_name(connection: HTTPConnection) -> str:
    """Return who is served: method, path and function."""
    endpoint = connection.scope.get("endpoint")
    function = f"{getattr(endpoint, '__module__', '?')}.{getattr(endpoint, '__qualname__', '?')}"
    return f"{connection.scope.get('method', 'WEBSOCKET')} {connection.url.path} ({function})"
