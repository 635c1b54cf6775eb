"""The benchmarks run, so that what README says of speed can be had again; what they say is no test's business."""

import pytest

from benchmarks import command
from benchmarks.comparison import Comparison, result, table
from benchmarks.rounds import Cost, Work, WorkFailedError, measure, run


def test_every_piece_of_work_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one resource; it ends as it should, or there would be no table."""
    monkeypatch.setattr(command, "SIZES", (1,))
    with command.comparisons() as comparisons:
        costs = {work.name: run(work) for each in comparisons for work in (each.ours, each.other)}
    lines = table(comparisons, [costs], seed=1).splitlines()
    assert [line for line in lines if line.startswith("| new-resource, 1 resource | copier update, a resource more")]
    assert all(cost.clock > 0 for cost in costs.values())


def test_what_fails_is_not_measured() -> None:
    """Its cost would mean nothing."""
    wrong = Work("wrong", ["git", "nonsense"], command.nothing)
    with pytest.raises(WorkFailedError, match="wrong: code 1 instead of 0: git: 'nonsense'"):
        list(measure([wrong], rounds=1, seed=1))


def test_the_ratio_is_that_of_each_round() -> None:
    """A machine that is slow for a while is slow for both."""
    ours, other = (Work(name, [], command.nothing) for name in ("ours", "other"))
    rounds = [{"ours": Cost(time, time), "other": Cost(time * 2, time * 4)} for time in (1, 1, 9)]
    found = result(Comparison(ours, other), rounds)
    assert (found.low, found.ratio, found.high, found.processor) == (0.5, 0.5, 0.5, 0.25)
