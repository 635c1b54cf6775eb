"""Every way in which FastAPI can be told of a dependency with yield."""

import functools
from collections.abc import AsyncIterator, Callable
from typing import Annotated, ParamSpec

from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket

P = ParamSpec("P")


class Tool:
    """What is lent to a request."""

    def __init__(self, name: str) -> None:
        self.name = name

    def work(self) -> str:
        """Be used."""
        return self.name

    async def close(self) -> None:
        """Be closed."""


async def get_tool(name: str = "plain") -> AsyncIterator[Tool]:
    """Create, yield, close."""
    tool = Tool(name)
    try:
        yield tool
    finally:
        await tool.close()


async def get_other() -> AsyncIterator[Tool]:
    """Stand in for another dependency."""
    tool = Tool("other")
    try:
        yield tool
    finally:
        await tool.close()


async def get_overridden() -> AsyncIterator[Tool]:
    """Be stood in for."""
    yield Tool("overridden")


class Maker:
    """An object that can be called."""

    async def __call__(self) -> AsyncIterator[Tool]:
        """Create, yield, close."""
        tool = Tool("callable")
        try:
            yield tool
        finally:
            await tool.close()

    async def make(self) -> AsyncIterator[Tool]:
        """Create, yield, close."""
        tool = Tool("method")
        try:
            yield tool
        finally:
            await tool.close()


def decorated(function: Callable[P, AsyncIterator[Tool]]) -> Callable[P, AsyncIterator[Tool]]:
    """Decorate a generator as one should."""

    @functools.wraps(function)
    async def wrapper(*arguments: P.args, **options: P.kwargs) -> AsyncIterator[Tool]:
        generator = function(*arguments, **options)
        yield await anext(generator)
        async for _ in generator:
            pass

    return wrapper


@decorated
async def get_decorated() -> AsyncIterator[Tool]:
    """Create, yield, close."""
    tool = Tool("decorated")
    try:
        yield tool
    finally:
        await tool.close()


async def get_nested(tool: Annotated[Tool, Depends(get_tool)]) -> AsyncIterator[Tool]:
    """Yield what another dependency yields."""
    tool.work()
    yield tool


async def get_text() -> AsyncIterator[str]:
    """Yield something that can't be closed."""
    yield "text"


async def watch(_tool: Annotated[Tool, Depends(get_tool)]) -> None:
    """Stand before a whole router."""


def create_app() -> FastAPI:
    """Return the application."""
    app = FastAPI()
    router = APIRouter(prefix="/routed", dependencies=[Depends(watch)])
    inner = FastAPI()

    @app.middleware("http")
    async def pass_on(request: Request, call_next: Callable[[Request], object]) -> object:
        return await call_next(request)  # type: ignore[misc]

    @app.get("/plain")
    async def plain(tool: Annotated[Tool, Depends(get_tool)]) -> str:
        return tool.work()

    @app.get("/partial")
    async def partial(tool: Annotated[Tool, Depends(functools.partial(get_tool, name="partial"))]) -> str:
        return tool.work()

    @app.get("/callable")
    async def callable_(tool: Annotated[Tool, Depends(Maker())]) -> str:
        return tool.work()

    @app.get("/method")
    async def method(tool: Annotated[Tool, Depends(Maker().make)]) -> str:
        return tool.work()

    @app.get("/decorated")
    async def decorated(tool: Annotated[Tool, Depends(get_decorated)]) -> str:
        return tool.work()

    @app.get("/overridden")
    async def overridden(tool: Annotated[Tool, Depends(get_overridden)]) -> str:
        return tool.work()

    @app.get("/nested")
    async def nested(tool: Annotated[Tool, Depends(get_nested)]) -> str:
        return tool.work()

    @app.get("/text")
    async def text(text: Annotated[str, Depends(get_text)]) -> str:
        return text

    @app.get("/nothing")
    async def nothing() -> None:
        return None

    @app.websocket("/socket")
    async def socket(socket: WebSocket, tool: Annotated[Tool, Depends(get_tool)]) -> None:
        await socket.accept()
        await socket.send_text(tool.work())
        await socket.close()

    @router.get("/tool")
    async def routed() -> None:
        return None

    @inner.get("/tool")
    async def mounted(tool: Annotated[Tool, Depends(get_tool)]) -> str:
        return tool.work()

    app.dependency_overrides[get_overridden] = get_other
    app.include_router(router)
    app.mount("/inner", inner)
    return app
