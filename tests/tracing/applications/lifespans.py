"""Lifespans that close what they make, and others that don't."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import httpx2
import redis.asyncio
from fastapi import APIRouter, FastAPI
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.middleware.gzip import GZipMiddleware

URL = "sqlite+aiosqlite://"
kept: list[object] = []


async def connect() -> AsyncEngine:
    """Make an engine, and use it."""
    engine = create_async_engine(URL)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return engine


@asynccontextmanager
async def closing(app: FastAPI) -> AsyncIterator[None]:
    """Close everything."""
    app.state.engine = await connect()
    app.state.client = httpx2.AsyncClient()
    async with httpx2.AsyncClient() as entered:
        app.state.entered = entered
        yield
    await app.state.client.aclose()
    await app.state.engine.dispose()


@asynccontextmanager
async def stacked(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """Leave the closing to a stack."""
    async with AsyncExitStack() as stack:
        engine = await connect()
        stack.push_async_callback(engine.dispose)
        client = await stack.enter_async_context(httpx2.AsyncClient())
        yield {"engine": engine, "client": client}


@asynccontextmanager
async def forgetful(app: FastAPI) -> AsyncIterator[None]:
    """Forget the engine, and the client."""
    app.state.engine = await connect()
    app.state.client = httpx2.AsyncClient()
    yield


@asynccontextmanager
async def half(app: FastAPI) -> AsyncIterator[None]:
    """Close one of two."""
    app.state.engine = await connect()
    app.state.client = httpx2.AsyncClient()
    yield
    await app.state.engine.dispose()


@asynccontextmanager
async def failing(app: FastAPI) -> AsyncIterator[None]:
    """Fail before the second one is closed."""
    app.state.engine = await connect()
    yield
    if app.state.engine:
        message = "no more"
        raise OSError(message)
    await app.state.engine.dispose()


@asynccontextmanager
async def temporary(_app: FastAPI) -> AsyncIterator[None]:
    """Make one to ask something at the start, and let it go."""
    await connect()
    yield


@asynccontextmanager
async def poolless(app: FastAPI) -> AsyncIterator[None]:
    """Make an engine that keeps nothing."""
    app.state.engine = create_async_engine(URL, poolclass=NullPool)
    yield


@asynccontextmanager
async def lazy(app: FastAPI) -> AsyncIterator[None]:
    """Start a task that makes something while requests are answered."""

    async def work() -> None:
        await asyncio.sleep(0)
        kept.append(httpx2.AsyncClient())

    app.state.task = asyncio.create_task(work())
    yield
    await app.state.task


@asynccontextmanager
async def cached(app: FastAPI) -> AsyncIterator[None]:
    """Close a client of Redis."""
    app.state.cache = redis.asyncio.Redis.from_url(os.environ["REDIS"])
    await app.state.cache.ping()
    yield
    await app.state.cache.aclose()


@asynccontextmanager
async def uncached(app: FastAPI) -> AsyncIterator[None]:
    """Forget a client of Redis."""
    app.state.cache = redis.asyncio.Redis.from_url(os.environ["REDIS"])
    await app.state.cache.ping()
    yield


@asynccontextmanager
async def pooled(app: FastAPI) -> AsyncIterator[None]:
    """Close pools of two drivers."""
    async with asyncpg.create_pool(os.environ["POSTGRESQL"], min_size=1) as app.state.pool:
        pool = AsyncConnectionPool(os.environ["POSTGRESQL"], min_size=1, open=False)
        await pool.open(wait=True)
        yield
        await pool.close()


@asynccontextmanager
async def unpooled(app: FastAPI) -> AsyncIterator[None]:
    """Forget a pool."""
    app.state.pool = await asyncpg.create_pool(os.environ["POSTGRESQL"], min_size=1)
    yield


@asynccontextmanager
async def endless(_app: FastAPI) -> AsyncIterator[None]:
    """Wait for something that never comes."""
    yield
    await asyncio.Event().wait()


router = APIRouter()


@router.get("/")
async def read() -> None:
    """Answer."""


def with_(lifespan: object) -> FastAPI:
    """Return an application that has a lifespan."""
    app = FastAPI(lifespan=lifespan)  # type: ignore[arg-type]
    app.include_router(router)
    return app


closes, stacks, forgets, closes_half, fails = map(with_, (closing, stacked, forgetful, half, failing))
lets_go, works, caches, uncaches, pools, unpools = map(with_, (temporary, lazy, cached, uncached, pooled, unpooled))
has_none = with_(None)
stands_inside = GZipMiddleware(with_(forgetful))
goes_on = with_(endless)
keeps_nothing = with_(poolless)
