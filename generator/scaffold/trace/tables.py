"""A report as a person reads it: tables of eighty columns where the terminal has no more, colour only on one."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scaffold.trace.findings import Finding
from scaffold.trace.moments import moments_of
from scaffold.trace.report import NAMED, Report, place
from scaffold.trace.steps import (
    CLOSED,
    CLOSING,
    CREATED,
    ENDED,
    FAILED,
    IN_USE,
    LEFT_OPEN,
    LENT,
    NONE,
    YIELDED,
)

SIGNS = {NONE: "·", CREATED: "C", YIELDED: "Y", IN_USE: "U", CLOSING: "X", CLOSED: "-", ENDED: "E", LENT: "L"}
SIGNS |= {LEFT_OPEN: "O", FAILED: "!"}


def show(report: Report, other: Report | None, lifespan: Sequence[Finding]) -> None:
    """Print what happened in a request, and what was found in the lifespan, and in another run of the request."""
    console = Console(highlight=False)
    trace = report.trace
    versions = ", ".join(f"{NAMED[name]} {version}" for name, version in report.versions.items() if name in NAMED)
    console.print(Text(f"{trace.method} {trace.path} → {trace.status or 'no answer'}", style="bold"))
    console.print(Text(versions, style="dim"))
    console.print(_table(report))
    for table in _tracker(report, console.width):
        console.print(table)
    seen = {state for step in report.steps for state in step.states.values()}
    console.print(Text("  ".join(f"{sign} {state}" for state, sign in SIGNS.items() if state in seen), style="dim"))
    console.print()
    for question, answer in moments_of(trace).items():
        console.print(Text(question, style="bold"))
        console.print(Text(f"  {answer}"))
    console.print()
    for finding in [*report.verdicts, *lifespan]:
        show_finding(finding, report.folder, console)
    if not report.verdicts and not lifespan:
        console.print(Text("No findings.", style="green"))
    if other is not None and other.verdicts:
        console.print(Text(f"The other run of the page, answered with {other.trace.status}:", style="bold"))
        for finding in other.verdicts:
            show_finding(finding, report.folder, console)


def show_all(reports: Sequence[Report], lifespan: Sequence[Finding], left_out: Sequence[str], folder: Path) -> None:
    """Print the findings of many requests, and of the application's lifespan, for a person."""
    console = Console(highlight=False)
    for each in reports:
        verdict = ", ".join(finding.kind for finding in each.findings) or "no findings"
        console.print(Text(f"{each.trace.method} {each.trace.path} → {each.trace.status}: {verdict}"))
        for finding in each.findings:
            show_finding(finding, each.folder, console)
    for finding in lifespan:
        show_finding(finding, folder, console)
    for sentence in left_out:
        console.print(Text(f"left out: {sentence}", style="yellow"))


def show_finding(finding: Finding, folder: Path, console: Console) -> None:
    """Print one verdict: what, where, what a user would see, and how to mend it."""
    word, style = ("note", "yellow") if finding.is_note else ("finding", "bold red")
    where = place(finding.file, finding.line, folder)
    console.print(Text.assemble((f"{word}: {finding.kind}", style), f"  {finding.dependency}  {where}"))
    console.print(Text(f"  {finding.message}."))
    console.print(Text(f"  Mend: {finding.mend}."))


def _table(report: Report) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", justify="right", style="dim")
    table.add_column("action", overflow="fold", ratio=3)
    table.add_column("before")
    table.add_column("after")
    table.add_column("ms", justify="right")
    table.add_column("file:line", overflow="fold", style="dim")
    guilty = report.guilty
    for step in report.steps:
        style = "red" if step.number in guilty else ""
        where = place(step.file, step.line, report.folder)
        table.add_row(
            str(step.number), step.action, step.before, step.after, f"{step.ms:.2f}", Path(where).name, style=style
        )
    return table


def _tracker(report: Report, width: int) -> list[Table]:
    """Return the states as tables, a column per step, as many beside each other as fit."""
    names = report.resources
    if not names:
        return []
    label = min(max(map(len, names)), width // 2)
    fitting = max(1, (width - label - 1) // 3)
    tables = []
    for begin in range(0, len(report.steps), fitting):
        steps = report.steps[begin : begin + fitting]
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, title_justify="left")
        table.add_column("state after step", min_width=label, max_width=label, overflow="ellipsis", no_wrap=True)
        for step in steps:
            table.add_column(str(step.number), justify="right", min_width=2)
        for name in names:
            table.add_row(name, *(SIGNS[step.states[name]] for step in steps))
        tables.append(table)
    return tables
