"""Comparisons, and the table of their results."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

from benchmarks.rounds import Cost, Work


@dataclass(frozen=True)
class Comparison:
    """What is ours, and what it is compared with; it shall take at most `target` times as long."""

    ours: Work
    other: Work
    target: float | None = None


@dataclass(frozen=True)
class Result:
    """Medians of all rounds, in milliseconds; of each round's ratio also what half of them lie between."""

    ours: float
    other: float
    low: float
    ratio: float
    high: float
    processor: float


def result(comparison: Comparison, rounds: Sequence[dict[str, Cost]]) -> Result:
    """Return what the rounds say."""
    pairs = [(costs[comparison.ours.name], costs[comparison.other.name]) for costs in rounds]
    ratios = sorted(ours.clock / other.clock for ours, other in pairs)
    return Result(
        ours=median(ours.clock for ours, _ in pairs) * 1000,
        other=median(other.clock for _, other in pairs) * 1000,
        low=ratios[len(ratios) // 4],
        ratio=median(ratios),
        high=ratios[len(ratios) * 3 // 4],
        processor=median(ours.processor / other.processor for ours, other in pairs),
    )


def table(comparisons: Sequence[Comparison], rounds: Sequence[dict[str, Cost]], seed: int) -> str:
    """Return a table in Markdown, and below it what it was measured on."""
    lines = [
        "| ours | compared with | ms | ms | ratio (middle half) | of processor time | target | |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: | --- |",
    ]
    for each in comparisons:
        found = result(each, rounds)
        target = "" if each.target is None else f"≤ {each.target:g}"
        verdict = "" if each.target is None else "met" if found.ratio <= each.target else "not met"
        spread = f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})"
        measured = f"{found.ours:.0f} | {found.other:.0f} | {spread} | {found.processor:.2f}"
        lines.append(f"| {each.ours.name} | {each.other.name} | {measured} | {target} | {verdict} |")
    return "\n".join([*lines, "", f"{len(rounds)} rounds, seed {seed}; {machine('copier', 'typer')}."])


def machine(*packages: str) -> str:
    """Return where and when something is measured, and with which versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    here = f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{here}, {versions}; {datetime.now(tz=UTC).date()}"
