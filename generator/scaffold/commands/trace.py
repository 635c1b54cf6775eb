"""`scaffold trace`: one real request, and what every dependency with yield did in it."""

import json as json_
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from scaffold.commands.options import Json, ProjectFolder
from scaffold.errors import PersonNeeded, Refusal
from scaffold.terminal import print_json
from scaffold.trace import report
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.findings import Finding, judge
from scaffold.trace.probe import Served, serve
from scaffold.trace.steps import steps_of
from scaffold.trace.target import Target, find_target

SERVER_ERROR = 500
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The request's own: what is sent decides them.
_OWN_HEADERS = ("content-length", "transfer-encoding", "host", "connection")


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
    if all_ and (json_body is not None or raises):
        message = "--all asks only what needs no input: leave --json-body and --raise to a request of its own"
        raise Refusal(message)
    request = None if all_ else _request(method, path, json_body, header or [])
    target = find_target(project, app, python)
    deadline = Deadline(timeout)
    with serve(target, deadline, raises=raises, lists_routes=all_) as served:
        if request is None:
            _trace_all(served, target, _headers(header or []), timeout, as_json=json)
        else:
            _trace_one(served, target, request, deadline, raises=raises, as_json=json)


def _request(method: str, path: str, body: str | None, headers: list[str]) -> Request:
    if not method.isalpha() or not path:
        message = f"{f'{method} {path}'.strip()!r} is no request: write METHOD PATH, as in GET /notes"
        raise Refusal(message)
    if not path.startswith("/"):
        message = f"{path!r} is no path: write it from its slash on, as in /notes"
        raise Refusal(message)
    if body is not None:
        try:
            json_.loads(body)
        except ValueError as error:
            message = f"--json-body is no JSON: {error}"
            raise Refusal(message) from None
    return Request(method.upper(), path, _headers(headers), body)


def _headers(headers: list[str]) -> dict[str, str]:
    found = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name.strip()) or name.strip().lower() in _OWN_HEADERS:
            message = f"--header {header!r} is no header of yours: write NAME:VALUE"
            raise Refusal(message)
        found[name.strip()] = value.strip()
    return found


def _trace_one(
    served: Served, target: Target, request: Request, deadline: Deadline, *, raises: bool, as_json: bool
) -> None:
    found = _report(served, target, request, deadline)
    if as_json:
        print_json(report.as_json(found))
    else:
        from scaffold.trace import tables  # Rich takes its time, and no other command needs it

        tables.show(found)
        if found.trace.status >= SERVER_ERROR or not found.trace.status:
            typer.echo(served.channel.output(), err=True)
    if raises and found.trace.first("raised") is None:
        typer.echo("scaffold: warning: nothing could be raised: no plain endpoint ran", err=True)
    _conclude(found.findings)


def _trace_all(served: Served, target: Target, headers: dict[str, str], timeout: float, *, as_json: bool) -> None:
    """Trace every route that reads and needs no input; one that doesn't end, or is refused, is said and left out."""
    reports, left_out = [], []
    for route in served.routes:
        request = Request(route.method, route.path, headers)
        try:
            reports.append(_report(served, target, request, Deadline(timeout)))
        except Refusal as refusal:
            left_out.append(str(refusal))
    if as_json:
        print_json(report.all_as_json(reports, left_out, served.versions))
    else:
        from scaffold.trace import tables

        tables.show_all(reports, left_out)
    _conclude([finding for each in reports for finding in each.findings])


def _report(served: Served, target: Target, request: Request, deadline: Deadline) -> report.Report:
    trace = ask(served, request, deadline)
    return report.Report(trace, steps_of(trace), judge(trace), served.versions, target.folder)


def _conclude(findings: Sequence[Finding]) -> None:
    if findings:
        message = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        raise PersonNeeded(message, printed=True)
