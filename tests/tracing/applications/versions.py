"""What old and new versions of FastAPI do in different ways; it runs on all of them, and on Python 3.9 and newer."""

import functools
import inspect
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Callable

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tracing.applications.notes import Note, Session, count, create_tables


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table, with a row to read."""
    await create_tables()
    async with Session.begin() as session:
        session.add(a_note())
    yield


app = FastAPI(lifespan=lifespan)
# What background tasks found.
told: list[str] = []


class Tool:
    """What is lent to a request, and knows whether it is closed."""

    def __init__(self) -> None:
        self.state = "open"

    def work(self) -> str:
        """Be used."""
        return self.state

    async def aclose(self) -> None:
        """Be closed."""
        self.state = "closed"

    def close(self) -> None:
        """Be closed, where nothing can be awaited."""
        self.state = "closed"


def a_note() -> Note:
    """Return a note that there isn't yet."""
    return Note(title=uuid.uuid4().hex)


async def get_session() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    session = Session()
    try:
        yield session
    finally:
        await session.close()


async def get_late() -> AsyncIterator[AsyncSession]:
    """Commit after the yield."""
    async with Session() as session:
        yield session
        await session.commit()


async def get_tool() -> AsyncIterator[Tool]:
    """Create, yield, close."""
    tool = Tool()
    try:
        yield tool
    finally:
        await tool.aclose()


def get_sync() -> Iterator[Tool]:
    """Create, yield, close, in a thread."""
    tool = Tool()
    try:
        yield tool
    finally:
        tool.close()


def hidden(function: Callable[[], AsyncIterator[Tool]]) -> Callable[[], AsyncIterator[Tool]]:
    """Decorate a generator by what is none."""

    @functools.wraps(function)
    def wrapper() -> AsyncIterator[Tool]:
        return function()

    return wrapper


@hidden
async def get_hidden() -> AsyncIterator[Tool]:
    """Create, yield, close."""
    tool = Tool()
    try:
        yield tool
    finally:
        await tool.aclose()


@app.get("/plain")
async def plain(session: Annotated[AsyncSession, Depends(get_session)]) -> int:
    """Read."""
    return await count(session)


@app.post("/late")
async def late(session: Annotated[AsyncSession, Depends(get_late)]) -> None:
    """Leave a written row to a late commit."""
    session.add(a_note())
    await session.flush()


@app.post("/in-endpoint")
async def in_endpoint(session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    """Commit in the endpoint."""
    session.add(a_note())
    await session.commit()


@app.post("/background")
async def background(tool: Annotated[Tool, Depends(get_tool)], tasks: BackgroundTasks) -> None:
    """Leave the rest to a task."""
    tasks.add_task(tell, tool)


async def tell(tool: Tool) -> None:
    """Note in what state a task finds what its request was lent."""
    told.append(tool.state)


def streaming(function: Callable[[], AsyncIterator[str]]) -> Callable[[], object]:
    """Let an endpoint that yields be a response, as one did before FastAPI iterated over such."""

    @functools.wraps(function)
    async def respond() -> StreamingResponse:
        return StreamingResponse(function())

    return respond


@app.get("/decorated", response_model=None)
@streaming
async def decorated() -> AsyncIterator[str]:
    """Be decorated."""
    yield "a"
    yield "b"


@app.get("/told")
async def tell_what_was_told() -> list[str]:
    """Return what tasks found, once."""
    found = told.copy()
    told.clear()
    return found


@app.get("/stream")
async def stream(session: Annotated[AsyncSession, Depends(get_session)]) -> StreamingResponse:
    """Read while the answer is sent."""

    async def lines() -> AsyncIterator[str]:
        yield "titles\n"
        for title in await session.scalars(select(Note.title).limit(1)):
            yield f"{title}\n"

    return StreamingResponse(lines())


@app.get("/refuses")
async def refuses(session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    """Refuse what is asked."""
    await count(session)
    raise HTTPException(409, "taken")


@app.get("/fails")
async def fails(session: Annotated[AsyncSession, Depends(get_session)]) -> None:
    """Fail."""
    await count(session)
    message = "failed"
    raise ValueError(message)


@app.get("/hidden")
async def use_hidden(tool: Annotated[object, Depends(get_hidden)]) -> str:
    """Use what is yielded, if that is what comes."""
    return tool.work() if isinstance(tool, Tool) else "nothing"


@app.get("/sync")
def use_sync(tool: Annotated[Tool, Depends(get_sync)]) -> str:
    """Use it in a thread, too."""
    return tool.work()


if "scope" in inspect.signature(Depends).parameters:

    @app.post("/in-time")
    async def in_time(session: Annotated[AsyncSession, Depends(get_late, scope="function")]) -> None:
        """Leave a written row to a commit that the answer waits for."""
        session.add(a_note())
        await session.flush()

    @app.post("/background-in-time")
    async def background_in_time(
        tool: Annotated[Tool, Depends(get_tool, scope="function")], tasks: BackgroundTasks
    ) -> None:
        """Leave the rest to a task that comes when the dependency has ended."""
        tasks.add_task(tell, tool)
