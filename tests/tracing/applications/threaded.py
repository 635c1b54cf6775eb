"""Sessions of SQLAlchemy's and SQLModel's own that know no event loop, in threads."""

import gc
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel
from sqlmodel import Session as ModelSession

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.threaded", connect_args={"check_same_thread": False})
app = FastAPI()


class Item(SQLModel, table=True):
    """One row."""

    id: int | None = Field(default=None, primary_key=True)
    name: str


SQLModel.metadata.create_all(engine)


def an_item() -> Item:
    """Return an item that there isn't yet."""
    return Item(name=uuid.uuid4().hex)


def get_session() -> Iterator[Session]:
    """Create, yield, close."""
    with Session(engine) as session:
        yield session


def get_model_session() -> Iterator[ModelSession]:
    """Create, yield, close."""
    with ModelSession(engine) as session:
        yield session


def get_late_session() -> Iterator[ModelSession]:
    """Commit after the yield."""
    with ModelSession(engine) as session:
        yield session
        session.commit()


@contextmanager
def begun() -> Iterator[Session]:
    """Commit when the block ends."""
    with Session(engine) as session, session.begin():
        yield session


def get_begun_session() -> Iterator[Session]:
    """Leave the commit to a block."""
    with begun() as session:
        yield session


def get_item(session: Annotated[ModelSession, Depends(get_model_session)]) -> Iterator[Item]:
    """Read with the session of another dependency."""
    yield session.get(Item, 1) or an_item()


@app.get("/plain")
def plain(session: Annotated[Session, Depends(get_session)]) -> int:
    """Read."""
    return int(session.scalar(text("SELECT count(*) FROM item")) or 0)


@app.post("/committed")
def committed(session: Annotated[ModelSession, Depends(get_model_session)]) -> None:
    """Commit before the answer."""
    session.add(an_item())
    session.commit()


@app.post("/late")
def late(session: Annotated[ModelSession, Depends(get_late_session)]) -> None:
    """Leave a new object to a late commit."""
    session.add(an_item())


@app.post("/begun")
def begun_late(session: Annotated[Session, Depends(get_begun_session)]) -> None:
    """Leave a new object to a block that commits late."""
    session.add(an_item())


@app.post("/forgotten")
def forgotten(session: Annotated[ModelSession, Depends(get_model_session)]) -> None:
    """Forget the commit."""
    session.add(an_item())


@app.get("/item")
def item(found: Annotated[Item, Depends(get_item)]) -> str:
    """Use what another dependency has read, and no session."""
    return found.name


one_only = create_engine(
    f"sqlite:///{os.environ['NOTES']}.threaded",
    connect_args={"check_same_thread": False},
    pool_size=1,
    max_overflow=0,
    pool_timeout=1,
)
leaked: list[Session] = []


def use_the_one() -> Session:
    """Take the only connection there is."""
    session = Session(one_only)
    session.execute(text("SELECT 1"))
    return session


@app.get("/dropped")
def drop() -> None:
    """Leave two sessions, one after the other, to the garbage collector."""
    for _ in range(2):
        use_the_one()
        gc.collect()


@app.get("/leaks")
def leak() -> None:
    """Keep a session."""
    leaked.append(use_the_one())


@app.get("/collects")
def collect() -> None:
    """Let another request's session go."""
    leaked.clear()
    gc.collect()
