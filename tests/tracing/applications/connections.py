"""Connections that come back and others that don't, and what is made for each request."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import httpx2
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from redis.asyncio import ConnectionPool, Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from tracing.applications.notes import Note, Session, count, create_tables


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make the table, and a client that is lent to requests."""
    await create_tables()
    async with httpx2.AsyncClient() as client:
        app.state.client, app.state.transport = client, httpx2.AsyncHTTPTransport()
        yield


app = FastAPI(lifespan=lifespan)
pool = ConnectionPool.from_url("redis://127.0.0.1:1")
kept: list[AsyncSession] = []


class ShopClient:
    """A class of the application's own that is called like a client, and costs nothing."""

    def __init__(self) -> None:
        self.answer = "open"


class UpstreamClient(httpx2.AsyncClient):
    """A class of the application's own that is a client."""


async def get_unclosed() -> AsyncIterator[AsyncSession]:
    """Never close it."""
    session = Session()
    kept.append(session)
    yield session


async def return_session() -> AsyncSession:
    """Return what nobody closes."""
    return Session()


async def get_session() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    async with Session() as session:
        yield session


async def get_failing() -> AsyncIterator[AsyncSession]:
    """Ask, and fail before the yield, where nothing closes what was opened."""
    session = Session()
    kept.append(session)
    await session.execute(text("SELECT 1"))
    if app.title:
        raise LookupError
    yield session


async def get_engine() -> AsyncIterator[AsyncEngine]:
    """Make an engine."""
    engine = create_async_engine("sqlite+aiosqlite://")
    yield engine
    await engine.dispose()


@functools.cache
def cached_engine() -> AsyncEngine:
    """Make an engine once."""
    return create_async_engine("sqlite+aiosqlite://")


async def get_cached_engine() -> AsyncIterator[AsyncEngine]:
    """Yield the one engine."""
    yield cached_engine()


async def get_lent_client() -> AsyncIterator[httpx2.AsyncClient]:
    """Yield the one client."""
    yield app.state.client


async def get_redis() -> AsyncIterator[Redis]:
    """Yield a thin client over the one pool."""
    client = Redis(connection_pool=pool)
    yield client
    await client.aclose()


async def get_thin_client() -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client over the connections of the one client."""
    yield httpx2.AsyncClient(transport=app.state.transport)


async def get_thick_client() -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client over connections that are made for it."""
    yield httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport())


def return_client() -> httpx2.AsyncClient:
    """Return a new client."""
    return httpx2.AsyncClient()


async def get_shop() -> AsyncIterator[ShopClient]:
    """Yield something cheap."""
    yield ShopClient()


async def get_upstream() -> AsyncIterator[UpstreamClient]:
    """Yield something that has a pool of its own."""
    async with UpstreamClient() as client:
        yield client


@app.get("/unclosed")
async def unclosed(session: Annotated[AsyncSession, Depends(get_unclosed)]) -> int:
    """Read through what is never closed."""
    return await count(session)


@app.get("/unclosed-unused")
async def unclosed_unused(_session: Annotated[AsyncSession, Depends(get_unclosed)]) -> None:
    """Open no connection."""


@app.get("/returned")
async def returned(session: Annotated[AsyncSession, Depends(return_session)]) -> int:
    """Read through what nobody closes."""
    return await count(session)


@app.get("/failing")
async def failing(_session: Annotated[AsyncSession, Depends(get_failing)]) -> None:
    """Never be reached."""


@app.get("/engine")
async def engine(engine: Annotated[AsyncEngine, Depends(get_engine)]) -> str:
    """Use an engine that is made for this request."""
    return engine.name


@app.get("/cached-engine")
async def use_cached_engine(engine: Annotated[AsyncEngine, Depends(get_cached_engine)]) -> str:
    """Use an engine that is made once."""
    return engine.name


@app.get("/client")
async def client(client: Annotated[httpx2.AsyncClient, Depends(return_client)]) -> str:
    """Use a client that is made for this request."""
    return str(client.timeout)


@app.get("/lent")
async def lent(client: Annotated[httpx2.AsyncClient, Depends(get_lent_client)]) -> str:
    """Use a client that is lent."""
    return str(client.build_request("GET", "http://127.0.0.1").url)


@app.get("/thin")
async def thin(client: Annotated[httpx2.AsyncClient, Depends(get_thin_client)]) -> str:
    """Use a thin client."""
    return str(client.timeout)


@app.get("/thick")
async def thick(client: Annotated[httpx2.AsyncClient, Depends(get_thick_client)]) -> str:
    """Use a client that is none."""
    return str(client.timeout)


@app.get("/redis")
async def redis(client: Annotated[Redis, Depends(get_redis)]) -> str:
    """Use a thin client over a pool."""
    return type(client).__name__


@app.get("/in-endpoint")
async def in_endpoint() -> str:
    """Make a client for one call."""
    async with httpx.AsyncClient() as client:
        return str(client.timeout)


@app.get("/shop")
async def shop(client: Annotated[ShopClient, Depends(get_shop)]) -> str:
    """Use something that is called like a client."""
    return client.answer


@app.get("/upstream")
async def upstream(client: Annotated[UpstreamClient, Depends(get_upstream)]) -> str:
    """Use something that is a client."""
    return str(client.timeout)


@app.get("/held")
async def held(session: Annotated[AsyncSession, Depends(get_session)]) -> StreamingResponse:
    """Read, and stream what is in memory."""
    await count(session)

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"{number}\n"

    return StreamingResponse(lines())


@app.get("/read-on")
async def read_on(session: Annotated[AsyncSession, Depends(get_session)]) -> StreamingResponse:
    """Stream what is read meanwhile."""
    await count(session)

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"{number} {len((await session.scalars(select(Note))).all())}\n"

    return StreamingResponse(lines())


@app.get("/closed-first")
async def closed_first(session: Annotated[AsyncSession, Depends(get_session)]) -> StreamingResponse:
    """Close, and stream what is in memory."""
    await count(session)
    await session.close()

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"{number}\n"

    return StreamingResponse(lines())


async def go_on() -> None:
    """Be done a little later than the request."""
    async with Session() as session:
        await count(session)
        await asyncio.sleep(0.2)


tasks: set[asyncio.Task[None]] = set()


@app.post("/goes-on")
async def goes_on() -> None:
    """Leave a task that gives its connection back."""
    tasks.add(asyncio.create_task(go_on()))
    await asyncio.sleep(0.1)
