"""Runs the benchmarks and prints their table in Markdown."""

from typing import Annotated

import typer

from benchmarks import command
from benchmarks.comparison import table
from benchmarks.rounds import measure


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each piece of work is done")] = 7,
    seed: Annotated[int, typer.Option(help="What the order in each round comes from")] = 1,
) -> None:
    """Measure what the command costs beside bare Copier; several minutes."""
    with command.comparisons() as comparisons:
        works = {work.name: work for each in comparisons for work in (each.ours, each.other)}
        costs = []
        for each in measure(list(works.values()), rounds, seed):
            costs.append(each)
            typer.echo(f"round {len(costs)} of {rounds}", err=True)
        typer.echo(table(comparisons, costs, seed))


typer.run(main)
