"""Runs the benchmarks, and prints their tables in Markdown or writes them down."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated

import typer

from benchmarks import command, fleet, report, requests, suite
from benchmarks.command import ROOT
from benchmarks.comparison import Comparison, table
from benchmarks.rounds import measure

RESULTS = ROOT / "benchmarks/RESULTS.md"


class Part(StrEnum):
    """What is measured."""

    REQUESTS = "requests"
    COMMAND = "command"
    FLEET = "fleet"
    SUITE = "suite"
    ALL = "all"


def main(
    part: Annotated[Part, typer.Argument(help="What to measure")] = Part.ALL,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is done")] = 5,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each load on a server takes")] = 1,
    seed: Annotated[int, typer.Option(help="What the order in each round comes from")] = 1,
    write: Annotated[bool, typer.Option(help="Write it into README.md and benchmarks/RESULTS.md")] = False,
) -> None:
    """Measure what requests cost beside the same by hand, and the command beside bare Copier; half an hour."""
    tell = write_down if write else show
    if part in (Part.REQUESTS, Part.ALL):
        short, whole = of_requests(rounds, seconds, seed)
        if write:
            RESULTS.write_text(f"# Every application under every load\n\n{whole}\n")
        else:
            typer.echo(whole)
        tell(Part.REQUESTS, short)
    if part in (Part.COMMAND, Part.ALL):
        tell(Part.COMMAND, of_commands(command.comparisons(), rounds, seed))
    if part in (Part.FLEET, Part.ALL):
        tell(Part.FLEET, of_commands(fleet.comparisons(), rounds, seed))
    if part in (Part.SUITE, Part.ALL):
        tell(Part.SUITE, of_commands(suite.comparisons(), 1, seed))  # it takes minutes


def show(_part: Part, text: str) -> None:
    """Print what was measured."""
    typer.echo(text)


def write_down(part: Part, text: str) -> None:
    """Put what was measured of a part into its place in README.md, as soon as it is known."""
    readme = ROOT / "README.md"
    place = re.compile(rf"(?<=<!-- measured: {part} -->\n).*?(?=<!-- until here -->)", re.DOTALL)
    readme.write_text(place.sub(lambda _: f"\n{text}\n\n", readme.read_text(), count=1))


def of_requests(rounds: int, seconds: float, seed: int) -> tuple[str, str]:
    """Return what is said of requests in short, and all of it."""
    with requests.applications() as started:
        found = []
        for each in requests.measure(started, rounds, seconds, seed):
            found.append(each)
            typer.echo(f"requests: round {len(found)} of {rounds}", err=True)
        parts = [report.costs(found, seed), report.plot(found), report.growth(found, started)]
        return "\n\n".join(parts), report.all_loads(found)


def of_commands(compared: AbstractContextManager[Sequence[Comparison]], rounds: int, seed: int) -> str:
    """Return the table of commands."""
    with compared as comparisons:
        works = {work.name: work for each in comparisons for work in (each.ours, each.other)}
        found = []
        for each in measure(list(works.values()), rounds, seed):
            found.append(each)
            typer.echo(f"commands: round {len(found)} of {rounds}", err=True)
        return table(comparisons, found, seed)


typer.run(main)
