"""The code that a page shows: the functions in which something happened, with what happened at which line."""

import ast
import tokenize
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

# Lines around one that stands in no function, and around those of a function too long to be shown.
AROUND, LONGEST = 8, 60


@dataclass(frozen=True)
class Line:
    """A line of code: its number, and itself as HTML."""

    number: int
    code: Markup


@dataclass(frozen=True)
class Excerpt:
    """Some lines of a file that stand together."""

    path: str
    lines: Sequence[Line]

    @property
    def begin(self) -> int:
        """The number of its first line."""
        return self.lines[0].number

    @property
    def end(self) -> int:
        """The number of its last line."""
        return self.lines[-1].number


def excerpts_of(places: Iterable[tuple[str, int]]) -> list[Excerpt]:
    """Return the code around some lines, in the order of these; a file that can't be read has none."""
    marks: dict[tuple[str, int, int], set[int]] = {}
    for path, line in places:
        source = _lines_of(path)
        if 0 < line <= len(source):
            begin, end = _around(path, line)
            marks.setdefault((path, begin, end), set()).add(line)
    found = []
    for (path, begin, end), lines in marks.items():
        if end - begin >= LONGEST:
            begin, end = max(begin, min(lines) - AROUND), min(end, max(lines) + AROUND)
        found.append(Excerpt(path, _highlighted(_lines_of(path)[begin - 1 : end], begin)))
    return found


@cache
def _lines_of(path: str) -> list[str]:
    """Return the lines of a file as Python counts them: a form feed ends none."""
    try:
        with tokenize.open(path) as source:
            return source.read().removesuffix("\n").split("\n")
    except (OSError, ValueError, SyntaxError):
        return []


@cache
def _functions_of(path: str) -> list[tuple[int, int]]:
    """Return where functions begin and end, decorators included; inner ones come after those they stand in."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse("\n".join(_lines_of(path)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # for another Python, or no Python at all
        return []
    return [
        (min([each.lineno, *(decorator.lineno for decorator in each.decorator_list)]), each.end_lineno or each.lineno)
        for each in ast.walk(tree)
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _around(path: str, line: int) -> tuple[int, int]:
    inside = [(begin, end) for begin, end in _functions_of(path) if begin <= line <= end]
    return inside[-1] if inside else (max(1, line - AROUND), min(len(_lines_of(path)), line + AROUND))


def _highlighted(lines: Sequence[str], begin: int) -> list[Line]:
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    code = "\n".join(line[indent:] for line in lines)
    # No tag reaches over the end of a line.
    coloured = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).split("\n")
    return [Line(begin + offset, Markup(line)) for offset, line in enumerate(coloured[: len(lines)])]
