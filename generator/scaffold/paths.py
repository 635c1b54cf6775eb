"""Paths as they are typed."""

from pathlib import Path

from scaffold.errors import Refusal


def is_folder(path: Path) -> bool:
    """Return whether a folder is there; what can't be looked at is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def with_home(path: Path) -> Path:
    """Return a path with the home that its `~` or `~name` stands for; raises Refusal if there is none such."""
    try:
        return path.expanduser()
    except RuntimeError:
        message = f"{path}: there is no home for {path.parts[0]}: write ./{path} if that is its name"
        raise Refusal(message) from None
