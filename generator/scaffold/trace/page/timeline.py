"""A run drawn along time: its moments, the life of each resource, and where the response lies between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scaffold.trace.report import Report
from scaffold.trace.steps import NONE

# The edges, and how much of the width is shared out evenly, so that moments that lie close remain apart (per cent).
LEFT, RIGHT, EVEN = 5.0, 95.0, 62.0


@dataclass(frozen=True)
class Span:
    """A state that a resource has for a while; where, in per cent of the width."""

    state: str
    begin: float
    width: float


@dataclass(frozen=True)
class Timeline:
    """Where each moment is, in per cent of the width, and each resource's life; and where the response is sent."""

    moments: Sequence[float]
    lives: dict[str, list[Span]]
    sent: float | None
    sent_ms: float
    # Whether there is more room behind it than before it.
    sent_early: bool


def timeline_of(report: Report) -> Timeline:
    """Return a run's timeline."""
    steps = report.steps
    moments = _spread([step.ms for step in steps])
    sent = next((step for step in steps if step.event.what == "sent"), None)
    lives = {name: _life([step.states[name] for step in steps], moments) for name in report.resources}
    if sent is None:
        return Timeline(moments, lives, None, 0.0, sent_early=False)
    return Timeline(moments, lives, moments[sent.number - 1], sent.ms, sent_early=2 * sent.number <= len(steps))


def _spread(times: Sequence[float]) -> list[float]:
    """Return where moments are drawn: distances grow with time, and none is too small to be seen."""
    whole = times[-1] - times[0]
    gaps = len(times) - 1
    found = [LEFT]
    for before, after in pairwise(times):
        share = (after - before) / whole if whole else 1 / gaps
        found.append(found[-1] + (RIGHT - LEFT) * (EVEN / gaps + (100 - EVEN) * share) / 100)
    return [round(each, 2) for each in found]


def _life(states: Sequence[str], moments: Sequence[float]) -> list[Span]:
    """Return the states of a resource, each from its moment to that of the next one."""
    spans: list[Span] = []
    for number, state in enumerate(states):
        end = moments[number + 1] if number + 1 < len(moments) else 100.0
        if spans and spans[-1].state == state:
            spans[-1] = Span(state, spans[-1].begin, round(end - spans[-1].begin, 2))
        else:
            spans.append(Span(state, moments[number], round(end - moments[number], 2)))
    return [span for span in spans if span.state != NONE]
