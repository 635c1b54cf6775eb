"""The two ways to write `get_db`: one closes when the response is sent, and one commits then, too late."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ.get("NOTES", "sqlite+aiosqlite://"))
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """All tables."""


class Note(Base):
    """A note."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


async def get_plain_db() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    db = Session()
    try:
        yield db
    finally:
        await db.close()


async def get_late_db() -> AsyncIterator[AsyncSession]:
    """Create, yield, commit, close."""
    db = Session()
    try:
        yield db
        await db.commit()
    finally:
        await db.close()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/notes")
async def count(db: Annotated[AsyncSession, Depends(get_plain_db)]) -> int:
    """Read."""
    return await db.scalar(select(func.count()).select_from(Note)) or 0


@app.post("/notes", status_code=201)
async def create(title: str, db: Annotated[AsyncSession, Depends(get_late_db)]) -> None:
    """Write, and leave the commit to the dependency."""
    db.add(Note(title=title))
