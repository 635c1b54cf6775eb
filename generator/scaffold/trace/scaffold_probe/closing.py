"""How things are closed, and what is known of whether they are."""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress

from .frames import is_library, is_standard
from .record import unrecorded

CLOSE_FOR_GOOD = frozenset({"close", "aclose", "dispose", "disconnect"})
# What ends a block that has something.
EXITS = frozenset({"__exit__", "__aexit__"})


def says_it_is_closed(value: object) -> bool | None:
    """Return whether something is closed, by its own word; None if it has none, or is the application's own.

    Of the application's own objects nothing is asked: an attribute may be a column, and a look at it a statement.
    """
    kind = type(value)
    source = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if (source and not is_library(source) and not is_standard(source)) or not can_be_closed(kind):
        return None
    words = []
    for name in ("is_closed", "closed", "_closed"):
        with suppress(Exception), unrecorded():  # it may not like to be asked
            said = getattr(value, name, None)
            words.append(said() if inspect.ismethod(said) and not inspect.iscoroutinefunction(said) else said)
    said_so = [word for word in words if isinstance(word, bool)]
    return any(said_so) if said_so else None


def can_be_closed(kind: type) -> bool:
    """Return whether objects of a class have a way to be closed."""
    return any(callable(getattr(kind, name, None)) for name in CLOSE_FOR_GOOD)
