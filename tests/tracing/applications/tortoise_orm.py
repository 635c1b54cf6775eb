"""Tortoise ORM, whose models find their transaction by themselves, over each of its drivers that is here."""

import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from tortoise import Model, fields
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.transactions import atomic, in_transaction

router = APIRouter()


class Entry(Model):
    """One row."""

    id = fields.IntField(primary_key=True)
    title = fields.TextField()


class Client(Model):
    """One row of what is no client."""

    id = fields.IntField(primary_key=True)
    name = fields.TextField()


def served_from(url: Callable[[], str]) -> Callable[[], FastAPI]:
    """Return how an application over a database is made."""

    def make() -> FastAPI:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with RegisterTortoise(app, db_url=url(), modules={"models": [__name__]}, generate_schemas=True):
                yield

        app = FastAPI(lifespan=lifespan)
        app.include_router(router)
        return app

    return make


sqlite = served_from(lambda: f"sqlite://{os.environ['NOTES']}.tortoise")
asyncpg = served_from(lambda: os.environ["POSTGRESQL"].replace("postgresql:", "asyncpg:"))
psycopg = served_from(lambda: os.environ["POSTGRESQL"].replace("postgresql:", "psycopg:"))


def a_title() -> str:
    """Return a title that there isn't yet."""
    return uuid.uuid4().hex


async def get_transaction() -> AsyncIterator[TransactionalDBClient]:
    """Commit after the yield."""
    async with in_transaction() as connection:
        yield connection


async def get_undone() -> AsyncIterator[TransactionalDBClient]:
    """Roll back after the yield, whatever happened."""
    async with in_transaction() as connection:
        yield connection
        await connection.rollback()


async def get_failing() -> AsyncIterator[TransactionalDBClient]:
    """Fail after the yield, before the commit."""
    async with in_transaction() as connection:
        yield connection
        raise LookupError


async def get_audited() -> AsyncIterator[None]:
    """Write in a transaction of its own after the yield."""
    yield
    async with in_transaction():
        await Entry.create(title=a_title())


Late = Annotated[TransactionalDBClient, Depends(get_transaction)]
InTime = Annotated[TransactionalDBClient, Depends(get_transaction, scope="function")]
Undone = Annotated[TransactionalDBClient, Depends(get_undone)]
Failing = Annotated[TransactionalDBClient, Depends(get_failing)]
Audited = Annotated[None, Depends(get_audited)]


@router.get("/plain")
async def plain() -> int:
    """Read."""
    return await Entry.all().count()


@router.post("/at-once")
async def at_once() -> None:
    """Write what is stored at once."""
    await Entry.create(title=a_title())


@router.post("/client")
async def client() -> int:
    """Write what is called like something costly."""
    return (await Client.create(name=a_title())).id


@router.post("/many-at-once")
async def many_at_once() -> None:
    """Write several rows that are stored at once."""
    await Entry.bulk_create([Entry(title=a_title()), Entry(title=a_title())])


@router.post("/late")
async def late(_connection: Late) -> None:
    """Leave the commit to the dependency."""
    await Entry.create(title=a_title())


@router.post("/late-many")
async def late_many(_connection: Late) -> None:
    """Leave the commit of several rows to the dependency."""
    await Entry.bulk_create([Entry(title=a_title()), Entry(title=a_title())])


@router.put("/late-update")
async def late_update(_connection: Late) -> None:
    """Leave the commit of a change to the dependency."""
    await Entry.filter(id__gt=0).update(title=a_title())


@router.put("/late-save")
async def late_save(_connection: Late) -> None:
    """Leave the commit of a changed object to the dependency."""
    entry, _ = await Entry.get_or_create(title="kept")
    await entry.save()


@router.post("/late-statement")
async def late_statement(connection: Late) -> None:
    """Leave the commit of a statement to the dependency."""
    await connection.execute_query("INSERT INTO entry (title) VALUES ('a')")


@router.post("/late-script")
async def late_script(connection: Late) -> None:
    """Leave the commit of a script to the dependency."""
    await connection.execute_script("INSERT INTO entry (title) VALUES ('a')")


@router.get("/late")
async def late_read(_connection: Late) -> int:
    """Read, where a commit follows."""
    return await Entry.all().count()


@atomic()
async def create_atomically() -> None:
    """Write in a transaction, or in a savepoint of the one that there is."""
    await Entry.create(title=a_title())


@router.post("/late-nested")
async def late_nested(_connection: Late) -> None:
    """Release a savepoint, where the commit is left to the dependency."""
    await create_atomically()


@router.post("/late-nested-undone")
async def late_nested_undone(_connection: Late) -> None:
    """Undo all that there is to be committed."""
    with suppress(LookupError):
        async with in_transaction():
            await Entry.create(title=a_title())
            raise LookupError


@router.post("/in-time")
async def in_time(_connection: InTime) -> None:
    """Leave the commit to the dependency, before the answer."""
    await Entry.create(title=a_title())


@router.post("/own")
async def own() -> None:
    """Commit before the answer."""
    async with in_transaction():
        await Entry.create(title=a_title())


@router.post("/atomic")
async def atomically() -> None:
    """Commit before the answer."""
    await create_atomically()


@router.post("/own-raises")
async def own_raises() -> None:
    """Write, and refuse."""
    async with in_transaction():
        await Entry.create(title=a_title())
        raise HTTPException(409)


@router.post("/raises")
async def raises(_connection: Late) -> None:
    """Write, and refuse, where the dependency rolls back."""
    await Entry.create(title=a_title())
    raise HTTPException(409)


@router.post("/meant")
async def meant() -> None:
    """Write, and roll back on purpose."""
    with suppress(LookupError):
        async with in_transaction():
            await Entry.create(title=a_title())
            raise LookupError


@router.post("/undone")
async def undone(_connection: Undone) -> None:
    """Write what is rolled back."""
    await Entry.create(title=a_title())


@router.post("/failing")
async def failing(_connection: Failing) -> None:
    """Write, where the commit is never reached."""
    await Entry.create(title=a_title())


@router.post("/audited")
async def audited(_row: Audited) -> int:
    """Read, where a row is written and committed afterwards."""
    return await Entry.all().count()


@router.get("/held")
async def held(_connection: Late) -> StreamingResponse:
    """Stream what is in memory."""
    titles = [entry.title for entry in await Entry.all().limit(5)]

    async def lines() -> AsyncIterator[str]:
        for title in [*titles, "one", "two"]:
            yield f"{title}\n"

    return StreamingResponse(lines())


@router.get("/read-on")
async def read_on(_connection: Late) -> StreamingResponse:
    """Stream what is read meanwhile."""

    async def lines() -> AsyncIterator[str]:
        for _ in range(3):
            yield f"{await Entry.all().count()}\n"

    return StreamingResponse(lines())


@router.get("/closed-first")
async def closed_first() -> StreamingResponse:
    """Read, and stream what is in memory."""
    async with in_transaction():
        titles = [entry.title for entry in await Entry.all().limit(5)]

    async def lines() -> AsyncIterator[str]:
        for title in [*titles, "one", "two"]:
            yield f"{title}\n"

    return StreamingResponse(lines())
