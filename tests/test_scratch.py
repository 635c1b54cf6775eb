"""What a command makes on the way goes with it, or with the next one if it was killed."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Scaffold
from projects import commit_all, make
from scaffold.scratch import NEW, PREFIX


def age(*folders: Path) -> None:
    """Let folders be older than those that a command may just have made."""
    for folder in folders:
        os.utime(folder, (time.time() - 2 * NEW,) * 2)


def test_only_what_nobody_works_in_goes(scaffold: Scaffold, tmp_path: Path) -> None:
    """Not what another command holds, nor what it has just made."""
    left, held, fresh = (tmp_path / f"{PREFIX}{name}" for name in ("left", "held", "fresh"))
    for folder in (left, held, fresh):
        (folder / "p").mkdir(parents=True)
    age(left, held)
    descriptor = os.open(held, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert scaffold("new", "p", "--defaults", "--no-git", "--no-install").returncode == 0
    os.close(descriptor)
    assert {path.name for path in tmp_path.iterdir()} == {"p", held.name, fresh.name}


def test_a_command_that_was_killed_leaves_nothing_for_long(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Copier has made meanwhile goes too."""
    project = make(template, tmp_path / "project")
    commit_all(project)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    command = [sys.executable, "-m", "scaffold", "new-resource", "billing", "--kind", "http", "--dry-run"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL) as killed:
        while not list(temporary.glob("*/copier*")):
            assert killed.poll() is None
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
    [left] = temporary.iterdir()
    age(left)
    subprocess.run(command, cwd=project, check=True, stdout=subprocess.DEVNULL)
    assert list(temporary.iterdir()) == []
