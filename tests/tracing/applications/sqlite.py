"""SQLite through Python's own module, which is written in C."""

import os
import sqlite3
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def connect(isolation_level: str | None = "DEFERRED") -> sqlite3.Connection:
    """Return a connection to a database with a table."""
    connection = sqlite3.connect(
        f"{os.environ['NOTES']}.raw",
        check_same_thread=False,
        isolation_level=isolation_level,  # type: ignore[arg-type]
    )
    connection.execute("CREATE TABLE IF NOT EXISTS notes (title TEXT)")
    return connection


def get_plain() -> Iterator[sqlite3.Connection]:
    """Create, yield, close."""
    connection = connect()
    try:
        yield connection
    finally:
        connection.close()


def get_with() -> Iterator[sqlite3.Connection]:
    """Let `with` commit."""
    connection = connect()
    with connection:
        yield connection
    connection.close()


def get_late() -> Iterator[sqlite3.Connection]:
    """Commit after the yield."""
    connection = connect()
    yield connection
    connection.commit()
    connection.close()


def get_autocommit() -> Iterator[sqlite3.Connection]:
    """Commit each statement at once."""
    connection = connect(isolation_level=None)
    yield connection
    connection.close()


def write(connection: sqlite3.Connection) -> None:
    """Insert a row."""
    connection.execute("INSERT INTO notes VALUES (?)", ("a",))


@app.get("/plain")
def plain(connection: Annotated[sqlite3.Connection, Depends(get_plain)]) -> int:
    """Read."""
    return len(connection.execute("SELECT * FROM notes").fetchall())


@app.post("/with")
def with_(connection: Annotated[sqlite3.Connection, Depends(get_with)]) -> None:
    """Leave the commit to `with`."""
    write(connection)


@app.post("/late")
def late(connection: Annotated[sqlite3.Connection, Depends(get_late)]) -> None:
    """Leave the commit to the dependency."""
    write(connection)


@app.post("/in-time")
def in_time(connection: Annotated[sqlite3.Connection, Depends(get_plain)]) -> None:
    """Commit before the answer."""
    write(connection)
    connection.commit()


@app.post("/autocommit")
def autocommit(connection: Annotated[sqlite3.Connection, Depends(get_autocommit)]) -> None:
    """Write what is stored at once."""
    write(connection)


@app.post("/forgotten")
def forgotten(connection: Annotated[sqlite3.Connection, Depends(get_plain)]) -> None:
    """Forget the commit."""
    write(connection)
