"""The page: one file that needs nothing else, and asks nobody for anything."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from scaffold.trace.findings import Finding, once
from scaffold.trace.page.excerpts import Excerpt, excerpts_of
from scaffold.trace.page.questions import questions_on
from scaffold.trace.page.saving import MARK
from scaffold.trace.page.timeline import Timeline, timeline_of
from scaffold.trace.report import NAMED, Report, place
from scaffold.trace.steps import Step

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """One of the runs that a page shows beside each other."""

    number: int
    title: str
    report: Report
    excerpts: Sequence[Excerpt]

    @cached_property
    def timeline(self) -> Timeline:
        """How it is drawn along time."""
        return timeline_of(self.report)

    def line_of(self, step: Step) -> str:
        """Return the name of the line of code that a step happened at; none if the page doesn't show it."""
        for number, excerpt in enumerate(self.excerpts):
            if excerpt.path == step.file and excerpt.begin <= (step.line or 0) <= excerpt.end:
                return _name_of(number, step.line or 0)
        return ""

    def steps_at(self, line: str) -> list[int]:
        """Return the numbers of the steps that happened at a line."""
        return [step.number for step in self.report.steps if self.line_of(step) == line]

    def steps_of(self, verdict: Finding) -> list[int]:
        """Return the numbers of the steps that show a verdict."""
        same = [(number, each) for number, guilt in self.report.guilty.items() for each in guilt]
        return [number for number, each in same if each.place == verdict.place]

    def is_guilty(self, line: str) -> bool:
        """Return whether something is wrong at a line."""
        return any(number in self.report.guilty for number in self.steps_at(line))


def page_of(reports: Sequence[Report], lifespan: Sequence[Finding]) -> str:
    """Return the page of one run, or of two: as it was asked, and with an endpoint that raises."""
    places = [(step.file, step.line) for report in reports for step in report.steps if step.file and step.line]
    excerpts = excerpts_of(places)
    runs = [Run(number, _title(number, report), report, excerpts) for number, report in enumerate(reports)]
    verdicts = once([*(verdict for report in reports for verdict in report.verdicts), *lifespan])
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    template = environment.from_string((FOLDER / "page.html.jinja").read_text(encoding="utf-8"))
    style, script = (Markup((FOLDER / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js"))
    return template.render(
        mark=Markup(MARK),
        asked=reports[0].trace,
        versions=[f"{NAMED[name]} {version}" for name, version in reports[0].versions.items() if name in NAMED],
        runs=runs,
        verdicts=sorted(verdicts, key=lambda verdict: verdict.is_note),
        excerpts=excerpts,
        files=[place(excerpt.path, excerpt.begin, reports[0].folder).rpartition(":")[0] for excerpt in excerpts],
        name_of=_name_of,
        breakable=_breakable,
        place_of=lambda shown: place(shown.file, shown.line, reports[0].folder),
        questions=questions_on(reports),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _title(number: int, report: Report) -> str:
    if number == 0:
        return "As it was asked"
    return "The endpoint raises" if report.trace.first("raised") else "Nothing could be raised"


def _name_of(excerpt: int, line: int) -> str:
    return f"code-{excerpt}-{line}"


def _breakable(text: str) -> Markup:
    """Return a text whose names may go on in the next line after an underscore, and not in the middle of a word."""
    return escape(text).replace("_", Markup("_<wbr>"))


def _hash(text: str) -> str:
    """Return by what a policy knows a style or a script that stands in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
