"""How calls and lines are seen on this Python."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    from contextlib import nullcontext as traced

    from .monitoring import install, watch_lines, watch_methods
else:
    from .tracing import install, traced, watch_lines, watch_methods

__all__ = ["install", "traced", "watch_lines", "watch_methods"]
