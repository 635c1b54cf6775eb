"""As open-webui/open-webui does it, in backend/open_webui/internal/db.py.

The dependency opens an async session and closes it, twice. What writes takes that session only if sharing is
switched on; otherwise it opens one of its own, commits it and closes it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}.open_webui")
sessions = async_sessionmaker(engine, autoflush=False, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables."""


class Memo(Base):
    """One row."""

    __tablename__ = "memos"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    """Close what `async with` closes, too."""
    async with sessions() as session:
        try:
            yield session
        finally:
            await session.close()


@asynccontextmanager
async def session_or(session: AsyncSession, *, shares: bool) -> AsyncIterator[AsyncSession]:
    """Yield a given session, or one of its own."""
    if shares:
        yield session
        return
    async with sessions() as own:
        try:
            yield own
        finally:
            await own.close()


async def insert(given: AsyncSession, *, shares: bool) -> int:
    """Write, commit, read again what was written."""
    async with session_or(given, shares=shares) as session:
        memo = Memo(title="a")
        session.add(memo)
        await session.commit()
        await session.refresh(memo)
        return memo.id


async def count(given: AsyncSession, *, shares: bool) -> int:
    """Read."""
    async with session_or(given, shares=shares) as session:
        return (await session.scalar(select(func.count()).select_from(Memo))) or 0


Given = Annotated[AsyncSession, Depends(get_session)]


@app.get("/memos")
async def get_memos(session: Given, shares: bool = False) -> int:
    """Read."""
    return await count(session, shares=shares)


@app.post("/memos")
async def create_memo(session: Given, shares: bool = False) -> int:
    """Look what is there, and write."""
    await count(session, shares=shares)
    return await insert(session, shares=shares)
