"""Libraries that tell more than the names of their functions do: SQLAlchemy's events, and sqlite3's, written in C."""

from __future__ import annotations

import functools
import re
import sqlite3
import sys
from typing import TYPE_CHECKING, Callable, cast

from . import calls
from .frames import callers, is_sqlalchemy, users_place
from .record import DEPENDENCY, RECORDING, Place, Recording, harmless, unrecorded
from .replacing import replace
from .statements import meaning

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext
    from sqlalchemy.orm import Session, SessionTransaction

_installed: set[str] = set()


def install() -> None:
    """Listen to what is loaded by now."""
    _once("sqlite3", _watch_sqlite)
    _once("sqlalchemy.engine", _listen_to_engines)
    _once("sqlalchemy.orm", _listen_to_sessions)


def _once(module: str, listen: Callable[[], None]) -> None:
    if module in sys.modules and module not in _installed:
        _installed.add(module)
        listen()


def _watch_sqlite() -> None:
    """Hear each statement that SQLite runs, also those of Python's own module, whose `with` commits in C."""
    connect = sqlite3.connect

    @functools.wraps(connect)
    def connect_watched(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = cast("Callable[..., sqlite3.Connection]", connect)(*arguments, **options)
        running = DEPENDENCY.get()
        if running is not None:
            running.made.add(id(connection))
        connection.set_trace_callback(functools.partial(_note_sqlite, id(connection)))
        return connection

    replace(sqlite3, "connect", connect_watched)


# Connections that have begun a transaction: what is written outside of one is stored at once.
_begun: set[int] = set()
_BEGIN = re.compile(r"\s*(?:begin|savepoint)\b", re.IGNORECASE)


@harmless
def _note_sqlite(identity: int, statement: str) -> None:
    recording = RECORDING.get()
    # Drivers over SQLite run it in threads of their own, and are seen themselves.
    if recording is None:
        return
    here = sys._getframe(1)
    if any(is_sqlalchemy(frame.f_code.co_filename) for frame in callers(here)):
        return
    if _BEGIN.match(statement):
        _begun.add(identity)
        return
    what, place = meaning(statement), users_place(here)
    if what in ("commit", "rollback"):
        _begun.discard(identity)
        calls.note_end(recording, what, identity, place)
    elif what is not None:
        at_once = identity not in _begun
        if what == "write" and not at_once:
            recording.unfinished[identity] = True
        recording.add(what, place, connection=identity, at_once=at_once)
        holder = next((each for each in reversed(recording.dependencies) if id(each.value) == identity), None)
        if holder is not None and not holder.leaving:
            calls.note_use(recording, holder.number, "execute()", place)


def _listen_to_engines() -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    event.listen(Engine, "after_cursor_execute", _statement)
    event.listen(Engine, "savepoint", _savepoint)
    event.listen(Engine, "rollback_savepoint", _undo)
    event.listen(Engine, "commit", functools.partial(_end, "commit"))
    event.listen(Engine, "rollback", functools.partial(_end, "rollback"))
    event.listen(Pool, "checkout", _checkout)
    event.listen(Pool, "checkin", _checkin)


def _place() -> Place:
    """Return the line of the application that made SQLAlchemy do something."""
    return users_place(sys._getframe(2))


def _driver_connection(connection: Connection) -> int:
    return id(connection.connection.dbapi_connection)


@harmless
def _statement(
    connection: Connection,
    cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,
) -> None:
    recording = RECORDING.get()
    if recording is None:
        return
    identity, place = _driver_connection(connection), _place()
    what = meaning(statement)
    if what in ("commit", "rollback"):
        calls.note_end(recording, what, identity, place)
        return
    if context is not None and any(getattr(context, kind, False) for kind in ("isinsert", "isupdate", "isdelete")):
        what = "write"
    if what == "write" and _CHANGES.match(statement) and cursor.rowcount == 0:
        what = "read"  # nothing there was to be changed
    at_once = _commits_at_once(connection)
    if what == "write" and not at_once:
        recording.unfinished[identity] = True
    recording.add(what or "read", place, connection=identity, at_once=at_once)


_CHANGES = re.compile(r"\s*(?:update|delete)\b(?!.*\breturning\b)", re.IGNORECASE | re.DOTALL)


def _commits_at_once(connection: Connection) -> bool:
    """Return whether there is no transaction: as engine, connection or driver have it."""
    asks = getattr(connection, "_is_autocommit_isolation", None)
    if asks is not None and asks():
        return True
    return getattr(connection.connection.dbapi_connection, "autocommit", None) is True


@harmless
def _savepoint(connection: Connection, name: str) -> None:
    recording = RECORDING.get()
    if recording is not None:
        identity = _driver_connection(connection)
        recording.savepoints[identity, name] = identity in recording.unfinished


@harmless
def _undo(connection: Connection, name: str, _context: object) -> None:
    """Forget the writes since a savepoint, if there were none before it."""
    recording = RECORDING.get()
    if recording is not None:
        identity = _driver_connection(connection)
        if recording.savepoints.get((identity, name)) is False:
            recording.unfinished.pop(identity, None)


@harmless
def _end(what: str, connection: Connection) -> None:
    recording = RECORDING.get()
    if recording is not None:
        calls.note_end(recording, what, _driver_connection(connection), _place())


@harmless
def _checkout(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    recording = RECORDING.get()
    if recording is not None:
        recording.add("checkout", _place(), connection=id(connection))


@harmless
def _checkin(connection: DBAPIConnection | None, _record: object) -> None:
    recording = RECORDING.get()
    if recording is not None:
        recording.add("collected" if _is_collected() else "checkin", connection=id(connection))


def _is_collected() -> bool:
    """Return whether nobody gave a connection back: the garbage collector found it."""
    for frame in callers(sys._getframe(2)):
        if frame.f_code.co_name == "_finalize_fairy":
            return bool(frame.f_locals.get("is_gc_cleanup"))
    return False


def _listen_to_sessions() -> None:
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    event.listen(Session, "after_transaction_create", _session_begins)
    event.listen(Session, "after_begin", _session_connects)
    event.listen(Session, "after_commit", _session_commits)


@harmless
def _session_begins(session: Session, _transaction: SessionTransaction) -> None:
    recording = RECORDING.get()
    if recording is not None:
        recording.sessions[id(session)] = session


@harmless
def _session_connects(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    recording = RECORDING.get()
    if recording is not None:
        recording.add(
            "joined",
            session=id(session),
            connection=_driver_connection(connection),
            resource=recording.holder_of_session(session),
        )


@harmless
def _session_commits(session: Session) -> None:
    recording = RECORDING.get()
    if recording is not None:
        recording.committed.add(id(session))


@harmless
def note_unflushed(recording: Recording, when: str) -> None:
    """Note the sessions of SQLAlchemy that hold changes which the database hasn't been told yet.

    A changed attribute after a commit may be meant for the answer alone, so that it counts only before one.
    """
    for identity, held in list(recording.sessions.items()):
        session = cast("Session", held)
        with unrecorded():
            changed = identity not in recording.committed and any(map(session.is_modified, session.dirty))
            moved = bool(session.new or session.deleted)
        if moved or changed:
            recording.add(
                "unfinished",
                when=when,
                session=identity,
                known=True,
                changes_only=not moved,
                resource=recording.holder_of_session(session),
            )
