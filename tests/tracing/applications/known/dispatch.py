"""As Netflix/dispatch does it, in src/dispatch/main.py, database/core.py and tag_type/service.py.

Middleware opens a session in a registry of sessions, commits it when the rest has answered, and closes it;
a dependency without yield hands it out, and what writes commits by itself.
"""

import os
import uuid
from contextvars import ContextVar
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.dispatch", connect_args={"check_same_thread": False})
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
app = FastAPI()


class Base(DeclarativeBase):
    """The tables."""


class TagType(Base):
    """One row."""

    __tablename__ = "tag_types"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


Base.metadata.create_all(engine)


@app.middleware("http")
async def lend_session(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Open, commit when the rest has answered, close."""
    token = request_id.set(str(uuid.uuid4()))
    schema_engine = engine.execution_options(schema_translate_map={None: "main"})
    registry = scoped_session(sessionmaker(bind=schema_engine), scopefunc=request_id.get)
    session = registry()
    request.state.db = session
    try:
        response = await call_next(request)
        if session.is_active:
            session.commit()
    except Exception:
        if session.is_active:
            session.rollback()
        raise
    else:
        return response
    finally:
        session.close()
        registry.remove()
        request_id.reset(token)


def get_db(request: Request) -> Session:
    """Hand out the middleware's session."""
    session: Session = request.state.db
    return session


DbSession = Annotated[Session, Depends(get_db)]


def create(session: Session, name: str) -> TagType:
    """Write, and commit."""
    found = TagType(name=name)
    session.add(found)
    session.commit()
    return found


@app.get("/tag_types")
def get_tag_types(session: DbSession) -> list[str]:
    """Read."""
    return [each.name for each in session.scalars(select(TagType))]


@app.post("/tag_types")
def create_tag_type(session: DbSession) -> int:
    """Write, commit, and read for the answer what the commit made old."""
    return create(session, "a").id


@app.post("/tag_types-uncommitted")
def create_tag_type_uncommitted(session: DbSession) -> None:
    """Write, and leave the commit to the middleware."""
    session.add(TagType(name="a"))
    session.flush()


@app.get("/tag_types/{name}")
def get_tag_type(session: DbSession, name: str) -> int:
    """Refuse what isn't there."""
    found = session.scalar(select(TagType).where(TagType.name == name))
    if found is None:
        raise HTTPException(404)
    return found.id
