"""Templates are compiled once for all projects that are rendered: half of a render's time is Jinja's compiler."""

from collections.abc import Hashable
from types import CodeType

from jinja2 import Environment

# What the compiler's work depends on, beside the source.
SYNTAX = (
    "block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string",
    "comment_end_string", "line_statement_prefix", "line_comment_prefix", "trim_blocks", "lstrip_blocks",
    "newline_sequence", "keep_trailing_newline", "autoescape", "optimized", "finalize", "sandboxed", "is_async",
)  # fmt: skip

_compile = Environment.compile
_known: dict[Hashable, CodeType] = {}


def compile_once(
    environment: Environment,
    source: object,
    name: str | None = None,
    filename: str | None = None,
    raw: bool = False,
    defer_init: bool = False,
) -> str | CodeType:
    """Do what `Environment.compile` does; Copier makes an environment for each render, alike but for the folder."""
    if raw or not isinstance(source, str):
        return _compile(environment, source, name, filename, raw, defer_init)  # type: ignore[call-overload,no-any-return]
    syntax = tuple(getattr(environment, option) for option in SYNTAX)
    key = (type(environment), syntax, tuple(sorted(environment.extensions)), source, name, defer_init)
    if key in _known:
        environment.preprocess(source, name, filename)  # in which extensions begin anew
    else:
        _known[key] = _compile(environment, source, name, filename, raw=False, defer_init=defer_init)
    return _known[key]


def compile_all_once() -> None:
    """Let every environment of this process do so."""
    setattr(Environment, "compile", compile_once)  # noqa: B010 - a type checker would see an assignment to a method
