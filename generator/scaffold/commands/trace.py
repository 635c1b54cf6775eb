"""`scaffold trace`: one real request, and what every dependency with yield did in it."""

from pathlib import Path
from typing import Annotated

import typer

from scaffold.commands.options import Json, ProjectFolder
from scaffold.errors import Refusal


def trace(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, …")] = "",
    path: Annotated[str, typer.Argument(metavar="PATH", help="A path of the application, with its query.")] = "",
    json_body: Annotated[
        str | None, typer.Option("--json-body", metavar="TEXT", help="What to send, as JSON.", show_default=False)
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="NAME:VALUE", help="A header to send.", show_default=False)
    ] = None,
    app: Annotated[str, typer.Option("--app", metavar="MODULE:NAME", help="The application, or its factory.")] = "",
    project: ProjectFolder = Path(),
    python: Annotated[
        Path | None, typer.Option("--python", metavar="PATH", help="The project's interpreter.", show_default=False)
    ] = None,
    raises: Annotated[bool, typer.Option("--raise", help="Let the endpoint raise when its work is done.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page to walk through, too.", show_default=False),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every GET and HEAD without input; findings only.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="For start and request.", min=1)] = 30,
    json: Json = False,
) -> None:
    """Trace one real request of an application: when each dependency with yield opened and closed what it yields.

    It is served by its own interpreter, with its own settings: what the request writes is written.
    """
    if all_ == bool(method or path):
        message = "say what to ask, as in scaffold trace GET /notes, or --all"
        raise Refusal(message)
    if all_ and (json_body is not None or raises or html is not None):
        message = "--all asks only what needs no input: leave --json-body, --raise and --html to a request of its own"
        raise Refusal(message)
    from scaffold.trace.asking import request_of, trace_all, trace_one

    if all_:
        trace_all(project, app, python, header or [], timeout, as_json=json)
        return
    request = request_of(method, path, json_body, header or [], raises=raises)
    trace_one(project, app, python, request, timeout, html=html, as_json=json)
