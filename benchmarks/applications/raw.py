"""The endpoints that ask the database, with the driver and nothing between."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg  # type: ignore[import-untyped]
from fastapi import APIRouter, Depends, FastAPI, Request
from rows import RowIn, RowOut, in_turn

BY_ID = "SELECT id, title, body FROM rows WHERE id = $1"
PAGE = "SELECT id, title, body FROM rows WHERE id > $1 ORDER BY id LIMIT $2"
INSERT = "INSERT INTO rows (title, body) VALUES ($1, $2) RETURNING id, title, body"


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, object]]:
    """Open the pool."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=5, max_size=5) as pool:
        yield {"pool": pool}


async def get_connection(request: Request) -> AsyncGenerator[asyncpg.Connection]:
    """Yield a connection."""
    async with request.state.pool.acquire() as connection:
        yield connection


async def get_transaction(request: Request) -> AsyncGenerator[asyncpg.Connection]:
    """Yield a connection with a transaction that commits before the response."""
    async with request.state.pool.acquire() as connection, connection.transaction():
        yield connection


Reader = Annotated[asyncpg.Connection, Depends(get_connection, scope="function")]
Transaction = Annotated[asyncpg.Connection, Depends(get_transaction, scope="function")]

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


@app.get("/row/{number}")
async def row(number: int, reader: Reader) -> RowOut:
    """Read a row by its key."""
    return RowOut(**await reader.fetchrow(BY_ID, in_turn(number)))


@app.get("/row-in-transaction/{number}")
async def row_in_transaction(number: int, transaction: Transaction) -> RowOut:
    """Read a row by its key in a transaction."""
    return RowOut(**await transaction.fetchrow(BY_ID, in_turn(number)))


@app.get("/rows/{number}")
async def rows(number: int, reader: Reader) -> list[RowOut]:
    """Read ten rows."""
    return [RowOut(**each) for each in await reader.fetch(PAGE, in_turn(number) - 10, 10)]


@app.post("/rows")
async def insert(sent: RowIn, transaction: Transaction) -> RowOut:
    """Store a row; it is committed before the answer."""
    return RowOut(**await transaction.fetchrow(INSERT, sent.title, sent.body))
