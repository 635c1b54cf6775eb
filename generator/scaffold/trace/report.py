"""How a trace is shown: tables for a terminal, and JSON for a program."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scaffold.trace.findings import Finding
from scaffold.trace.moments import moments_of
from scaffold.trace.record import Trace
from scaffold.trace.steps import CLOSED, CLOSING, CREATED, FAILED, IN_USE, LENT, NONE, YIELDED, Step

SIGNS = {NONE: "·", CREATED: "C", YIELDED: "Y", IN_USE: "U", CLOSING: "X", CLOSED: "-", LENT: "L", FAILED: "!"}


@dataclass(frozen=True)
class Report:
    """A request, and everything that is said of it."""

    trace: Trace
    steps: list[Step]
    verdicts: list[Finding]
    versions: Mapping[str, str]
    folder: Path

    @property
    def findings(self) -> list[Finding]:
        """What is wrong."""
        return [each for each in self.verdicts if not each.is_note]

    @property
    def notes(self) -> list[Finding]:
        """What is worth knowing, and fails nothing."""
        return [each for each in self.verdicts if each.is_note]


def as_json(report: Report) -> dict[str, object]:
    """Return a report for a program."""
    return {
        "method": report.trace.method,
        "path": report.trace.path,
        "status": report.trace.status,
        "versions": dict(report.versions),
        "steps": [
            {
                "step": step.number,
                "action": step.action,
                "resource": step.resource,
                "before": step.before,
                "after": step.after,
                "ms": round(step.ms, 3),
                "file": step.file,
                "line": step.line,
            }
            for step in report.steps
        ],
        "tracker": {name: [step.states[name] for step in report.steps] for name in _names(report)},
        "moments": moments_of(report.trace),
        "findings": findings_as_json(report.findings),
        "notes": findings_as_json(report.notes),
    }


def findings_as_json(findings: list[Finding]) -> list[dict[str, object]]:
    """Return findings for a program."""
    keys = ("kind", "dependency", "file", "line", "message", "mend")
    return [{key: getattr(each, key) for key in keys} for each in findings]


def print_json(found: Mapping[str, object]) -> None:
    """Print what was found for a program."""
    print(json.dumps(found))


def show(report: Report) -> None:
    """Print a report for a person: 80 columns where the terminal doesn't say more, colour only on one."""
    console = Console(highlight=False)
    trace = report.trace
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    console.print(Text(f"{trace.method} {trace.path} → {trace.status or 'no answer'}", style="bold"))
    console.print(Text(versions, style="dim"))
    console.print(_table(report))
    for table in _tracker(report, console.width):
        console.print(table)
    console.print(Text("  ".join(f"{sign} {state}" for state, sign in SIGNS.items()), style="dim"))
    console.print()
    for question, answer in moments_of(trace).items():
        console.print(Text(question, style="bold"))
        console.print(Text(f"  {answer}"))
    console.print()
    for finding in report.verdicts:
        show_finding(finding, report.folder, console)
    if not report.verdicts:
        console.print(Text("No findings.", style="green"))


def all_as_json(reports: Sequence[Report], left_out: Sequence[str], versions: Mapping[str, str]) -> dict[str, object]:
    """Return what was found in many requests for a program."""
    requests = [
        {
            "method": each.trace.method,
            "path": each.trace.path,
            "status": each.trace.status,
            "findings": findings_as_json(each.findings),
            "notes": findings_as_json(each.notes),
        }
        for each in reports
    ]
    findings = [finding for each in reports for finding in findings_as_json(each.findings)]
    return {"versions": dict(versions), "requests": requests, "findings": findings, "left_out": list(left_out)}


def show_all(reports: Sequence[Report], left_out: Sequence[str]) -> None:
    """Print the findings of many requests for a person."""
    console = Console(highlight=False)
    for each in reports:
        verdict = ", ".join(finding.kind for finding in each.findings) or "no findings"
        console.print(Text(f"{each.trace.method} {each.trace.path} → {each.trace.status}: {verdict}"))
        for finding in each.findings:
            show_finding(finding, each.folder, console)
    for sentence in left_out:
        console.print(Text(f"left out: {sentence}", style="yellow"))


def show_finding(finding: Finding, folder: Path, console: Console) -> None:
    """Print one verdict: what, where, what a user would see, and how to mend it."""
    word, style = ("note", "yellow") if finding.is_note else ("finding", "bold red")
    where = place(finding.file, finding.line, folder)
    console.print(Text.assemble((f"{word}: {finding.kind}", style), f"  {finding.dependency}  {where}"))
    console.print(Text(f"  {finding.message}."))
    console.print(Text(f"  Mend: {finding.mend}."))


def place(file: str | None, line: int | None, folder: Path) -> str:
    """Return a file and line in a project as short as it can be named there."""
    if file is None:
        return ""
    path = Path(file)
    for base in (folder / "src", folder):
        if path.is_relative_to(base):
            return f"{path.relative_to(base)}:{line}"
    return f"{path.name}:{line}"


def _table(report: Report) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", justify="right", style="dim")
    table.add_column("action", overflow="fold", ratio=3)
    table.add_column("before")
    table.add_column("after")
    table.add_column("ms", justify="right")
    table.add_column("file:line", overflow="fold", style="dim")
    guilty = {(each.file, each.line) for each in report.findings}
    for step in report.steps:
        style = "red" if (step.file, step.line) in guilty and step.action.startswith(("commit", "rollback")) else ""
        where = place(step.file, step.line, report.folder)
        table.add_row(
            str(step.number), step.action, step.before, step.after, f"{step.ms:.2f}", Path(where).name, style=style
        )
    return table


def _tracker(report: Report, width: int) -> list[Table]:
    """Return the states as tables, a column per step, as many beside each other as fit."""
    names = _names(report)
    if not names:
        return []
    label = min(max(map(len, names)), width // 2)
    fitting = max(1, (width - label - 1) // 3)
    tables = []
    for begin in range(0, len(report.steps), fitting):
        steps = report.steps[begin : begin + fitting]
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, title_justify="left")
        table.add_column("state after step", min_width=label, overflow="ellipsis", no_wrap=True)
        for step in steps:
            table.add_column(str(step.number), justify="right", min_width=2)
        for name in names:
            table.add_row(name, *(SIGNS[step.states[name]] for step in steps))
        tables.append(table)
    return tables


def _names(report: Report) -> list[str]:
    return list(report.steps[0].states) if report.steps else []
