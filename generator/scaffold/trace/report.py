"""What is said of a request, and the same for a program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scaffold.trace.findings import Finding, once
from scaffold.trace.moments import moments_of
from scaffold.trace.record import Trace
from scaffold.trace.steps import Step

# The versions that decide what happens when.
NAMED = {"python": "Python", "fastapi": "FastAPI", "starlette": "Starlette", "sqlalchemy": "SQLAlchemy"}


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

    @cached_property
    def guilty(self) -> dict[int, list[Finding]]:
        """What is wrong, by the number of the step that shows it: the first one from then on."""
        found: dict[int, list[Finding]] = {}
        for finding in self.findings:
            step = next((step for step in self.steps if step.event.at >= finding.at), self.steps[-1])
            found.setdefault(step.number, []).append(finding)
        return found

    @property
    def resources(self) -> list[str]:
        """What was opened, in order."""
        return list(self.steps[0].states)

    @property
    def notes(self) -> list[Finding]:
        """What is worth knowing, and fails nothing."""
        return [each for each in self.verdicts if each.is_note]


def place(file: str | None, line: int | None, folder: Path) -> str:
    """Return a file and line in a project as short as it can be named there."""
    if file is None:
        return ""
    path = Path(file)
    for base in (folder / "src", folder):
        if path.is_relative_to(base):
            return f"{path.relative_to(base)}:{line}"
    return f"{path.name}:{line}"


def as_json(report: Report, other: Report | None, lifespan: Sequence[Finding]) -> dict[str, object]:
    """Return a report for a program, with what was found in the lifespan, and in another run of the request."""
    beside = {} if other is None else {"other_run": _as_run(other)}
    return {
        **beside,
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
        "tracker": {name: [step.states[name] for step in report.steps] for name in report.resources},
        "moments": moments_of(report.trace),
        "findings": findings_as_json([*report.findings, *(each for each in lifespan if not each.is_note)]),
        "notes": findings_as_json([*report.notes, *(each for each in lifespan if each.is_note)]),
    }


def _as_run(report: Report) -> dict[str, object]:
    return {
        "status": report.trace.status,
        "findings": findings_as_json(report.findings),
        "notes": findings_as_json(report.notes),
    }


def findings_as_json(findings: list[Finding]) -> list[dict[str, object]]:
    """Return findings for a program."""
    keys = ("kind", "dependency", "file", "line", "message", "mend")
    return [{key: getattr(each, key) for key in keys} for each in findings]


def all_as_json(
    reports: Sequence[Report], lifespan: Sequence[Finding], left_out: Sequence[str], versions: Mapping[str, str]
) -> dict[str, object]:
    """Return what was found in many requests, and in the application's lifespan, for a program."""
    requests = [{"method": each.trace.method, "path": each.trace.path, **_as_run(each)} for each in reports]
    wrong = [finding for each in reports for finding in each.findings]
    wrong += [each for each in lifespan if not each.is_note]
    return {
        "versions": dict(versions),
        "requests": requests,
        "findings": findings_as_json(once(wrong)),
        "notes": findings_as_json([each for each in lifespan if each.is_note]),
        "left_out": list(left_out),
    }
