"""As langflow-ai/langflow does it, in src/lfx/src/lfx/services/deps.py and langflow/api/v1/projects.py.

The dependency lends a session of a context manager, which commits when its block ends well, and rolls back otherwise;
endpoints flush. Another dependency, for what only reads, commits nothing.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}.langflow")
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


class Folder(SQLModel, table=True):
    """One row."""

    id: int | None = Field(default=None, primary_key=True)
    name: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield


@asynccontextmanager
async def with_session() -> AsyncIterator[AsyncSession]:
    """Open and close, as the service of databases does."""
    async with sessions() as session:
        yield session


@asynccontextmanager
async def session_scope() -> AsyncIterator[AsyncSession]:
    """Commit, or roll back."""
    async with with_session() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            if session.is_active:
                with suppress(InvalidRequestError):
                    await session.rollback()
            raise


async def get_session() -> AsyncIterator[AsyncSession]:
    """Lend a session that is committed."""
    async with session_scope() as session:
        yield session


async def get_session_to_read() -> AsyncIterator[AsyncSession]:
    """Lend a session that isn't."""
    async with with_session() as session:
        yield session


Writing = Annotated[AsyncSession, Depends(get_session)]
Reading = Annotated[AsyncSession, Depends(get_session_to_read)]
app = FastAPI(lifespan=lifespan)


@app.get("/projects")
async def read_projects(session: Writing) -> list[Folder]:
    """Read, with a session that is committed."""
    return list((await session.exec(select(Folder))).all())


@app.get("/projects-to-read")
async def read_projects_only(session: Reading) -> list[Folder]:
    """Read, with one that isn't."""
    return list((await session.exec(select(Folder))).all())


@app.post("/projects")
async def create_project(session: Writing) -> Folder:
    """Write, and leave the commit to the block."""
    folder = Folder(name="a")
    session.add(folder)
    await session.flush()
    await session.refresh(folder)
    return folder


@app.post("/projects-refused")
async def refuse_project(session: Writing) -> None:
    """Write, and refuse."""
    session.add(Folder(name="a"))
    await session.flush()
    raise HTTPException(409)
