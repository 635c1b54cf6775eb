"""The endpoints, on the dependencies of a generated project."""

from collections.abc import AsyncGenerator

from fastapi.responses import StreamingResponse
from measured.app import create_app
from measured.dependencies.cache import Cache
from measured.dependencies.database import Database, DatabaseReader, DatabaseTransaction
from measured.dependencies.upstream import Upstream
from rows import ANSWER, BY_ID, PAGE, Row, RowIn, RowOut, in_turn

app = create_app()


@app.get("/json/0")
async def json_0() -> RowOut:
    """Use nothing."""
    return ANSWER


@app.get("/json/1")
async def json_1(reader: DatabaseReader) -> RowOut:
    """Take one dependency, and leave it alone."""
    return ANSWER


@app.get("/json/2")
async def json_2(reader: DatabaseReader, cache: Cache) -> RowOut:
    """Take two."""
    return ANSWER


@app.get("/json/4")
async def json_4(reader: DatabaseReader, cache: Cache, upstream: Upstream, database: Database) -> RowOut:
    """Take four."""
    return ANSWER


@app.get("/row/{number}")
async def row(number: int, reader: DatabaseReader) -> RowOut:
    """Read a row by its key."""
    return RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/row-in-transaction/{number}")
async def row_in_transaction(number: int, transaction: DatabaseTransaction) -> RowOut:
    """Read a row by its key in a transaction."""
    return RowOut.model_validate(await transaction.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/row-beside/{number}")
async def row_beside(number: int, reader: DatabaseReader, cache: Cache, database: Database) -> RowOut:
    """Read a row, with two dependencies more that it doesn't use."""
    return RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))


@app.get("/rows/{number}")
async def rows(number: int, reader: DatabaseReader) -> list[RowOut]:
    """Read ten rows."""
    found = await reader.scalars(PAGE, {"after": in_turn(number) - 10, "size": 10})
    return [RowOut.model_validate(each) for each in found]


@app.post("/rows")
async def insert(sent: RowIn, transaction: DatabaseTransaction) -> RowOut:
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
        await cache.fill("row", ANSWER.model_dump_json().encode())
        return ANSWER
    return RowOut.model_validate_json(found)


@app.get("/filled/{number}")
async def filled(number: int, reader: DatabaseReader, cache: Cache) -> RowOut:
    """Ask the cache, which doesn't know it; read the row, and fill the cache."""
    key = f"row:{number}"
    if (found := await cache.get(key)) is not None:
        return RowOut.model_validate_json(found)
    answer = RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))
    await cache.fill(key, answer.model_dump_json().encode())
    return answer


@app.get("/upstream")
async def ask(upstream: Upstream) -> dict[str, int]:
    """Ask the service."""
    return {"status": (await upstream.get("/")).status_code}


@app.get("/three/{number}")
async def three(number: int, database: Database, cache: Cache, upstream: Upstream) -> dict[str, int]:
    """Ask the cache, the database, and the service."""
    await cache.get("row")
    async with database.reader() as reader:
        found = RowOut.model_validate(await reader.scalar(BY_ID, {"row_id": in_turn(number)}))
    return {"id": found.id, "status": (await upstream.get("/")).status_code}


@app.get("/stream", response_class=StreamingResponse)
async def stream(database: Database) -> StreamingResponse:
    """Stream rows for ever: a connection is held for a page."""

    async def lines() -> AsyncGenerator[bytes]:
        while True:
            async with database.reader() as reader:
                found = [RowOut.model_validate(each) for each in await reader.scalars(PAGE, {"after": 0, "size": 100})]
            yield b"".join(each.model_dump_json().encode().ljust(1000) + b"\n" for each in found)

    return StreamingResponse(lines(), media_type="application/jsonl")
