"""What a call of a function means, told by the function's name: drivers need no code of ours."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import CO_COROUTINE
from types import FrameType

from . import costly
from .closing import CLOSE_FOR_GOOD, EXITS
from .frames import callers, first_argument, is_library, is_sqlalchemy, is_standard, users_place
from .record import DEPENDENCY, RECORDING, Place, Recording, harmless
from .statements import SAVEPOINT, meaning, text_of

# Exact names: the standard library has _commit_removals and its like.
COMMIT = frozenset({"commit", "__commit", "_commit_gen", "commit_transaction"})
ROLLBACK = frozenset({"rollback", "__rollback", "_rollback_gen", "abort_transaction"})
RUN = frozenset(
    {"execute", "executemany", "executescript", "execute_insert", "execute_fetchall", "copy"}
    # Tortoise ORM's
    | {"execute_many", "execute_query", "execute_query_dict", "execute_script"}
)
COPY = frozenset({"copy_records_to_table", "copy_to_table"})
FETCH = frozenset(
    {"fetch", "fetchrow", "fetchval", "fetchone", "fetchmany", "fetchall", "_fetch_row", "_exec", "_bind_exec"}
)
FETCH_BUFFERED = frozenset({"_fetchone_impl", "_fetchmany_impl", "_fetchiter_impl"})
CLOSE = CLOSE_FOR_GOOD | {"release", "putconn"}
ACQUIRE = frozenset({"_acquire", "getconn"})
GIVE_BACK = frozenset({"release", "putconn"})
# It sets savepoints, and undoes what follows them (psycopg).
COMMAND = "_exec_command"
# A session takes part in a command that is about to be sent (pymongo): also one that nobody handed to it.
APPLY = "_apply_to"

_TOLD = COMMIT | ROLLBACK | RUN | COPY | FETCH | FETCH_BUFFERED | ACQUIRE
NAMES = frozenset({costly.MADE, COMMAND, APPLY}) | _TOLD | CLOSE
# The commands of MongoDB.
_MEANINGS = {
    **dict.fromkeys(("insert", "update", "delete", "findAndModify", "bulkWrite", "create", "createIndexes"), "write"),
    **dict.fromkeys(("find", "aggregate", "count", "distinct"), "read"),
    "getMore": "fetch",
}
# What these call ends no transaction, whatever it is called (Tortoise ORM).
_NO_ENDS = frozenset({"begin", "release_savepoint", "savepoint_rollback"})


def concerns(name: str, file: str) -> bool:
    """Return whether calls of a function can mean anything."""
    if name == costly.MADE:
        # Those of data classes are made by the language, in files that are none.
        return file.startswith("<") or not is_standard(file)
    return name in NAMES and not is_standard(file)


@harmless
def note_call(frame: FrameType) -> None:
    """Note what the function means that a frame begins to run, if it means anything."""
    recording = RECORDING.get()
    if recording is None:
        return
    name, file = frame.f_code.co_name, frame.f_code.co_filename
    if name == costly.MADE:
        costly.note_made(recording, frame)
    elif name in ACQUIRE or name in CLOSE:
        _note_close(recording, frame, name)
    elif is_sqlalchemy(file):
        if name in FETCH or name in FETCH_BUFFERED:
            recording.add("fetch")
    elif not is_library(file):
        _note_own(recording, frame, name)
    elif name == "copy" and not _speaks_sql(first_argument(frame)):
        pass
    elif name == APPLY:
        _note_document(recording, frame)
    elif name in (COMMAND, "execute") and _note_savepoint(recording, frame):
        pass
    elif name != COMMAND and name not in FETCH_BUFFERED and not _is_within_another(frame):
        _note_statement(recording, frame, name)


def _note_close(recording: Recording, frame: FrameType, name: str) -> None:
    subject = first_argument(frame)
    if _is_pool(subject):
        if name in ACQUIRE:
            recording.add("acquire", users_place(frame), connection=id(subject))
        elif name in GIVE_BACK:
            recording.add("give back", users_place(frame), connection=id(subject))
    if name in CLOSE_FOR_GOOD:
        recording.closed.add(id(subject))
    for value in (subject, first_argument(frame, 1)):
        holder = recording.holder(value) if value is not None else None
        if holder is not None:
            holder.handled = holder.handled or holder.leaving
            kind = "async" if frame.f_code.co_flags & CO_COROUTINE else "sync"
            recording.add("close", users_place(frame.f_back), resource=holder.number, name=name, kind=kind)
            return


def _is_pool(subject: object) -> bool:
    kind = type(subject)
    return kind.__name__.endswith("Pool") and not kind.__module__.startswith(("sqlalchemy", "redis", "valkey", "http"))


def _speaks_sql(subject: object) -> bool:
    """Return whether something is a driver's: others can be copied, too."""
    return any(word in type(subject).__name__ for word in ("Cursor", "Connection"))


def _note_own(recording: Recording, frame: FrameType, name: str) -> None:
    """Note a commit or rollback of the application's own making: what it does shows below it, if anywhere."""
    if name in COMMIT or name in ROLLBACK:
        outer = frame.f_back
        recording.add("call", users_place(outer), name="commit" if name in COMMIT else "rollback")


def _is_within_another(frame: FrameType) -> bool:
    """Return whether a driver's function was called by SQLAlchemy, or by one of a library's that was noted."""
    if _is_nested(first_argument(frame)):
        return True
    for outer in callers(frame.f_back):
        code = outer.f_code
        if is_sqlalchemy(code.co_filename):
            return True
        if is_standard(code.co_filename):
            continue
        if not is_library(code.co_filename):
            return False
        if code.co_name in _NO_ENDS or (code.co_name in _TOLD and not _is_told_objects(outer)):
            return True
    return False


def _is_nested(subject: object) -> bool:
    """Return whether a transaction of a driver's own is a savepoint (asyncpg, psycopg)."""
    return getattr(subject, "_nested", False) is True or getattr(subject, "_outer_transaction", True) is False


def _is_told_objects(frame: FrameType) -> bool:
    """Return whether a function is asked to store objects, and has others run the statements for it."""
    told = first_argument(frame, 1)
    return frame.f_code.co_name in RUN and told is not None and text_of(told) is None


def _note_savepoint(recording: Recording, frame: FrameType) -> bool:
    """Note, if a statement sets a savepoint or undoes what followed one, which writes there were before it."""
    statement = SAVEPOINT.match(text_of(first_argument(frame, 1)) or "")
    if statement is None:
        return False
    connection = id(connection_of(first_argument(frame)))
    if statement[1].lower() == "savepoint":
        recording.savepoints[connection, statement[2]] = connection in recording.unfinished
    elif recording.savepoints.get((connection, statement[2])) is False:
        recording.unfinished.pop(connection, None)
    return True


def _note_statement(recording: Recording, frame: FrameType, name: str) -> None:
    subject = first_argument(frame)
    connection = connection_of(subject)
    place = users_place(frame)
    if name in COMMIT or name in ROLLBACK:
        note_end(recording, "commit" if name in COMMIT else "rollback", id(connection), place)
        return
    # A prepared statement of asyncpg's knows its text; what it is given are values.
    prepared = type(subject).__name__ == "PreparedStatement"
    text = text_of(getattr(subject, "_query", None) if prepared else first_argument(frame, 1))
    if name in COPY:
        what: str | None = "write"
    elif text is not None:
        what = meaning(text)
    elif _is_told_objects(frame):
        return
    else:
        what = "fetch"
    if what in ("commit", "rollback"):
        note_end(recording, what, id(connection), place)
    elif what is not None:
        if what == "write":
            recording.unfinished[id(connection)] = connection
        recording.add(what, place, connection=id(connection))
    holder = recording.holder(subject) or recording.holder(connection)
    if holder is not None:
        note_use(recording, holder.number, f"{name}()", place)


def _note_document(recording: Recording, frame: FrameType) -> None:
    """Note a command that MongoDB is sent; what is written outside of a transaction is stored at once."""
    session, command = first_argument(frame), first_argument(frame, 1)
    if not type(session).__name__.endswith("ClientSession") or not isinstance(command, Mapping):
        return
    what = _MEANINGS.get(next(iter(command), ""))
    if what is None:
        return
    # A session that nobody started is as short as its command.
    subject = session if is_in_transaction(session) else getattr(session, "client", session)
    if what == "write" and subject is session:
        recording.unfinished[id(session)] = session
    recording.add(what, users_place(frame), connection=id(subject), at_once=subject is not session)


@harmless
def note_method(frame: FrameType, name: str) -> None:
    """Note that somebody uses what a dependency yielded, by the method that a frame begins to run."""
    recording = RECORDING.get()
    if recording is None:
        return
    subject = first_argument(frame)
    if name.rstrip("()") in EXITS:
        recording.closed.add(id(subject))
    holder = recording.holder(subject)
    if holder is None:
        return
    if holder.leaving:
        holder.handled = True
    elif not name.startswith("_"):
        note_use(recording, holder.number, name, users_place(frame.f_back))


def note_end(recording: Recording, what: str, connection: int, place: Place) -> None:
    """Note that a transaction ends, by "commit" or "rollback"."""
    recording.unfinished.pop(connection, None)
    recording.add(what, place, connection=connection)


@harmless
def note_use(recording: Recording, resource: int, name: str, place: Place) -> None:
    """Note that somebody uses what a dependency yielded: the endpoint, or another dependency."""
    running = DEPENDENCY.get()
    user = running.number if running else None
    use = resource, user, recording.in_loop
    if user == resource or use in recording.used:
        return
    recording.used.add(use)
    recording.add("use", place, resource=resource, name=name)


def connection_of(subject: object) -> object:
    """Return the connection that a cursor or a transaction belongs to, or the object itself."""
    found = subject
    if "Connection" not in type(subject).__name__:
        inner = (getattr(subject, name, None) for name in ("_connection", "_conn", "_con", "connection"))
        found = next((each for each in inner if "Connection" in type(each).__name__), subject)
    # asyncpg's pool lends proxies.
    return getattr(found, "_con", None) or found if type(found).__name__ == "PoolConnectionProxy" else found


def is_in_transaction(connection: object) -> bool | None:
    """Return whether a driver's connection has begun a transaction; None if it has no way to tell."""
    for name in ("is_in_transaction", "in_transaction"):
        found = getattr(connection, name, None)
        found = found() if callable(found) else found
        if isinstance(found, bool):
            return found
    status = getattr(getattr(connection, "info", None), "transaction_status", None)
    return int(status) != 0 if status is not None else None
