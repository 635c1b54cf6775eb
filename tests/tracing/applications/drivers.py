"""Drivers of PostgreSQL without anything over them: asyncpg, and a pool of psycopg's."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import psycopg
from asyncpg import Connection, create_pool  # type: ignore[import-untyped]
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

URL = os.environ["POSTGRESQL"]
WRITE = "INSERT INTO drivers VALUES ('a')"
kept: list[object] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open both pools."""
    async with create_pool(URL, min_size=1, max_size=3) as pool, AsyncConnectionPool(URL, open=False) as other:
        await pool.execute("CREATE TABLE IF NOT EXISTS drivers (label text)")
        app.state.pool, app.state.other = pool, other
        yield


app = FastAPI(lifespan=lifespan)


async def get_connection() -> AsyncIterator[Connection]:
    """Take one from the pool, and give it back."""
    async with app.state.pool.acquire() as connection:
        yield connection


async def get_transaction() -> AsyncIterator[Connection]:
    """Commit after the yield."""
    async with app.state.pool.acquire() as connection, connection.transaction():
        yield connection


async def get_psycopg() -> AsyncIterator[psycopg.AsyncConnection]:
    """Commit when it is given back."""
    async with app.state.other.connection() as connection:
        yield connection


Plain = Annotated[Connection, Depends(get_connection)]
Transaction = Annotated[Connection, Depends(get_transaction)]
InTime = Annotated[Connection, Depends(get_transaction, scope="function")]
Psycopg = Annotated[psycopg.AsyncConnection, Depends(get_psycopg)]


@app.get("/plain")
async def plain(connection: Plain) -> int:
    """Read."""
    return int(await connection.fetchval("SELECT count(*) FROM drivers"))


@app.post("/at-once")
async def at_once(connection: Plain) -> None:
    """Write what is stored at once."""
    await connection.execute(WRITE)


@app.post("/late")
async def late(connection: Transaction) -> None:
    """Leave the commit to the dependency."""
    await connection.execute(WRITE)


@app.post("/in-time")
async def in_time(connection: InTime) -> None:
    """Leave the commit to the dependency, before the answer."""
    await connection.execute(WRITE)


@app.post("/own-transaction")
async def own_transaction(connection: Plain) -> None:
    """Commit before the answer."""
    async with connection.transaction():
        await connection.execute(WRITE)


@app.post("/forgotten")
async def forgotten(connection: Plain) -> None:
    """Begin, and forget the commit."""
    await connection.transaction().start()
    await connection.execute(WRITE)


@app.get("/taken")
async def taken() -> int:
    """Take a connection, and keep it."""
    connection = await app.state.pool.acquire()
    kept.append(connection)
    return int(await connection.fetchval("SELECT 1"))


@app.get("/held")
async def held(connection: Plain) -> StreamingResponse:
    """Stream what is in memory."""
    rows = await connection.fetch("SELECT generate_series(1, 5)")

    async def lines() -> AsyncIterator[str]:
        for row in rows:
            yield f"{row[0]}\n"

    return StreamingResponse(lines())


@app.get("/read-on")
async def read_on(connection: Transaction) -> StreamingResponse:
    """Stream what a cursor reads meanwhile."""

    async def lines() -> AsyncIterator[str]:
        async for row in connection.cursor("SELECT generate_series(1, 5)", prefetch=2):
            yield f"{row[0]}\n"

    return StreamingResponse(lines())


@app.get("/psycopg")
async def psycopg_reads(connection: Psycopg) -> str:
    """Read."""
    return str(await (await connection.execute("SELECT count(*) FROM drivers")).fetchone())


@app.post("/psycopg-late")
async def psycopg_late(connection: Psycopg) -> None:
    """Leave the commit to the pool."""
    await connection.execute(WRITE)


@app.post("/psycopg-composed")
async def psycopg_composed(connection: Psycopg) -> None:
    """Leave the commit of a statement that is no text to the pool."""
    await connection.execute(sql.SQL("INSERT INTO {} VALUES ('a')").format(sql.Identifier("drivers")))


@app.post("/psycopg-nested")
async def psycopg_nested(connection: Psycopg) -> None:
    """Release a savepoint, and leave the commit to the pool."""
    await connection.execute("SELECT 1")
    async with connection.transaction():
        await connection.execute(WRITE)


@app.post("/nested")
async def nested(connection: Transaction) -> None:
    """Release a savepoint, and leave the commit to the dependency."""
    async with connection.transaction():
        await connection.execute(WRITE)


@app.post("/nested-undone")
async def nested_undone(connection: Transaction) -> None:
    """Undo all that there is to be committed."""
    inner = connection.transaction()
    await inner.start()
    await connection.execute(WRITE)
    await inner.rollback()


@app.post("/psycopg-committed")
async def psycopg_committed(connection: Psycopg) -> None:
    """Commit before the answer."""
    await connection.execute(WRITE)
    await connection.commit()
