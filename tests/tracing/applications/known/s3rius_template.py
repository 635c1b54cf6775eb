"""As s3rius/FastAPI-template does it, in db_sa/dependencies.py and dao/dummy_dao.py of the generated project.

The dependency commits in `finally`, after the yield, and closes; objects for data access only add.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables."""


class Dummy(Base):
    """One row."""

    __tablename__ = "dummies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the engine."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}.s3rius")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Commit and close, whatever happens."""
    session: AsyncSession = request.app.state.sessions()
    try:
        yield session
    finally:
        await session.commit()
        await session.close()


class Dummies:
    """Access to the rows."""

    def __init__(self, session: Annotated[AsyncSession, Depends(get_session)]) -> None:
        self.session = session

    async def create(self, name: str) -> None:
        """Add."""
        self.session.add(Dummy(name=name))

    async def all(self) -> list[str]:
        """Read."""
        return [each.name for each in await self.session.scalars(select(Dummy).limit(10))]


@app.get("/dummy")
async def read_dummies(dummies: Annotated[Dummies, Depends()]) -> list[str]:
    """Read."""
    return await dummies.all()


@app.put("/dummy")
async def create_dummy(dummies: Annotated[Dummies, Depends()]) -> None:
    """Add."""
    await dummies.create("a")


@app.put("/dummy-refused")
async def refuse_dummy(dummies: Annotated[Dummies, Depends()]) -> None:
    """Add, and refuse: no endpoint of theirs does, those of a project that grows from it may."""
    await dummies.create("a")
    raise HTTPException(409)
