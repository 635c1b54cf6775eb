"""As polarsource/polar does it, in server/polar/postgres.py.

Middleware opens a session and closes it; the dependency lends that one and commits after the yield, or rolls back.
Repositories add, and leave the commit to it. What only reads may ask for another session, which nobody commits.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.types import ASGIApp, Receive, Scope, Send


class Base(DeclarativeBase):
    """The tables."""


class Endpoint(Base):
    """One row."""

    __tablename__ = "endpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]


class State(TypedDict):
    """What the lifespan lends to requests."""

    sessions: async_sessionmaker[AsyncSession]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    """Keep the engine."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}.polar")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield {"sessions": async_sessionmaker(engine, expire_on_commit=False)}
    await engine.dispose()


class SessionMiddleware:
    """Open a session for each request, and close it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        async with scope["state"]["sessions"]() as session:
            scope["state"]["session"] = session
            await self.app(scope, receive, send)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Lend the middleware's session, and commit it."""
    session: AsyncSession = request.state.session
    try:
        yield session
    except BaseException:
        await session.rollback()
        raise
    else:
        await session.commit()


async def get_read_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    async with request.state.sessions() as session:
        yield session


class Repository:
    """What is done with rows."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def count(self) -> int:
        """Read."""
        return (await self.session.scalar(select(func.count()).select_from(Endpoint))) or 0

    async def create(self, url: str, *, flush: bool = False) -> Endpoint:
        """Add, and write it only if the row is needed at once."""
        endpoint = Endpoint(url=url)
        self.session.add(endpoint)
        if flush:
            await self.session.flush()
        return endpoint


Writing = Annotated[AsyncSession, Depends(get_session)]
Reading = Annotated[AsyncSession, Depends(get_read_session)]
app = FastAPI(lifespan=lifespan)
app.add_middleware(SessionMiddleware)


@app.get("/endpoints")
async def list_endpoints(session: Reading) -> int:
    """Read, with a session for that."""
    return await Repository(session).count()


@app.get("/endpoints-by-writer")
async def list_endpoints_by_writer(session: Writing) -> int:
    """Read, with the session that is committed."""
    return await Repository(session).count()


@app.post("/endpoints")
async def create_endpoint(session: Writing) -> None:
    """Add, after a look at what is there."""
    repository = Repository(session)
    await repository.count()
    await repository.create("a")


@app.post("/endpoints-flushed")
async def create_endpoint_flushed(session: Writing) -> int:
    """Add, and use what the database made of it."""
    return (await Repository(session).create("a", flush=True)).id


@app.post("/endpoints-refused")
async def refuse_endpoint(session: Writing) -> None:
    """Add, and refuse."""
    await Repository(session).create("a", flush=True)
    raise HTTPException(403)
