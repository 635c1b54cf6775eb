"""Killed at any moment a change is whole or not at all, at the latest after the next command."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from scaffold import journal
from scaffold.cli import run

from changing.conftest import MakeProject, Project

CHANGE = ("remove-resource", "upstream", "--no-install")
STATE = Path(".git/scaffold")
Snapshot = tuple[dict[str, tuple[int, bytes]], str]


def snapshot(project: Project) -> Snapshot:
    """Return every file, and what git says of them."""
    return project.files(), project.git("status", "--porcelain")


def start(project: Project, prepare: Callable[[], None], *command: str) -> int:
    """Give the command, or another, in a process group of its own, and return its number."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        prepare()
        os._exit(run([*(command or CHANGE), "--project", str(project.folder)]))
    os.setpgid(child, child)  # here too: it may not have come to it yet
    return child


def kill(group: int) -> None:
    """Kill all of them, and wait until none is left."""
    os.killpg(group, signal.SIGKILL)
    os.waitpid(group, 0)


def wait_until_decided(group: int) -> None:
    """Wait until they stop because the change is about to be carried out, and let them go on."""
    _, status = os.waitpid(group, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.killpg(group, signal.SIGCONT)


def nothing() -> None:
    """Run the command as it is."""


def slow_and_attached() -> None:
    """Take long to carry the change out, in the same process group: without what protects it.

    Before that it stops, so that whoever kills it knows how far it is.
    """
    place, remove, detached = journal._place, journal._remove, journal._detached

    def place_slowly(source: Path, target: Path) -> None:
        time.sleep(0.02)
        place(source, target)

    def remove_slowly(target: Path, project: Path) -> None:
        time.sleep(0.02)
        remove(target, project)

    def detached_when_told(state: Path) -> None:
        signal.raise_signal(signal.SIGSTOP)
        detached(state)

    journal._place, journal._remove, journal._detached = place_slowly, remove_slowly, detached_when_told
    os.setsid = lambda: None


def how_long(project: Project) -> float:
    """Return how many seconds the command takes here and now."""
    begun = time.monotonic()
    os.waitpid(start(project, nothing), 0)
    return time.monotonic() - begun


@pytest.fixture
def states(make_project: MakeProject) -> tuple[Snapshot, Snapshot]:
    """Return the project before the change and after it."""
    project = make_project("default", "whole")
    before = snapshot(project)
    project.change(*CHANGE[:2])
    return before, snapshot(project)


def look(project: Project, states: tuple[Snapshot, Snapshot]) -> str:
    """Return which state a project is in."""
    found = snapshot(project)
    return {0: "before", 1: "after"}.get(states.index(found) if found in states else -1, "half")


def settled(project: Project, states: tuple[Snapshot, Snapshot]) -> str:
    """Give the next command, and return the state; from before, the same command has to come to after."""
    project.change("resources")
    state = look(project, states)
    assert not (project.folder / STATE).exists()
    if state == "before":
        project.change(*CHANGE[:2])
        assert look(project, states) == "after"
    return state


def test_killed_at_any_moment(
    make_project: MakeProject,
    states: tuple[Snapshot, Snapshot],
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Before or after, never half."""
    chance = random.Random(9)
    found: Counter[str] = Counter()
    duration = how_long(make_project("default", "timed"))
    for _ in range(kills // 2):
        project = make_project()
        begun = start(project, nothing)
        time.sleep(chance.uniform(0, 1.6 * duration))  # some of them when it has ended, however even the machine is
        kill(begun)
        found[settled(project, states)] += 1
        shutil.rmtree(project.folder)
    record_property("states", dict(found))
    print("killed at any moment:", dict(found))
    assert found.keys() == {"before", "after"}


def test_killed_while_it_is_carried_out(
    make_project: MakeProject,
    states: tuple[Snapshot, Snapshot],
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Half done until the next command, and then done."""
    chance = random.Random(9)
    seen: Counter[str] = Counter()
    for _ in range(kills // 2):
        project = make_project()
        begun = start(project, slow_and_attached)
        wait_until_decided(begun)
        time.sleep(chance.uniform(0, 0.25))
        kill(begun)
        seen[look(project, states)] += 1
        assert settled(project, states) == "after"
        shutil.rmtree(project.folder)
    record_property("states", dict(seen))
    print("killed while it was carried out:", dict(seen))
    assert seen["half"] > kills // 4


def test_a_dry_run_recovers_first(make_project: MakeProject, states: tuple[Snapshot, Snapshot]) -> None:
    """It shows what would change in the project that was decided on."""
    project = make_project()
    begun = start(project, slow_and_attached)
    wait_until_decided(begun)
    kill(begun)
    assert project.scaffold("remove-resource", "upstream", "--dry-run").code == 2
    assert look(project, states) == "after"


def test_a_change_that_cannot_be_carried_out_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, and the next command goes on with it."""

    def full(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_place", full)
        ended = project.scaffold("new-resource", "billing", "--kind", "http")
    assert ended.code == 1
    assert "a change is decided and can't be carried out: [Errno 28] No space left" in ended.err
    assert "Traceback" not in ended.err
    project.change("resources")
    assert (project.folder / "src/p/dependencies/billing.py").exists()
