"""Writes and commits, at the right moment and at wrong ones."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Self

import httpx2
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from tracing.applications.notes import Note, Session, count, create_tables, engine


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    await create_tables()
    yield


app = FastAPI(lifespan=lifespan)


def a_note() -> Note:
    """Return a note that there isn't yet."""
    return Note(title=uuid.uuid4().hex)


async def get_plain() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    session = Session()
    try:
        yield session
    finally:
        await session.close()


async def get_late() -> AsyncIterator[AsyncSession]:
    """Commit after the yield."""
    async with Session() as session:
        yield session
        await session.commit()


async def get_finally() -> AsyncIterator[AsyncSession]:
    """Commit whatever happens."""
    async with Session() as session:
        try:
            yield session
        finally:
            await session.commit()


async def get_failing() -> AsyncIterator[AsyncSession]:
    """Fail before the commit."""
    async with Session() as session:
        yield session
        await session.execute(text("SELECT * FROM nowhere"))
        await session.commit()


async def get_audited() -> AsyncIterator[AsyncSession]:
    """Write a row of its own when the request is over."""
    async with Session() as session:
        yield session
    async with Session() as audit:
        audit.add(a_note())
        await audit.commit()


async def get_undoing() -> AsyncIterator[AsyncSession]:
    """Roll back after an exception, commit otherwise."""
    async with Session() as session:
        try:
            yield session
        except Exception:
            await session.rollback()
            raise
        await session.commit()


Plain = Annotated[AsyncSession, Depends(get_plain)]
Late = Annotated[AsyncSession, Depends(get_late)]
InTime = Annotated[AsyncSession, Depends(get_late, scope="function")]
Finally = Annotated[AsyncSession, Depends(get_finally)]
Failing = Annotated[AsyncSession, Depends(get_failing)]
Audited = Annotated[AsyncSession, Depends(get_audited)]
Undoing = Annotated[AsyncSession, Depends(get_undoing, scope="function")]


@app.get("/plain")
async def plain(session: Plain) -> int:
    """Read."""
    return await count(session)


@app.post("/late")
async def late(session: Late) -> None:
    """Leave a new object to a late commit."""
    session.add(a_note())


@app.post("/late-flushed")
async def late_flushed(session: Late) -> None:
    """Leave a written row to a late commit."""
    session.add(a_note())
    await session.flush()


@app.post("/late-statement")
async def late_statement(session: Late) -> None:
    """Leave a statement's row to a late commit."""
    await session.execute(insert(Note).values(title=uuid.uuid4().hex))


@app.post("/late-text")
async def late_text(session: Late) -> None:
    """Leave a row of one's own SQL to a late commit."""
    await session.execute(text("/* mine */ INSERT INTO notes (title) VALUES (:title)"), {"title": uuid.uuid4().hex})


@app.put("/late-change")
async def late_change(session: Late) -> None:
    """Leave a changed object to a late commit."""
    note = a_note()
    async with Session() as other:
        other.add(note)
        await other.commit()
    found = await session.get_one(Note, note.id)
    found.title = uuid.uuid4().hex


@app.get("/late-nothing")
async def late_nothing(session: Late) -> int:
    """Leave nothing to a late commit."""
    return await count(session)


@app.post("/in-time")
async def in_time(session: InTime) -> None:
    """Leave a new object to a commit before the answer."""
    session.add(a_note())


@app.post("/in-endpoint")
async def in_endpoint(session: Plain) -> None:
    """Commit before the answer."""
    session.add(a_note())
    await session.commit()


@app.post("/own-session")
async def own_session(session: Plain) -> int:
    """Commit a session of one's own."""
    async with Session.begin() as own:
        own.add(a_note())
    return await count(session)


@app.post("/finally")
async def commit_in_finally(session: Finally) -> None:
    """Write, and raise."""
    session.add(a_note())
    await session.flush()
    raise HTTPException(400)


@app.post("/finally-unflushed")
async def commit_in_finally_unflushed(session: Finally) -> None:
    """Add, and raise."""
    session.add(a_note())
    raise HTTPException(400)


@app.post("/finally-read")
async def commit_in_finally_read(session: Finally) -> None:
    """Read, and raise."""
    await count(session)
    raise HTTPException(400)


@app.post("/undone")
async def undone(session: Undoing) -> None:
    """Write, and raise, where that is rolled back."""
    session.add(a_note())
    await session.flush()
    raise HTTPException(400)


@app.post("/forgotten")
async def forgotten(session: Plain) -> None:
    """Forget the commit of a new object."""
    session.add(a_note())


@app.post("/forgotten-flushed")
async def forgotten_flushed(session: Plain) -> None:
    """Forget the commit of a written row."""
    session.add(a_note())
    await session.flush()


@app.post("/meant")
async def meant(session: Plain) -> None:
    """Write, and roll back on purpose."""
    session.add(a_note())
    await session.flush()
    await session.rollback()


@app.post("/refused")
async def refused(session: Plain) -> Response:
    """Write, and answer that it was refused."""
    session.add(a_note())
    await session.flush()
    return Response(status_code=409)


@app.post("/failing")
async def failing(session: Failing) -> None:
    """Write, where the commit is never reached."""
    session.add(a_note())
    await session.flush()


@app.post("/audited")
async def audited(session: Audited) -> int:
    """Read, where a row is written and committed afterwards."""
    return await count(session)


@app.post("/savepoint")
async def savepoint(session: Plain) -> None:
    """Release a savepoint, and commit."""
    async with session.begin_nested():
        session.add(a_note())
    await session.commit()


@app.post("/savepoint-undone")
async def savepoint_undone(session: InTime) -> None:
    """Roll a savepoint back, where a commit follows in time."""
    nested = await session.begin_nested()
    session.add(a_note())
    await session.flush()
    await nested.rollback()


@app.post("/masked")
async def masked(session: Plain) -> str:
    """Change a committed object for the answer alone."""
    note = a_note()
    session.add(note)
    await session.commit()
    note.title = "***"
    return note.title


async def write_later() -> None:
    """Write in a session of its own."""
    async with Session.begin() as session:
        session.add(a_note())


@app.post("/background")
async def background(session: Plain, tasks: BackgroundTasks) -> int:
    """Write after the answer, as it says."""
    tasks.add_task(write_later)
    return await count(session)


@app.post("/unused")
async def unused(session: Late) -> None:
    """Don't use it."""


at_once = async_sessionmaker(create_async_engine(engine.url, isolation_level="AUTOCOMMIT"), expire_on_commit=False)


async def get_at_once() -> AsyncIterator[AsyncSession]:
    """Yield a session that has no transaction."""
    async with at_once() as session:
        yield session


class UnitOfWork:
    """A session that is committed when the block ends well."""

    def __init__(self) -> None:
        self.session = Session()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        """End."""
        if error is None:
            await self.commit()
        await self.session.close()

    async def commit(self) -> None:
        """Commit."""
        await self.session.commit()


async def get_unit() -> AsyncIterator[UnitOfWork]:
    """Commit after the yield."""
    async with UnitOfWork() as unit:
        yield unit


@app.post("/at-once")
async def write_at_once(session: Annotated[AsyncSession, Depends(get_at_once)]) -> None:
    """Write what is stored at once."""
    await session.execute(insert(Note).values(title=uuid.uuid4().hex))


@app.post("/get-or-create")
async def get_or_create(session: Plain) -> int | None:
    """Try to write what is there already."""
    async with Session.begin() as other:
        await other.merge(Note(id=1000, title="one"))
    try:
        async with session.begin_nested():
            session.add(Note(title="one"))
            await session.flush()
    except IntegrityError:
        pass
    return await session.scalar(select(Note.id).where(Note.title == "one"))


@app.delete("/nothing")
async def delete_nothing(session: Plain) -> None:
    """Delete what isn't there."""
    await session.execute(delete(Note).where(Note.id == -1))


@app.delete("/something")
async def delete_something(session: Plain) -> None:
    """Delete, and forget the commit."""
    async with Session.begin() as other:
        await other.merge(Note(id=1001, title="two"))
    await session.execute(delete(Note).where(Note.id == 1001))


@app.post("/masked-only")
async def masked_only(session: Plain) -> str:
    """Change an object for the answer, in a request that writes nothing."""
    async with Session.begin() as other:
        await other.merge(Note(id=1002, title="three"))
    note = await session.get_one(Note, 1002)
    note.title = "***"
    return note.title


@app.post("/unit")
async def use_unit(unit: Annotated[UnitOfWork, Depends(get_unit)]) -> None:
    """Leave a new object to a unit of work."""
    unit.session.add(a_note())


@app.post("/unit-unused")
async def leave_unit(_unit: Annotated[UnitOfWork, Depends(get_unit)]) -> None:
    """Leave nothing to a unit of work."""


@app.post("/redirects")
async def redirects(session: Finally) -> None:
    """Write, and send the user somewhere else."""
    session.add(a_note())
    raise HTTPException(303, headers={"Location": "/plain"})


@app.post("/wrong-answer", response_model=int)
async def wrong_answer(session: Finally) -> str:
    """Write, and answer what can't be sent."""
    session.add(a_note())
    return "text"


@app.get("/locks")
async def locks(session: Plain) -> int:
    """Read in a way that has the word for a change in it."""
    statement = (
        "WITH update_of AS (SELECT id FROM notes WHERE title <> 'update me (set)') SELECT count(*) FROM update_of"
    )
    return int(await session.scalar(text(statement)) or 0)


@app.post("/calls-another")
async def calls_another(session: Plain) -> None:
    """Call another application in this process before the commit."""
    session.add(a_note())
    await session.flush()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(inner), base_url="http://inner") as client:
        await client.get("/price")
    await session.commit()


inner = FastAPI()


@inner.get("/price")
async def price() -> int:
    """Be another application."""
    return 1
