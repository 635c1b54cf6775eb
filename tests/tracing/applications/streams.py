"""Endpoints that answer in pieces: generators that FastAPI iterates over, events, and streams of one's own."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Self

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import select
from tracing.applications.cleanup import Tool, get_broken, get_sync, get_tool
from tracing.applications.notes import Note, Session, create_tables
from tracing.applications.transactions import Finally, Late, Plain, a_note


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table, and a few rows."""
    await create_tables()
    async with Session.begin() as session:
        session.add_all([a_note() for _ in range(4)])
    yield


app = FastAPI(lifespan=lifespan)


class Exporter:
    """An endpoint that is an object."""

    async def __call__(self, session: Plain) -> AsyncIterator[int]:
        """Read row by row."""
        async for note in await session.stream_scalars(select(Note)):
            yield note.id


app.get("/object")(Exporter())


@app.get("/rows")
async def rows(session: Plain) -> AsyncIterator[int]:
    """Read row by row."""
    async for note in await session.stream_scalars(select(Note).limit(4)):
        yield note.id


@app.get("/held")
async def held(session: Plain) -> AsyncIterator[int]:
    """Read everything first, and keep the connection."""
    found = (await session.scalars(select(Note))).all()
    for note in found:
        yield note.id


@app.post("/late")
async def late(session: Late) -> AsyncIterator[int]:
    """Leave what a stream writes to a late commit."""
    for number in range(2):
        session.add(a_note())
        await session.flush()
        yield number


@app.post("/committed")
async def committed(session: Plain) -> AsyncIterator[int]:
    """Commit each, and then say so."""
    for number in range(2):
        session.add(a_note())
        await session.commit()
        yield number


@app.post("/forgotten")
async def forgotten(session: Plain) -> AsyncIterator[int]:
    """Forget the commit."""
    for number in range(2):
        session.add(a_note())
        await session.flush()
        yield number


@app.get("/events", response_class=EventSourceResponse)
async def events(tool: Annotated[Tool, Depends(get_tool)]) -> AsyncIterator[ServerSentEvent]:
    """Send events."""
    for number in range(3):
        yield ServerSentEvent(data=tool.work(), id=str(number))


@app.post("/late-events", response_class=EventSourceResponse)
async def late_events(session: Late) -> AsyncIterator[int]:
    """Leave what is written between events to a late commit."""
    for number in range(3):
        session.add(a_note())
        await session.flush()
        yield number


@app.get("/raises")
async def raises(tool: Annotated[Tool, Depends(get_tool)]) -> AsyncIterator[str]:
    """Fail in the middle."""
    yield tool.work()
    message = "in the middle"
    raise ValueError(message)


@app.get("/breaks")
async def breaks(tool: Annotated[Tool, Depends(get_broken)]) -> AsyncIterator[str]:
    """Be followed by a cleanup that fails."""
    yield tool.work()


@app.get("/thread")
def thread(tool: Annotated[Tool, Depends(get_sync)]) -> Iterator[str]:
    """Use in a thread what was made in one."""
    yield tool.work()
    yield tool.work()


@app.post("/own-stream")
async def own_stream(session: Late) -> StreamingResponse:
    """Write in a stream of one's own."""

    async def lines() -> AsyncIterator[str]:
        for number in range(2):
            session.add(a_note())
            await session.flush()
            yield f"{number}\n"

    return StreamingResponse(lines())


@app.post("/own-session")
async def own_session() -> StreamingResponse:
    """Write in a session that the stream has for itself."""

    async def lines() -> AsyncIterator[str]:
        async with Session.begin() as session:
            session.add(a_note())
        yield "written\n"

    return StreamingResponse(lines())


@app.post("/held-and-committed")
async def held_and_committed(session: Plain) -> AsyncIterator[int]:
    """Commit between the pieces: the connection is needed."""
    for number in range(3):
        yield number
        if number == 1:
            await session.commit()


@app.post("/finally")
async def commit_in_finally(session: Finally) -> AsyncIterator[int]:
    """Write, begin to answer, and fail: what was written is stored."""
    session.add(a_note())
    await session.flush()
    yield 1
    message = "in the middle"
    raise ValueError(message)


class Items:
    """What can be iterated over, and not closed."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> Self:
        """Begin."""
        return self

    async def __anext__(self) -> int:
        """Go on."""
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


def counting(function: Callable[[], AsyncIterator[int]]) -> Callable[[], AsyncIterator[int]]:
    """Decorate an endpoint so that it gives something else."""

    @functools.wraps(function)
    def items() -> AsyncIterator[int]:
        return Items()

    return items


@app.get("/items")
@counting
async def items() -> AsyncIterator[int]:
    """Be decorated."""
    yield 1
