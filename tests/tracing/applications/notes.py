"""What the small applications store: one table, in a database of their own."""

import os

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables."""


class Note(Base):
    """One row."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)


engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}")
Session = async_sessionmaker(engine, expire_on_commit=False)


async def create_tables() -> None:
    """Make the table anew."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)


async def count(session: AsyncSession) -> int:
    """Return how many notes there are."""
    return (await session.scalar(select(func.count()).select_from(Note))) or 0
