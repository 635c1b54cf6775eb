"""The generated application without the query that ends what a session has left before another request gets it."""

from generated import app
from measured import postgresql_connections

__all__ = ["app"]

postgresql_connections._clean = lambda *_: None
