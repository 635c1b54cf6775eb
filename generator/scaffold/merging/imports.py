"""Merges of what a Python module imports: lines that stand side by side there don't quarrel."""

import ast
from collections import Counter
from collections.abc import Sequence
from itertools import dropwhile, takewhile

from scaffold.merging import lines
from scaffold.merging.conflict import ConflictError


def with_merged_imports(base: str, ours: str, theirs: str) -> tuple[str, ...]:
    """Return the three texts, each with all the imports that the merged module has: what is left is for git to merge.

    Raises ConflictError if the imports can't be merged, or if one of the texts isn't Python or imports nothing.
    """
    split = [_split(text) for text in (base, ours, theirs)]
    before, mine, new = (imports for _, imports, _ in split)
    merged = lines.merge_code(before, mine, new)
    known = _names(mine) | _names(new)  # the larger count of each
    if twice := next((name for name, count in _names(merged).items() if count > known[name]), None):
        message = f"{twice} would be imported twice"
        raise ConflictError(message)
    return tuple(f"{before}{merged}{after}" for before, _, after in split)


def _split(text: str) -> tuple[str, str, str]:
    """Return what stands before the first imports, these, and what follows them."""
    try:
        imports = _first_imports(ast.parse(text).body)
    except (SyntaxError, ValueError) as error:
        raise ConflictError(str(error)) from None
    if not imports:
        message = "nothing is imported"
        raise ConflictError(message)
    found = text.splitlines(keepends=True)
    start, end = imports[0].lineno - 1, imports[-1].end_lineno
    return "".join(found[:start]), "".join(found[start:end]), "".join(found[end:])


def _first_imports(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    following = dropwhile(lambda statement: not _is_import(statement), statements)
    return list(takewhile(_is_import, following))


def _is_import(statement: ast.stmt) -> bool:
    """Return whether it may stand in any order with others, as one from __future__ may not."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module != "__future__"
    return isinstance(statement, ast.Import)


def _names(imports: str) -> Counter[str]:
    """Return how often each name is imported."""
    found = (alias for node in ast.parse(imports).body if _is_import(node) for alias in _aliases(node))
    return Counter(alias.asname or alias.name for alias in found)


def _aliases(node: ast.stmt) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
