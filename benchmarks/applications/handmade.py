"""The same endpoints, written by hand with the same libraries, as their documentation shows."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from redis.asyncio import BlockingConnectionPool, Redis
from rows import ANSWER, BY_ID, PAGE, Row, RowIn, RowOut, in_turn
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

URL = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
reading = create_async_engine(URL, pool_size=5, max_overflow=0, isolation_level="AUTOCOMMIT")
writing = create_async_engine(URL, pool_size=5, max_overflow=0)
Reading = async_sessionmaker(reading, expire_on_commit=False)
Writing = async_sessionmaker(writing, expire_on_commit=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, object]]:
    """Open what is shared."""
    pool = BlockingConnectionPool.from_url(os.environ["CACHE_URL"], max_connections=20)
    service = httpx2.AsyncClient(base_url=os.environ["UPSTREAM_BASE_URL"], timeout=2)
    async with service, Redis(connection_pool=pool) as redis:
        yield {"redis": redis, "service": service}
    await pool.aclose()
    await reading.dispose()
    await writing.dispose()


async def get_reader() -> AsyncGenerator[AsyncSession]:
    """Yield a session that reads."""
    async with Reading() as session:
        yield session


async def get_transaction() -> AsyncGenerator[AsyncSession]:
    """Yield a session that commits before the response."""
    async with Writing.begin() as session:
        yield session


async def get_cache(request: Request) -> AsyncGenerator[Redis]:
    """Yield the client of the cache."""
    yield request.state.redis


async def get_service(request: Request) -> AsyncGenerator[httpx2.AsyncClient]:
    """Yield the client of the service."""
    yield request.state.service


async def get_sessions() -> async_sessionmaker[AsyncSession]:
    """Return what makes sessions."""
    return Reading


Reader = Annotated[AsyncSession, Depends(get_reader, scope="function")]
Transaction = Annotated[AsyncSession, Depends(get_transaction, scope="function")]
Sessions = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)]
Cache = Annotated[Redis, Depends(get_cache)]
Service = Annotated[httpx2.AsyncClient, Depends(get_service)]

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz() -> dict[str, str]:
    """Answer; nothing is measured that asks."""
    return {"status": "ok"}


app = FastAPI(lifespan=lifespan)
app.include_router(router)


@app.get("/json/0")
async def json_0() -> RowOut:
    """Use nothing."""
    return ANSWER


@app.get("/json/1")
async def json_1(reader: Reader) -> RowOut:
    """Take one dependency, and leave it alone."""
    return ANSWER


@app.get("/json/2")
async def json_2(reader: Reader, cache: Cache) -> RowOut:
    """Take two."""
    return ANSWER


@app.get("/json/4")
async def json_4(reader: Reader, cache: Cache, service: Service, sessions: Sessions) -> RowOut:
    """Take four."""
    return ANSWER


@app.get("/row/{number}")
async def row(number: int, reader: Reader) -> RowOut:
    """Read a row by its key."""
    return RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/row-in-transaction/{number}")
async def row_in_transaction(number: int, transaction: Transaction) -> RowOut:
    """Read a row by its key in a transaction."""
    return RowOut.model_validate(await transaction.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/row-beside/{number}")
async def row_beside(number: int, reader: Reader, cache: Cache, sessions: Sessions) -> RowOut:
    """Read a row, with two dependencies more that it doesn't use."""
    return RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/rows/{number}")
async def rows(number: int, reader: Reader) -> list[RowOut]:
    """Read ten rows."""
    found = await reader.scalars(PAGE, {"after": in_turn(number) - 10, "size": 10})
    return [RowOut.model_validate(each) for each in found]


@app.post("/rows")
async def insert(sent: RowIn, transaction: Transaction) -> RowOut:
    """Store a row; it is committed before the answer."""
    new = Row(title=sent.title, body=sent.body)
    transaction.add(new)
    await transaction.flush()
    return RowOut.model_validate(new)


@app.get("/cached")
async def cached(cache: Cache) -> RowOut:
    """Answer from the cache."""
    found = await cache.get("row")
    if found is None:
        await cache.set("row", ANSWER.model_dump_json(), ex=60)
        return ANSWER
    return RowOut.model_validate_json(found)


@app.get("/filled/{number}")
async def filled(number: int, reader: Reader, cache: Cache) -> RowOut:
    """Ask the cache, which doesn't know it; read the row, and fill the cache."""
    key = f"row:{number}"
    if (found := await cache.get(key)) is not None:
        return RowOut.model_validate_json(found)
    answer = RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))
    await cache.set(key, answer.model_dump_json(), ex=60)
    return answer


@app.get("/upstream")
async def ask(service: Service) -> dict[str, int]:
    """Ask the service."""
    return {"status": (await service.get("/")).status_code}


@app.get("/three/{number}")
async def three(number: int, sessions: Sessions, cache: Cache, service: Service) -> dict[str, int]:
    """Ask the cache, the database, and the service."""
    await cache.get("row")
    async with sessions() as reader:
        found = RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))
    return {"id": found.id, "status": (await service.get("/")).status_code}


@app.get("/stream", response_class=StreamingResponse)
async def stream(sessions: Sessions) -> StreamingResponse:
    """Stream rows for ever: a connection is held for a page."""

    async def lines() -> AsyncGenerator[bytes]:
        while True:
            async with sessions() as reader:
                found = [RowOut.model_validate(each) for each in await reader.scalars(PAGE, {"after": 0, "size": 100})]
            yield b"".join(each.model_dump_json().encode().ljust(1000) + b"\n" for each in found)

    return StreamingResponse(lines(), media_type="application/jsonl")
