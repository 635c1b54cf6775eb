"""What a merge by meaning can't settle."""


class ConflictError(Exception):
    """Both sides changed the same thing differently; git's own merge shows where."""
