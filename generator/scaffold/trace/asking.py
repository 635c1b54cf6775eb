"""What is asked of an application that is traced, and what becomes of the answers."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from scaffold.errors import PersonNeeded, Refusal
from scaffold.terminal import print_json
from scaffold.trace import report
from scaffold.trace.client import Request, ask
from scaffold.trace.deadline import Deadline
from scaffold.trace.findings import Finding, judge, judge_lifespan
from scaffold.trace.page import saving
from scaffold.trace.probe import Served, serve
from scaffold.trace.steps import steps_of
from scaffold.trace.target import Target, find_target

SERVER_ERROR = 500
READS = ("GET", "HEAD")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The request's own: what is sent decides them.
_OWN_HEADERS = ("content-length", "transfer-encoding", "host", "connection")


def request_of(method: str, path: str, body: str | None, headers: list[str], *, raises: bool) -> Request:
    """Return the request that a command line asks for; raises Refusal if it is none."""
    if not method.isalpha() or not path:
        message = f"{f'{method} {path}'.strip()!r} is no request: write METHOD PATH, as in GET /notes"
        raise Refusal(message)
    if not path.startswith("/"):
        message = f"{path!r} is no path: write it from its slash on, as in /notes"
        raise Refusal(message)
    if body is not None:
        try:
            json.loads(body)
        except ValueError as error:
            message = f"--json-body is no JSON: {error}"
            raise Refusal(message) from None
    return Request(method.upper(), path, _headers(headers), body, raises)


def _headers(headers: list[str]) -> dict[str, str]:
    found = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name.strip()) or name.strip().lower() in _OWN_HEADERS:
            message = f"--header {header!r} is no header of yours: write NAME:VALUE"
            raise Refusal(message)
        found[name.strip()] = value.strip()
    return found


def trace_one(
    project: Path, app: str, python: Path | None, request: Request, timeout: float, *, html: Path | None, as_json: bool
) -> None:
    """Trace a request, show what was seen, and write it to a page; raises Refusal, and PersonNeeded for findings."""
    file = None if html is None else saving.check_place(html)
    target = find_target(project, app, python)
    with serve(target, Deadline(timeout), lists_routes=False) as served:
        runs = [_report(served, target, replace(request, raises=request.raises and file is None), Deadline(timeout))]
        if file is not None and _is_worth_raising(request, runs[0]):
            runs.append(_report(served, target, replace(request, raises=True), Deadline(timeout)))
        found = runs[-1] if request.raises else runs[0]
        other = next((each for each in runs if each is not found), None)
        lifespan = judge_lifespan(served.end())
        if as_json:
            print_json(report.as_json(found, other, lifespan))
        else:
            from scaffold.trace import tables  # Rich takes its time

            tables.show(found, other, lifespan)
            if found.trace.status >= SERVER_ERROR or not found.trace.status:
                typer.echo(served.channel.output(), err=True)
    if request.raises and found.trace.first("raised") is None:
        typer.echo("scaffold: warning: nothing could be raised: no plain endpoint ran", err=True)
    if file is not None:
        from scaffold.trace.page.document import page_of  # so does Pygments

        saving.save(page_of(runs, lifespan), file)
        typer.echo(f"page: {html}", err=as_json)
    _conclude([*(finding for each in runs for finding in each.verdicts), *lifespan])


def _is_worth_raising(request: Request, run: report.Report) -> bool:
    """Return whether a request is sent once more, with an endpoint that raises: what may write only if that was said.

    Where the endpoint didn't return in the first run, the second would be the same.
    """
    return request.raises or (request.method in READS and run.trace.first("returned") is not None)


def trace_all(
    project: Path, app: str, python: Path | None, headers: list[str], timeout: float, *, as_json: bool
) -> None:
    """Trace every route that reads and needs no input; one that doesn't end, or is refused, is said and left out.

    Raises Refusal, and PersonNeeded for findings.
    """
    reports: list[report.Report] = []
    left_out: list[str] = []
    given = _headers(headers)
    target = find_target(project, app, python)
    with serve(target, Deadline(timeout), lists_routes=True) as served:
        left_out += [f"{route.method} {route.path} needs input" for route in served.routes if route.needs_input]
        for route in served.routes:
            if route.needs_input:
                continue
            request = Request(route.method, route.path, given)
            try:
                reports.append(_report(served, target, request, Deadline(timeout)))
            except Refusal as refusal:
                left_out.append(str(refusal))
        lifespan = judge_lifespan(served.end())
    if as_json:
        print_json(report.all_as_json(reports, lifespan, left_out, served.versions))
    else:
        from scaffold.trace import tables

        tables.show_all(reports, lifespan, left_out, target.folder)
    _conclude([*(finding for each in reports for finding in each.verdicts), *lifespan])


def _report(served: Served, target: Target, request: Request, deadline: Deadline) -> report.Report:
    trace = ask(served, request, deadline)
    return report.Report(trace, steps_of(trace), judge(trace), served.versions, target.folder)


def _conclude(verdicts: Sequence[Finding]) -> None:
    findings = [each for each in verdicts if not each.is_note]
    if findings:
        message = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        raise PersonNeeded(message, printed=True)
