"""As nsidnev/fastapi-realworld-example-app does it, in app/api/dependencies/database.py and app/db/repositories.

The dependency takes a connection of asyncpg's from the pool and gives it back; repositories over it begin and commit.
"""

import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from asyncpg import Connection, Pool, create_pool  # type: ignore[import-untyped]
from fastapi import Depends, FastAPI, HTTPException, Request


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool."""
    app.state.pool = await create_pool(os.environ["POSTGRESQL"], min_size=1, max_size=3)
    await app.state.pool.execute("CREATE TABLE IF NOT EXISTS writers (username text UNIQUE)")
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


def get_pool(request: Request) -> Pool:
    """Hand out the pool."""
    return request.app.state.pool


async def get_connection(pool: Annotated[Pool, Depends(get_pool)]) -> AsyncIterator[Connection]:
    """Take one, and give it back."""
    async with pool.acquire() as connection:
        yield connection


class Writers:
    """Access to the rows."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def is_taken(self, username: str) -> bool:
        """Read."""
        return bool(await self.connection.fetchrow("SELECT 1 FROM writers WHERE username = $1", username))

    async def count(self) -> int:
        """Read."""
        return int(await self.connection.fetchval("SELECT count(*) FROM writers"))

    async def create(self, username: str) -> str:
        """Write, in a transaction of its own."""
        async with self.connection.transaction():
            row = await self.connection.fetchrow("INSERT INTO writers VALUES ($1) RETURNING username", username)
        return str(row["username"])


def get_repository(kind: type[Writers]) -> Callable[[Connection], Writers]:
    """Return a dependency that makes a repository."""

    def make(connection: Annotated[Connection, Depends(get_connection)]) -> Writers:
        return kind(connection)

    return make


Repository = Annotated[Writers, Depends(get_repository(Writers))]


@app.get("/users")
async def count_users(writers: Repository) -> int:
    """Read."""
    return await writers.count()


@app.post("/users")
async def register(writers: Repository) -> str:
    """Look whether the name is free, and write."""
    username = uuid.uuid4().hex
    if await writers.is_taken(username):
        raise HTTPException(400)
    return await writers.create(username)
