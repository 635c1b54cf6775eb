"""The benchmarks run, so that what README says of speed can be had again; what they say is no test's business."""

import random
import shutil
import sys
from pathlib import Path

import pytest
from projects import run

from benchmarks import command, report, requests, rounds
from benchmarks.comparison import Comparison, result, table
from benchmarks.rounds import Cost, Work, WorkFailedError, measure


def test_every_piece_of_work_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one resource; it ends as it should, or there would be no table."""
    monkeypatch.setattr(command, "SIZES", (1,))
    with command.comparisons() as comparisons:
        costs = {work.name: rounds.run(work) for each in comparisons for work in (each.ours, each.other)}
    lines = table(comparisons, [costs], seed=1).splitlines()
    assert [line for line in lines if line.startswith("| new-resource, 1 resource | copier update, a resource more")]
    assert all(cost.clock > 0 for cost in costs.values())


@pytest.mark.skipif(sys.platform != "linux", reason="processor time and cores are asked of Linux")
def test_every_request_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every application answers all that it is asked with 200, or there would be no table."""
    monkeypatch.setattr(requests, "CONNECTIONS", (requests.AMONG,))
    monkeypatch.setattr(requests, "SETTLED", 0)
    with requests.applications() as started:
        found = [requests.round_of(started, 0.05, random.Random(1))]
        growth = report.growth(found, started)
    told = report.costs(found, seed=1).splitlines()
    assert len([line for line in told if line.startswith("| a row stored and committed | ")]) == 1
    assert "| generated, 50 resources |" in growth
    assert report.plot(found).count('", "') == len(requests.ENDPOINTS) - 1
    assert report.all_loads(found).count("| raw |") == 4


def test_the_applications_are_strictly_typed(tmp_path: Path) -> None:
    """Beside the generated project that one of them is made for."""
    template = command.two_versions_of_the_template(tmp_path / "template")
    project = requests.project(template, tmp_path / "project", 0)
    shutil.copytree(command.ROOT / "benchmarks/applications", project / "src", dirs_exist_ok=True)
    ended = run(project, "mypy")
    assert ended.returncode == 0, ended.stdout


def test_what_fails_is_not_measured() -> None:
    """Its cost would mean nothing."""
    wrong = Work("wrong", ["git", "nonsense"], command.nothing)
    with pytest.raises(WorkFailedError, match="wrong: code 1 instead of 0: git: 'nonsense'"):
        list(measure([wrong], rounds=1, seed=1))


def test_the_ratio_is_that_of_each_round() -> None:
    """A machine that is slow for a while is slow for both."""
    ours, other = (Work(name, [], command.nothing) for name in ("ours", "other"))
    found = [{"ours": Cost(time, time), "other": Cost(time * 2, time * 4)} for time in (1, 1, 9)]
    of = result(Comparison(ours, other), found)
    assert (of.low, of.ratio, of.high, of.processor) == (0.5, 0.5, 0.5, 0.25)
