"""As fastapi/fastapi's documentation shows it, in docs_src/dependencies/tutorial008b, c, d, tutorial013 and 014.

"Dependencies with yield" shows an `except` that raises another exception, one that swallows, one that raises again;
"Advanced dependencies" a session that only a check needs and a slow stream holds, and how it is closed before.
"""

import os
import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from sqlmodel import Field, Session, SQLModel, create_engine

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.documentation", connect_args={"check_same_thread": False})
app = FastAPI()


class NotTheirs(Exception):
    """Something is somebody else's."""


class User(SQLModel, table=True):
    """Who may ask."""

    id: int | None = Field(default=None, primary_key=True)


SQLModel.metadata.create_all(engine)
with Session(engine) as first:
    first.add(User(id=1))
    first.commit()


def get_name_translating() -> Iterator[str]:
    """Answer the exception."""
    try:
        yield "Ann"
    except NotTheirs as error:
        raise HTTPException(400, str(error)) from error


def get_name_swallowing() -> Iterator[str]:
    """Forget to raise again."""
    try:
        yield "Ann"
    except NotTheirs as error:
        print(error)


def get_name_raising() -> Iterator[str]:
    """Look at the exception, and pass it on."""
    try:
        yield "Ann"
    except NotTheirs as error:
        print(error)
        raise


def look_up(item: str, name: str) -> str:
    """Return an item, if it is somebody's."""
    if item != "chair":
        raise NotTheirs(name)
    return item


@app.get("/translating/{item}")
def read_translating(item: str, name: Annotated[str, Depends(get_name_translating)]) -> str:
    """Read what may be somebody else's."""
    return look_up(item, name)


@app.get("/swallowing/{item}")
def read_swallowing(item: str, name: Annotated[str, Depends(get_name_swallowing)]) -> str:
    """Read what may be somebody else's."""
    return look_up(item, name)


@app.get("/raising/{item}")
def read_raising(item: str, name: Annotated[str, Depends(get_name_raising)]) -> str:
    """Read what may be somebody else's."""
    return look_up(item, name)


def get_session() -> Iterator[Session]:
    """Create, yield, close."""
    with Session(engine) as session:
        yield session


def check_user(session: Annotated[Session, Depends(get_session)]) -> None:
    """Refuse who isn't known."""
    if session.get(User, 1) is None:
        raise HTTPException(403)


def check_user_and_close(session: Annotated[Session, Depends(get_session)]) -> None:
    """Refuse who isn't known, and give the connection back."""
    check_user(session)
    session.close()


def slowly(text: str) -> Iterator[str]:
    """Send one character after the other."""
    for character in text:
        yield character
        time.sleep(0.01)


@app.get("/generate", dependencies=[Depends(check_user)])
def generate() -> StreamingResponse:
    """Stream what needs no session."""
    return StreamingResponse(slowly("slowly"))


@app.get("/generate-closed", dependencies=[Depends(check_user_and_close)])
def generate_closed() -> StreamingResponse:
    """Stream what needs no session, and holds none."""
    return StreamingResponse(slowly("slowly"))
