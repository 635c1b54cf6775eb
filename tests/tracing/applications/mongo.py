"""MongoDB's own driver, in the event loop and in threads."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pymongo import AsyncMongoClient, InsertOne, MongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

URL = os.environ["MONGODB"]
Document = dict[str, object]


class Clients:
    """What is made once, and lent to requests."""

    shared: AsyncMongoClient[Document]
    threaded: MongoClient[Document]


def notes() -> AsyncCollection[Document]:
    """Return the one collection."""
    return Clients.shared.traced.notes


def threaded_notes() -> Collection[Document]:
    """Return it for use in threads."""
    return Clients.threaded.traced.notes


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Open both clients."""
    async with AsyncMongoClient[Document](URL) as shared:
        with MongoClient[Document](URL) as threaded:
            Clients.shared, Clients.threaded = shared, threaded
            await notes().insert_one({"kept": True})
            yield


app = FastAPI(lifespan=lifespan)


async def get_client() -> AsyncIterator[AsyncMongoClient[Document]]:
    """Make a client."""
    async with AsyncMongoClient[Document](URL) as client:
        yield client


async def get_lent_client() -> AsyncIterator[AsyncMongoClient[Document]]:
    """Yield the one client."""
    yield Clients.shared


async def get_session() -> AsyncIterator[AsyncClientSession]:
    """Start, yield, end."""
    async with Clients.shared.start_session() as session:
        yield session


async def get_transaction() -> AsyncIterator[AsyncClientSession]:
    """Commit after the yield."""
    async with Clients.shared.start_session() as session, await session.start_transaction():
        yield session


async def get_bound() -> AsyncIterator[None]:
    """Commit after the yield what is written without a word of the session."""
    async with Clients.shared.start_session() as session, session.bind(), await session.start_transaction():
        yield


async def get_undone() -> AsyncIterator[AsyncClientSession]:
    """Roll back after the yield, whatever happened."""
    async with Clients.shared.start_session() as session, await session.start_transaction():
        yield session
        await session.abort_transaction()


async def get_failing() -> AsyncIterator[AsyncClientSession]:
    """Fail after the yield, before the commit."""
    async with Clients.shared.start_session() as session, await session.start_transaction():
        yield session
        raise LookupError


async def get_unended() -> AsyncIterator[AsyncClientSession]:
    """Never end it: the server forgets it after a while."""
    yield Clients.shared.start_session()


async def get_unended_transaction() -> AsyncIterator[AsyncClientSession]:
    """Never end it, nor its transaction."""
    session = Clients.shared.start_session()
    await session.start_transaction()
    yield session


async def get_audited() -> AsyncIterator[None]:
    """Write in a transaction of its own after the yield."""
    yield
    async with Clients.shared.start_session() as session, await session.start_transaction():
        await notes().insert_one({}, session=session)


def get_threaded() -> Iterator[ClientSession]:
    """Start, yield, end."""
    with Clients.threaded.start_session() as session:
        yield session


def get_threaded_transaction() -> Iterator[ClientSession]:
    """Commit after the yield."""
    with Clients.threaded.start_session() as session, session.start_transaction():
        yield session


Session = Annotated[AsyncClientSession, Depends(get_session)]
Late = Annotated[AsyncClientSession, Depends(get_transaction)]
InTime = Annotated[AsyncClientSession, Depends(get_transaction, scope="function")]
Undone = Annotated[AsyncClientSession, Depends(get_undone)]
Failing = Annotated[AsyncClientSession, Depends(get_failing)]
Unended = Annotated[AsyncClientSession, Depends(get_unended)]
UnendedTransaction = Annotated[AsyncClientSession, Depends(get_unended_transaction)]
Threaded = Annotated[ClientSession, Depends(get_threaded)]
LateThreaded = Annotated[ClientSession, Depends(get_threaded_transaction)]
InTimeThreaded = Annotated[ClientSession, Depends(get_threaded_transaction, scope="function")]


@app.get("/plain")
async def plain(session: Session) -> int:
    """Read."""
    return await notes().count_documents({}, session=session)


@app.get("/client")
async def client(client: Annotated[AsyncMongoClient[Document], Depends(get_client)]) -> int:
    """Read through a client that is made for this request."""
    return await client.traced.notes.count_documents({})


@app.get("/lent")
async def lent(client: Annotated[AsyncMongoClient[Document], Depends(get_lent_client)]) -> int:
    """Read through a client that is lent."""
    return await client.traced.notes.count_documents({})


@app.post("/at-once")
async def at_once() -> None:
    """Write what is stored at once."""
    await notes().insert_one({})


@app.post("/at-once-in-session")
async def at_once_in_session(session: Session) -> None:
    """Write what is stored at once, since a session is no transaction."""
    await notes().insert_one({}, session=session)


@app.post("/unended")
async def unended(session: Unended) -> None:
    """Write what is stored at once."""
    await notes().insert_one({}, session=session)


@app.post("/unended-transaction")
async def unended_transaction(session: UnendedTransaction) -> None:
    """Write what is never committed."""
    await notes().insert_one({}, session=session)


@app.post("/late")
async def late(session: Late) -> None:
    """Leave the commit to the dependency."""
    await notes().insert_one({}, session=session)


@app.post("/late-many")
async def late_many(session: Late) -> None:
    """Leave the commit of several documents to the dependency."""
    await notes().insert_many([{}, {}], session=session)


@app.put("/late-update")
async def late_update(session: Late) -> None:
    """Leave the commit of a change to the dependency."""
    await notes().update_one({"kept": True}, {"$inc": {"changes": 1}}, session=session)


@app.put("/late-find-and-update")
async def late_find_and_update(session: Late) -> bool:
    """Leave the commit of a change to what is answered to the dependency."""
    return await notes().find_one_and_update({"kept": True}, {"$inc": {"changes": 1}}, session=session) is not None


@app.delete("/late-delete")
async def late_delete(session: Late) -> None:
    """Leave the commit of a removal to the dependency."""
    await notes().delete_many({"kept": None}, session=session)


@app.post("/late-bulk")
async def late_bulk(session: Late) -> None:
    """Leave the commit of what is sent together to the dependency."""
    await notes().bulk_write([InsertOne({})], session=session)


@app.post("/late-bound")
async def late_bound(_bound: Annotated[None, Depends(get_bound)]) -> None:
    """Leave the commit to the dependency, whose session is found by itself."""
    await notes().insert_one({})


@app.post("/late-beside")
async def late_beside(session: Late) -> int:
    """Read in the transaction of the dependency, and write beside it."""
    await notes().insert_one({})
    return await notes().count_documents({}, session=session)


@app.get("/late")
async def late_read(session: Late) -> int:
    """Read, where a commit follows."""
    return await notes().count_documents({}, session=session)


@app.post("/in-time")
async def in_time(session: InTime) -> None:
    """Leave the commit to the dependency, before the answer."""
    await notes().insert_one({}, session=session)


@app.post("/own")
async def own(session: Session) -> None:
    """Commit before the answer."""
    async with await session.start_transaction():
        await notes().insert_one({}, session=session)


async def write(session: AsyncClientSession) -> None:
    """Write in a transaction, as often as it is tried."""
    await notes().insert_one({}, session=session)


@app.post("/with-transaction")
async def with_transaction(session: Session) -> None:
    """Have the driver commit before the answer."""
    await session.with_transaction(write)


@app.post("/own-raises")
async def own_raises(session: Session) -> None:
    """Write, and refuse."""
    async with await session.start_transaction():
        await notes().insert_one({}, session=session)
        raise HTTPException(409)


@app.post("/raises")
async def raises(session: Late) -> None:
    """Write, and refuse, where the dependency rolls back."""
    await notes().insert_one({}, session=session)
    raise HTTPException(409)


@app.post("/meant")
async def meant(session: Session) -> None:
    """Write, and roll back on purpose."""
    with suppress(LookupError):
        async with await session.start_transaction():
            await notes().insert_one({}, session=session)
            raise LookupError


@app.post("/forgotten")
async def forgotten(session: Session) -> None:
    """Begin, and forget the commit."""
    await session.start_transaction()
    await notes().insert_one({}, session=session)


@app.post("/undone")
async def undone(session: Undone) -> None:
    """Write what is rolled back."""
    await notes().insert_one({}, session=session)


@app.post("/failing")
async def failing(session: Failing) -> None:
    """Write, where the commit is never reached."""
    await notes().insert_one({}, session=session)


@app.post("/audited")
async def audited(_row: Annotated[None, Depends(get_audited)]) -> int:
    """Read, where a document is written and committed afterwards."""
    return await notes().count_documents({})


@app.get("/read-on")
async def read_on(session: Session) -> StreamingResponse:
    """Stream what a cursor reads meanwhile."""

    async def lines() -> AsyncIterator[str]:
        async for note in notes().find({}, session=session, batch_size=1, limit=3):
            yield f"{note['_id']}\n"

    return StreamingResponse(lines())


@app.get("/threaded")
def threaded(session: Threaded) -> int:
    """Read."""
    return threaded_notes().count_documents({}, session=session)


@app.post("/threaded-own")
def threaded_own(session: Threaded) -> None:
    """Commit before the answer."""
    with session.start_transaction():
        threaded_notes().insert_one({}, session=session)


@app.post("/threaded-in-time")
def threaded_in_time(session: InTimeThreaded) -> None:
    """Leave the commit to the dependency, before the answer."""
    threaded_notes().insert_one({}, session=session)


@app.post("/threaded-late")
def threaded_late(session: LateThreaded) -> None:
    """Leave the commit to the dependency."""
    threaded_notes().insert_one({}, session=session)


@app.post("/threaded-forgotten")
def threaded_forgotten(session: Threaded) -> None:
    """Begin, and forget the commit."""
    session.start_transaction()
    threaded_notes().insert_one({}, session=session)


@app.get("/threaded-client")
def threaded_client() -> int:
    """Read through a client that is made for this request."""
    with MongoClient[Document](URL) as client:
        return client.traced.notes.count_documents({})
