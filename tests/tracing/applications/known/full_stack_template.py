"""As fastapi/full-stack-fastapi-template does it, in backend/app/api/deps.py and routes/items.py.

A generator, not an async one, lends SQLModel's session from a `with`; endpoints are plain functions and commit.
"""

import os
import uuid
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlmodel import Field, Session, SQLModel, create_engine, func, select

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.full_stack", connect_args={"check_same_thread": False})
app = FastAPI()


class User(SQLModel, table=True):
    """Whose items they are."""

    id: int | None = Field(default=None, primary_key=True)


class Item(SQLModel, table=True):
    """One row."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    title: str
    owner_id: int


SQLModel.metadata.create_all(engine)
with Session(engine) as first:
    first.add_all([User(id=1), Item(title="old", owner_id=1)])
    first.commit()


def get_db() -> Iterator[Session]:
    """Create, yield, close."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]


def get_current_user(session: SessionDep) -> User:
    """Read who asks, with the request's session."""
    user = session.get(User, 1)
    if user is None:
        raise HTTPException(404)
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


@app.get("/items")
def read_items(session: SessionDep, user: CurrentUser) -> int:
    """Read."""
    return session.exec(select(func.count()).select_from(Item).where(Item.owner_id == user.id)).one()


@app.post("/items")
def create_item(session: SessionDep, user: CurrentUser, title: str) -> Item:
    """Write, commit, read again what was written."""
    item = Item(title=title, owner_id=user.id or 0)
    session.add(item)
    session.commit()
    session.refresh(item)
    return item


@app.delete("/items/{title}")
def delete_item(session: SessionDep, _user: CurrentUser, title: str) -> None:
    """Delete, and commit."""
    item = session.exec(select(Item).where(Item.title == title)).first()
    if item is None:
        raise HTTPException(404)
    session.delete(item)
    session.commit()
