"""`--help` of the commands that make or change a project: it lists what the template at hand knows."""

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from scaffold.bundle import brought
from scaffold.errors import Refusal
from scaffold.git import GitError
from scaffold.kinds import listed, offered, read_kinds
from scaffold.questions import read_questions
from scaffold.template import Template, find_template, own_clone
from scaffold.terminal import wrapped


def show_with_kinds(context: typer.Context, wanted: bool) -> None:
    """Print the help and the kinds there are, and end, if that is wanted."""
    if wanted:
        _show(context, _kinds)


def show_with_kinds_and_questions(context: typer.Context, wanted: bool) -> None:
    """Print the help, the kinds and the questions there are, and end, if that is wanted."""
    if wanted:
        _show(context, _kinds_and_questions)


WithKinds = Annotated[
    bool, typer.Option("--help", "-h", is_eager=True, callback=show_with_kinds, help="Show this message and exit.")
]
WithKindsAndQuestions = Annotated[
    bool,
    typer.Option(
        "--help", "-h", is_eager=True, callback=show_with_kinds_and_questions, help="Show this message and exit."
    ),
]


def _show(context: typer.Context, listing: Callable[[Template], Iterator[str]]) -> None:
    typer.echo(context.get_help())
    try:
        if own_clone() or brought():
            with find_template(None, None) as template:
                typer.echo("\n".join(["", *listing(template)]))
    except (Refusal, GitError, OSError):
        pass  # help is shown also where git, the template or the disk is out of order
    raise typer.Exit


def _kinds(template: Template) -> Iterator[str]:
    yield "Kinds, each with its options for --set:"
    yield from listed(offered(read_kinds(template)).values())


def _kinds_and_questions(template: Template) -> Iterator[str]:
    yield from _kinds(template)
    questions = read_questions(template)
    width = max(map(len, questions))
    yield ""
    yield "Questions, for --data:"
    for question in questions.values():
        choices = "yes or no" if question.type == "bool" else ", ".join(question.choices)
        text = f"{question.help}: {choices}" if choices else question.help
        yield from wrapped(f"  {question.name:{width}}  ", text)
