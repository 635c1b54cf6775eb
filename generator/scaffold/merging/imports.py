"""Merges of what a Python module imports: lines that stand side by side there don't quarrel."""

import ast
from collections.abc import Sequence
from itertools import dropwhile, takewhile

from scaffold.merging import lines
from scaffold.merging.conflict import ConflictError


def with_merged_imports(base: str, ours: str, theirs: str) -> tuple[str, ...]:
    """Return the three texts, each with all the imports that the merged module has: what is left is for git to merge.

    Raises ConflictError if the imports can't be merged, or if one of the texts isn't Python or imports nothing.
    """
    texts = (base, ours, theirs)
    split = [_split(text) for text in texts]
    merged = lines.merge_code(*(imports for _, imports, _ in split))
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
    return isinstance(statement, ast.Import | ast.ImportFrom)
