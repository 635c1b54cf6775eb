"""Three questions, asked before the answer is shown; each answer is what a run did, and the step it did it at."""

from collections.abc import Sequence
from dataclasses import dataclass

from scaffold.trace.record import Dependency, Event, Trace
from scaffold.trace.report import Report
from scaffold.trace.steps import CLOSED, CREATED, LENT, YIELDED, labels_of, short

STATES = {
    CREATED: "created: made, and not lent yet",
    YIELDED: "yielded: lent to the endpoint, and still open",
    CLOSED: "closed: the function is over",
}
BEFORE, AFTER, NEVER = "before", "after", "never"
WHEN = {
    BEFORE: "as soon as the endpoint is done, before the response is sent",
    AFTER: "when the response has been sent",
    NEVER: "never: a function that has yielded is over",
}
WHEN_RAISED = {
    AFTER: "after the error response, as it does after any other",
    BEFORE: "before the error response: the exception passes through it on its way to becoming one",
    NEVER: "never: the exception ends the dependency at its yield",
}
WHEN_RAISED_IN_A_STREAM = {
    **WHEN_RAISED,
    AFTER: "when a part of the response is out already: no error response can follow",
}


@dataclass(frozen=True)
class Option:
    """An answer to choose."""

    text: str
    is_right: bool


@dataclass(frozen=True)
class Question:
    """What is asked, what happened, and the step of which run proves it; without options no run here does."""

    text: str
    options: Sequence[Option]
    because: str
    run: int = 0
    step: int = 0


def questions_on(runs: Sequence[Report]) -> list[Question]:
    """Return the three questions; none if no dependency with yield was left in the first run."""
    asked = runs[0]
    subject = _subject(asked)
    if subject is None:
        return []
    return [_after_the_yield(asked, subject), _when_cleaned_up(asked, subject), _when_raised(runs, subject)]


def _subject(report: Report) -> Dependency | None:
    """Return the dependency that is asked about: the one that does something wrong, or else the first."""
    trace = report.trace
    left = [trace.dependencies[event.dependency or 0] for event in trace.all("leaving")]
    guilty = {finding.dependency for finding in report.findings}
    order = sorted(left, key=lambda dependency: (dependency.name not in guilty, dependency.number))
    return order[0] if order else None


def _event(trace: Trace, what: str, dependency: Dependency) -> Event:
    return next(event for event in trace.all(what) if event.dependency == dependency.number)


def _step_of(report: Report, event: Event) -> int:
    return next(step.number for step in report.steps if step.event.at >= event.at)


def _options(texts: dict[str, str], right: str) -> list[Option]:
    return [Option(text, key == right) for key, text in texts.items()]


def _after_the_yield(report: Report, subject: Dependency) -> Question:
    yielded, leaving = (_event(report.trace, what, subject) for what in ("yielded", "leaving"))
    step = report.steps[_step_of(report, yielded) - 1]
    lasts = (leaving.at - yielded.at) / 1e6
    what = yielded.name or yielded.type or "what it yields"
    return Question(
        f"{labels_of(report.trace)[subject.number]} has just yielded {what}. What is its state?",
        _options(STATES, step.after),
        f"It is {step.after}: the function waits at its yield, for {lasts:.1f} ms in this run.",
        step=step.number,
    )


def _words(trace: Trace) -> str:
    return "a part of the response was sent, and no more" if trace.is_cut_off else "the response was sent"


def _side(at: int, moment: Event | None) -> str:
    return AFTER if moment is not None and at > moment.at else BEFORE


def _when_cleaned_up(report: Report, subject: Dependency) -> Question:
    trace = report.trace
    leaving, sent = _event(trace, "leaving", subject), trace.answered
    side = _side(leaving.at, sent)
    apart = abs(leaving.at - sent.at) / 1e6 if sent is not None else 0
    because = (
        f"It started {apart:.2f} ms {side} {_words(trace)}."
        if sent is not None
        else "It started, and no response was sent at all."
    )
    return Question(
        f"When does the code after the yield of {subject.name} start?",
        _options(WHEN, side),
        f"{because}{_closed(report, subject)}",
        step=_step_of(report, leaving),
    )


def _closed(report: Report, subject: Dependency) -> str:
    last = report.steps[-1].states.get(labels_of(report.trace)[subject.number])
    if last == LENT:
        return " It closes nothing: what it lends belongs to somebody else."
    return f" At the end its resource is {last}."


def _when_raised(runs: Sequence[Report], subject: Dependency) -> Question:
    text = f"And if the endpoint raises: when does the code after the yield of {subject.name} run?"
    for number, report in enumerate(runs):
        trace = report.trace
        seen = next(
            (
                event
                for event in trace.all("leaving")
                if event.error and trace.dependencies[event.dependency or 0].name == subject.name
            ),
            None,
        )
        if seen is not None:
            side = _side(seen.at, trace.answered)
            because = f"{short(seen.error)} came to its yield {side} {_words(trace)} ({trace.status})."
            texts = WHEN_RAISED_IN_A_STREAM if trace.is_cut_off else WHEN_RAISED
            return Question(text, _options(texts, side), because, number, _step_of(report, seen))
    return Question(text, [], "No run here shows it: with --raise the same request is sent once more, and raises.")
