"""As apache/airflow does it, in airflow-core/src/airflow/api_fastapi/common/db/common.py and utils/session.py.

A context manager commits when its block ends; the dependency that lends its session is asked for in function scope.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(f"sqlite:///{os.environ['NOTES']}.airflow", connect_args={"check_same_thread": False})
sessions = sessionmaker(engine, autoflush=False, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    """The tables."""


class Variable(Base):
    """One row."""

    __tablename__ = "variables"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


Base.metadata.create_all(engine)
with sessions.begin() as first:
    first.add_all([Variable(key="there", value="a"), Variable(key="old", value="a")])


@contextmanager
def create_session() -> Iterator[Session]:
    """Commit or roll back, and close."""
    session = sessions()
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


def get_session() -> Iterator[Session]:
    """Lend a session that is committed."""
    with create_session() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def find(session: Session, key: str) -> Variable | None:
    """Read one."""
    return session.scalar(select(Variable).where(Variable.key == key).limit(1))


@app.get("/variables/{key}")
def get_variable(session: SessionDep, key: str) -> str:
    """Read."""
    found = find(session, key)
    if found is None:
        raise HTTPException(404)
    return found.value


@app.post("/variables/{key}", status_code=201)
def post_variable(session: SessionDep, key: str) -> str:
    """Write if it isn't there, read it again, leave the commit to the block."""
    if find(session, key) is not None:
        raise HTTPException(409)
    values = {"key": key, "value": "a"}
    session.execute(insert(Variable).values(values).on_conflict_do_update(["key"], set_=values))
    found = find(session, key)
    return found.value if found is not None else ""


@app.delete("/variables/{key}", status_code=204)
def delete_variable(session: SessionDep, key: str) -> None:
    """Delete."""
    found = find(session, key)
    if found is None:
        raise HTTPException(404)
    session.delete(found)
