"""Runs the benchmarks, and prints their tables in Markdown or writes them down."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Annotated

import typer

from benchmarks import command, report, requests, suite
from benchmarks.command import ROOT
from benchmarks.comparison import Comparison, table
from benchmarks.rounds import measure

RESULTS = ROOT / "benchmarks/RESULTS.md"
SECTION = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- until here -->)", re.DOTALL)


class Part(StrEnum):
    """What is measured."""

    REQUESTS = "requests"
    COMMAND = "command"
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
    told = []
    if part in (Part.REQUESTS, Part.ALL):
        short, whole = of_requests(rounds, seconds, seed)
        told.append(short)
        if write:
            RESULTS.write_text(f"# Every application under every load\n\n{whole}\n")
        else:
            typer.echo(whole)
    if part in (Part.COMMAND, Part.ALL):
        told.append(of_commands(command.comparisons(), rounds, seed))
    if part in (Part.SUITE, Part.ALL):
        told.append(of_commands(suite.comparisons(), 1, seed))  # it takes minutes
    text = "\n\n".join(told)
    if write:
        readme = ROOT / "README.md"
        readme.write_text(SECTION.sub(lambda _: f"\n{text}\n\n", readme.read_text()))
    else:
        typer.echo(text)


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
