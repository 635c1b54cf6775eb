"""Many projects in one call: each by itself, on all cores, and told in one table."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from projects import HEEDING_SIGNALS, clean_environment, commit_all, files, until
from scaffold.cli import run
from scaffold.journal import STATE
from scaffold.several import INTERRUPT

from changing.conftest import Project, released
from changing.releases import made_from


@dataclass(frozen=True)
class Fleet:
    """Projects beside each other."""

    folder: Path
    names: list[str]

    def project(self, name: str) -> Path:
        """Return one of them."""
        return self.folder / name

    def command(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        """Begin an update of all, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", HEEDING_SIGNALS, "update", *self.names, "--no-install", *arguments],
            cwd=self.folder,
            env={**clean_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def update(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Update all; returns the exit code and what was printed."""
        process = self.command(*arguments, **variables)
        out, err = process.communicate()
        return process.returncode, out, err


@pytest.fixture(scope="module")
def start(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project made from the first release."""
    return made_from(releases, "v0.1.0", tmp_path_factory.mktemp("fleet") / "start")


@pytest.fixture
def fleet(start: Path, tmp_path: Path) -> Fleet:
    """Return twenty of them."""
    names = [f"s{number}" for number in range(20)]
    for name in names:
        shutil.copytree(start, tmp_path / name, symlinks=True)
    return Fleet(tmp_path, names)


def table(out: str) -> dict[str, str]:
    """Return what the table says of each project."""
    rows = out.partition("result\n")[2].splitlines()
    return {row.split(maxsplit=1)[0]: row.split(maxsplit=1)[1].strip() for row in rows if not row.startswith(" ")}


def is_updated(project: Path) -> bool:
    """Return whether a project is of the second release."""
    return "_commit: v0.2.0" in (project / ".copier-answers.yml").read_text()


def test_one_that_fails_keeps_none_from_the_others(fleet: Fleet, old: Project, releases: Path) -> None:
    """One is broken, one has changes that git doesn't know of, one conflicts, one is up to date, one is none."""
    broken, dirty, edited, current, none = (fleet.project(f"s{number}") for number in (3, 5, 7, 9, 11))
    (broken / ".copier-answers.yml").write_text("[")
    commit_all(broken)
    (dirty / "README.md").write_text("mine")
    module = edited / "src/p/resources.py"
    module.write_text(module.read_text().replace("Return who is served: method, path and function.", "Mine."))
    commit_all(edited)
    shutil.rmtree(current)
    made_from(releases, "v0.2.0", current)
    shutil.rmtree(none)
    code, out, err = fleet.update()
    assert code == 1
    said = table(out)
    assert list(said) == fleet.names
    assert said["s3"].startswith(".copier-answers.yml can't be read: ")
    assert said["s5"].startswith("v0.1.0           there are changes that git")
    assert said["s7"] == "v0.1.0 → v0.2.0  1 in conflict"
    assert said["s9"] == "v0.2.0           nothing to change"
    assert said["s11"].startswith("s11 is no project of scaffold's")
    others = [name for name in fleet.names if name not in ("s3", "s5", "s7", "s9", "s11")]
    assert {said[name] for name in others} == {"v0.1.0 → v0.2.0  8 files staged"}
    old.change("update")
    assert all(files(fleet.project(name)) == old.files() for name in others)
    assert err.endswith("scaffold: 4 of 20 projects need a person\n")
    assert "Traceback" not in err


def test_what_is_said_stands_in_the_order_that_was_given(fleet: Fleet) -> None:
    """However they ended; for a program one document."""
    code, out, _ = fleet.update("--dry-run")
    assert code == 0
    heads = [line.removesuffix(":") for line in out.splitlines() if line.removesuffix(":") in fleet.names]
    assert heads == fleet.names
    code, out, err = fleet.update("--json")
    assert code == 0
    documents = json.loads(out)["projects"]
    assert [Path(document["project"]).name for document in documents] == fleet.names
    assert "result" not in out + err
    process = fleet.command("--json")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert json.loads(out) == {"error": "interrupted"}


def test_projects_of_one_repository_wait_for_each_other(start: Path, tmp_path: Path) -> None:
    """Without a word: `services/*` is one repository, or many."""
    names = ["services/a", "services/b", "services/c"]
    for name in names:
        shutil.copytree(start, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    commit_all(tmp_path)
    code, out, err = Fleet(tmp_path, names).update()
    assert (code, "Waiting" in err) == (0, False), err
    assert set(table(out).values()) == {"v0.1.0 → v0.2.0  8 files staged"}
    staged = subprocess.check_output(["git", "diff", "--cached", "--name-only"], cwd=tmp_path, text=True).split()
    assert {path.rpartition("/src/")[0] for path in staged if "/src/" in path} == {*names}


@pytest.mark.parametrize("projects", [1, 4])
def test_a_template_is_fetched_once(start: Path, releases: Path, tmp_path: Path, projects: int) -> None:
    """For all projects that are made from it, and for one; Copier takes it from there."""
    url = f"git+file://{releases}"
    names = [f"s{number}" for number in range(projects)]
    for name in names:
        shutil.copytree(start, tmp_path / name, symlinks=True)
        answers = tmp_path / name / ".copier-answers.yml"
        answers.write_text(answers.read_text().replace(f"_src_path: {releases}", f"_src_path: {url}"))
        commit_all(tmp_path / name)
    real, log = shutil.which("git"), tmp_path / "log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$@" >>{log}\nexec {real} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    code, _, err = Fleet(tmp_path, names).update(PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert code == 0, err
    assert all(is_updated(tmp_path / name) for name in names)
    clones = [line for line in log.read_text().splitlines() if line.startswith("clone --quiet --bare")]
    assert len(clones) == 1, clones


def wait_for_the_first(fleet: Fleet) -> None:
    """Wait until one of the projects is updated."""
    while not any(is_updated(fleet.project(name)) for name in fleet.names):
        time.sleep(0.01)


def stop_before_it_decides(fleet: Fleet, process: "subprocess.Popen[str]") -> None:
    """Stop a command and all that belongs to it while a change is prepared: there is something to be removed."""
    prepared = f"*/.git/{STATE}/*"
    while True:
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(0.01)  # until all of them stand still
        if any(fleet.folder.glob(prepared)):
            time.sleep(0.3)  # until what was decided is done: that doesn't stop
            if any(fleet.folder.glob(prepared)):
                return
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGCONT)
        time.sleep(0.01)


def at_work(process: "subprocess.Popen[str]") -> list[int]:
    """Return the processes that a command has begun."""
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def are_told(process: "subprocess.Popen[str]") -> bool:
    """Return whether all that are at work have been interrupted, which they don't know yet."""
    pending = re.compile(r"ShdPnd:\s*(\w+)")
    found = [pending.findall(Path(f"/proc/{child}/status").read_text())[0] for child in at_work(process)]
    return all(int(signals, 16) & 1 << INTERRUPT - 1 for signals in found)


def check_each_is_whole(fleet: Fleet, start: Path, capture: pytest.CaptureFixture[str]) -> int:
    """Look at each, which ends what was decided: it is as before, or done; returns how many are done."""
    before = files(start)
    updated = [Project(fleet.project(name), capture) for name in fleet.names]
    for project in updated:
        project.scaffold("resources")
    after = next(project.files() for project in updated if is_updated(project.folder))
    assert all(project.files() in (before, after) for project in updated)
    return sum(project.files() == after for project in updated)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_each_whole(
    fleet: Fleet, start: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """And begins no other; nothing is left where temporary files lie."""
    places = fleet.folder / "temporary"
    places.mkdir()
    process = fleet.command(TMPDIR=str(places))
    wait_for_the_first(fleet)
    stop_before_it_decides(fleet, process)
    os.killpg(process.pid, number)
    process.send_signal(signal.SIGCONT)
    until(lambda: are_told(process))  # by it, while they are still where they were
    os.killpg(process.pid, signal.SIGCONT)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert err.endswith("scaffold: interrupted\n")
    assert "Traceback" not in err
    said = table(out)
    assert list(said) == fleet.names
    unended = [name for name, result in said.items() if result.startswith("interrupted: as it was, or done;")]
    assert unended
    assert list(places.iterdir()) == list(fleet.folder.glob(f"*/.git/{STATE}")) == []
    assert 1 <= check_each_is_whole(fleet, start, capsys) < 20


SWALLOWS = """
import sys
import time
from pathlib import Path
from scaffold.several import each

def do(folder, account):
    try:
        Path("begun").touch()
        time.sleep(60)
    except KeyboardInterrupt:
        print("x" * 3_000_000)

each([Path("a"), Path("b"), Path("c")], do, as_json=False)
"""


def test_an_interrupt_that_is_swallowed_holds_nobody_up(tmp_path: Path) -> None:
    """By a library, in a project about which more is to be said than fits into a pipe."""
    code = HEEDING_SIGNALS.replace("from scaffold.cli import main\nmain()", SWALLOWS)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)


def test_what_cannot_be_looked_at_keeps_none_from_the_others(old: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A link that leads to itself; and what is too long for a column has lines of its own."""
    loop = old.folder.with_name("loop" * 30)
    loop.symlink_to(loop.name)
    assert run(["status", str(loop), str(old.folder)]) == 1
    said = capsys.readouterr()
    assert f"{loop} can't be looked at" in said.err
    assert said.out.endswith(f"{old.folder!s:{len(str(loop))}}  v0.1.0\n    v0.2.0 is newer\n")


def test_killed_it_leaves_each_whole(fleet: Fleet, start: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With all its processes, or alone: then those at work come to their end, and to no other project."""
    process = fleet.command()
    wait_for_the_first(fleet)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = check_each_is_whole(fleet, start, capsys)
    assert 1 <= done < 20
    alone = fleet.command()
    time.sleep(2)
    alone.kill()
    alone.communicate()  # until nobody writes any more
    assert done <= check_each_is_whole(fleet, start, capsys) < 20


def test_a_process_that_is_killed_takes_one_project_with_it(
    fleet: Fleet, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told, and the others are done."""
    process = fleet.command()
    wait_for_the_first(fleet)
    os.kill(at_work(process)[0], signal.SIGKILL)
    out, err = process.communicate()
    said = table(out)
    assert process.returncode == 1
    assert list(said) == fleet.names
    [killed] = [name for name, result in said.items() if result == "was killed"]
    assert f"scaffold: {killed}: it was killed: the next scaffold command there finishes what was decided\n" in err
    assert {result for name, result in said.items() if name != killed} == {"v0.1.0 → v0.2.0  8 files staged"}
    assert check_each_is_whole(fleet, start, capsys) >= 19


def test_status_of_many(fleet: Fleet, releases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one table."""
    current = released(releases, fleet.folder / "current", "v0.2.0", capsys)
    (current.folder / "README.md").write_text("mine")
    command = [sys.executable, "-m", "scaffold", "status", "s0", "s1", "current"]
    ended = subprocess.run(command, cwd=fleet.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert table(ended.stdout) == {
        "s0": "v0.1.0   v0.2.0 is newer",
        "s1": "v0.1.0   v0.2.0 is newer",
        "current": "v0.2.0   up to date, 1 file changed by you",
    }
