"""Which merge understands which file of a project."""

import re
from collections.abc import Callable

from scaffold.merging import lines, sections, toml

# Takes what the template made before, what stands in the project, and what the template makes now.
Merge = Callable[[str, str, str], str]

MERGES: list[tuple[str, Merge]] = [
    (r"pyproject\.toml", toml.merge),
    (r"compose\.yaml", sections.merge),
    (r"\.env\.example", lines.merge_settings),
    (r"alembic\.ini", lines.merge_sections),
    (r"\.gitignore|\.dockerignore|(README|AGENTS)\.md", lines.merge),
    (r"src/[^/]+/dependencies/__init__\.py", lines.merge_code),
]


def merge_for(path: str) -> Merge | None:
    """Return the merge that understands a file of a project, or None: then git's own has to do."""
    return next((merge for pattern, merge in MERGES if re.fullmatch(pattern, path)), None)
