"""As onyx-dot-app/onyx does it, in backend/onyx/db/engine/sql_engine.py and server/manage/voice/api.py.

A generator, not an async one, lends a session over a connection that it opens for the tenant; what writes commits.
Most endpoints are plain functions, and some are async.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.onyx", connect_args={"check_same_thread": False})
app = FastAPI()


class Base(DeclarativeBase):
    """The tables."""


class Provider(Base):
    """One row."""

    __tablename__ = "providers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


Base.metadata.create_all(engine)


@contextmanager
def session_of(tenant: str) -> Iterator[Session]:
    """Open a connection that knows the tenant's schema, and a session over it."""
    with engine.connect().execution_options(schema_translate_map={None: tenant}) as connection:
        session = Session(bind=connection, expire_on_commit=False)
        try:
            yield session
        finally:
            try:
                session.close()
            except DBAPIError as error:
                print(error)


def get_session() -> Iterator[Session]:
    """Lend the session of who asks."""
    with session_of("main") as session:
        yield session


DbSession = Annotated[Session, Depends(get_session)]


@app.get("/providers")
def list_providers(session: DbSession) -> list[str]:
    """Read."""
    return [each.name for each in session.scalars(select(Provider))]


@app.post("/prompts")
def create_prompt(session: DbSession) -> int:
    """Write, and commit."""
    provider = Provider(name="a")
    session.add(provider)
    session.commit()
    return provider.id


@app.post("/providers")
async def upsert_provider(session: DbSession) -> int:
    """Write, ask somebody else, and commit: in the event loop."""
    provider = Provider(name="a")
    session.add(provider)
    session.flush()
    session.refresh(provider)
    try:
        await asyncio.sleep(0)
    except ValueError:
        session.rollback()
        raise
    session.commit()
    return provider.id
