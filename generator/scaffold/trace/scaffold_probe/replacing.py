"""How something of the probe's takes the place of a name that is looked up when it is called."""

from __future__ import annotations


def replace(owner: object, name: str, stand_in: object) -> None:
    """Let a name of a module or class mean something that does the same, and notes it."""
    setattr(owner, name, stand_in)
