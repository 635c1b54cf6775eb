"""As the example of fastapi-users/fastapi-users does it, in examples/sqlalchemy/app/db.py and users.py.

Three async generators, each over the one before: a session, an adapter over it, what manages users over that.
The adapter commits what it writes.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['NOTES']}.users")
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables."""


class User(Base):
    """One row."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table, and the one who asks."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        session.add(User(id=1, email="ann"))
    yield


app = FastAPI(lifespan=lifespan)


class UserDatabase:
    """An adapter."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, email: str) -> User | None:
        """Read."""
        return (await self.session.execute(select(User).where(User.email == email))).unique().scalar_one_or_none()

    async def create(self, email: str) -> User:
        """Write, commit, read again what was written."""
        user = User(email=email)
        self.session.add(user)
        await self.session.commit()
        await self.session.refresh(user)
        return user

    async def update(self, user: User, email: str) -> None:
        """Change, and commit."""
        user.email = email
        self.session.add(user)
        await self.session.commit()
        await self.session.refresh(user)


class Users:
    """What manages users."""

    def __init__(self, database: UserDatabase) -> None:
        self.database = database

    async def register(self, email: str) -> User:
        """Write who isn't there."""
        if await self.database.get(email) is not None:
            raise HTTPException(400)
        return await self.database.create(email)


async def get_session() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    async with sessions() as session:
        yield session


async def get_database(session: Annotated[AsyncSession, Depends(get_session)]) -> AsyncIterator[UserDatabase]:
    """Put an adapter over it."""
    yield UserDatabase(session)


async def get_users(database: Annotated[UserDatabase, Depends(get_database)]) -> AsyncIterator[Users]:
    """Put what manages users over that."""
    yield Users(database)


async def get_current_user(users: Annotated[Users, Depends(get_users)]) -> User:
    """Read who asks."""
    user = await users.database.get("ann")
    if user is None:
        raise HTTPException(401)
    return user


@app.get("/users/me")
async def read_me(user: Annotated[User, Depends(get_current_user)]) -> str:
    """Read."""
    return user.email


@app.post("/register")
async def register(users: Annotated[Users, Depends(get_users)]) -> int:
    """Write."""
    return (await users.register(uuid.uuid4().hex)).id


@app.patch("/users/me")
async def update_me(
    user: Annotated[User, Depends(get_current_user)], users: Annotated[Users, Depends(get_users)]
) -> None:
    """Change."""
    await users.database.update(user, "ann")
