"""What a SQL statement does, told by its text."""

from __future__ import annotations

import re
from contextlib import suppress

# Each character in one way only: what doesn't match is told as fast as what does.
_COMMENTS = r"(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
_WRITE = re.compile(
    _COMMENTS + r"(?:(?:insert|update|delete|merge|replace|alter|drop|truncate)\b"
    r"|create\b(?!\s+(?:global\s+|local\s+)?temp)"
    r"|copy\s+(?!\()[^(]*(?:\([^)]*\))?\s*from\b"
    r"|with\b.*[()]\s*(?:insert\s+into|update\s+[^()]*\bset|delete\s+from|merge\s+into)\b)",
    re.IGNORECASE | re.DOTALL,
)
_READ = re.compile(_COMMENTS + r"(?:select|with|values|table|show|explain|pragma)\b", re.IGNORECASE | re.DOTALL)
_END = re.compile(_COMMENTS + r"(commit|end|rollback(?!\s+to)|abort)\b", re.IGNORECASE | re.DOTALL)
SAVEPOINT = re.compile(_COMMENTS + r"(savepoint|rollback\s+to(?:\s+savepoint)?)\s+([^\s;]+)", re.IGNORECASE | re.DOTALL)


def meaning(statement: str) -> str | None:
    """Return what a SQL statement does: "read", "write", "commit", "rollback", or None."""
    if end := _END.match(statement):
        return "commit" if end[1].lower() in ("commit", "end") else "rollback"
    if _WRITE.match(statement):
        return "write"
    return "read" if _READ.match(statement) else None


def text_of(statement: object) -> str | None:
    """Return the text of what a driver is given to run; None if it is no statement."""
    if isinstance(statement, bytes):
        return statement.decode("utf-8", "replace")
    if isinstance(statement, str):
        return statement
    # What psycopg composes; some of it needs a connection.
    compose = getattr(statement, "as_string", None)
    with suppress(TypeError):
        return str(compose(None)) if compose is not None else None
    return None
