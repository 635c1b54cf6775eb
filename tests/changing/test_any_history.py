"""Whatever happens to a project, in whatever order: nothing of the user's is lost, and the rest is the template's.

A state machine does what users do and gives every command; after each step the trees are read, not what was said.
"""

import ast
import itertools
import json
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tomlkit
import yaml
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from projects import files, run_suite

from changing.conftest import Ended, Project
from changing.releases import VERSIONS, cloned, made_again, made_from, release_all
from changing.test_killed import Snapshot, kill, nothing, snapshot, start

KINDS = {
    "sqlite": [],
    "postgresql": [],
    "memory": ["--set", "max_entries=7"],
    "redis": [],
    "http": ["--set", "base_url=https://x.example/a"],
}
NAMES = ["db2", "db10", "a_b", "billing", "search"]
ANSWERS = ".copier-answers.yml"
# Once rendered they are the user's.
REVISION = re.compile(r"src/p/migrations/\w+/versions/.*")
DATA = st.data()


@dataclass
class Releases:
    """A template with several versions, a project made from the first, and what each version makes of answers."""

    repository: Path
    project: Path
    folder: Path
    made: dict[str, dict[str, tuple[int, bytes]]] = field(default_factory=dict)

    def render(self, answers: dict[str, object]) -> dict[str, tuple[int, bytes]]:
        """Return what Copier makes of a project's answers at once."""
        key = json.dumps(answers, sort_keys=True)
        if key not in self.made:
            folder = self.folder / str(len(self.made))
            self.made[key] = files(made_again(self.repository, answers, folder))
            shutil.rmtree(folder)
        return self.made[key]


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Return all versions there are."""
    folder = tmp_path_factory.mktemp("history")
    repository = cloned(template, folder / "template")
    release_all(repository)
    return Releases(repository, made_from(repository, "v0.1.0", folder / "p"), folder)


class _History(RuleBasedStateMachine):
    """A project, and what a user remembers of it."""

    releases: Releases
    folder: Path
    capture: pytest.CaptureFixture[str]
    ended: "list[_History]"
    outcomes: "Counter[str]"

    def __init__(self) -> None:
        super().__init__()
        self.project = Project(self.folder / str(len(self.ended)), self.capture)
        self.numbers = itertools.count(1)
        shutil.copytree(self.releases.project, self.project.folder, symlinks=True)
        # Lines that only the user has, by the file they were written in.
        self.mine: set[str] = set()
        # Files that the user edited, moved or deleted, and where they were moved to.
        self.touched: set[str] = set()
        self.comments_only = True

    # --- what is read

    def tree(self) -> dict[str, tuple[int, bytes]]:
        return self.project.files()

    def conflicts(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for line in self.project.git("ls-files", "-u").splitlines():
            _, _, stage, path = line.replace("\t", " ", 1).split(" ", 3)
            found.setdefault(path, set()).add(int(stage))
        return found

    def text_files(self) -> list[str]:
        unmerged = self.conflicts()
        return [path for path in self.tree() if path not in (ANSWERS, *unmerged)]

    # --- what users do

    def new_line(self, path: str) -> str:
        line = f"mine {next(self.numbers)}"
        self.mine.add(line)
        self.touched.add(path)
        return line if path.endswith(".md") else f"# {line}"

    def save(self, path: str, lines: list[str], end: str = "\n") -> None:
        (self.project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.project.folder / path).write_text(end.join(lines) + end, newline="")
        self.project.git("add", "--", path)

    @rule(data=DATA)
    def insert_a_line(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(self.text_files()), "file")
        lines = self.project.read(path).splitlines()
        lines.insert(data.draw(st.integers(0, len(lines)), "line"), self.new_line(path))
        self.save(path, lines)

    @rule(data=DATA)
    def change_a_line(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(self.text_files()), "file")
        lines = self.project.read(path).splitlines()
        changeable = [number for number, line in enumerate(lines) if line and not line.endswith(("\\", "|", ">"))]
        if changeable:
            number = data.draw(st.sampled_from(changeable), "line")
            lines[number] += f"  {self.new_line(path)}"
            self.save(path, lines)
            self.comments_only &= path.endswith((".py", ".md"))

    @rule(name=st.sampled_from(["src/p/own.py", "docs/a b.md", *(f"src/p/dependencies/{name}.py" for name in NAMES)]))
    def add_a_file(self, name: str) -> None:
        if not (self.project.folder / name).exists():
            self.save(name, [self.new_line(name)])
            self.comments_only &= "dependencies" not in name

    @rule(data=DATA)
    def delete_a_file(self, data: st.DataObject) -> None:
        kept = [path for path in self.text_files() if not REVISION.fullmatch(path)]
        path = data.draw(st.sampled_from(kept), "file")
        self.give_up(path)
        self.project.git("rm", "-q", "-f", "--", path)
        self.touched.add(path)
        self.comments_only = False

    @rule(data=DATA)
    def move_a_file(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([path for path in self.text_files() if path.endswith(".py")]), "file")
        to = str(Path(path).parent / "elsewhere" / Path(path).name)
        if not (self.project.folder / to).exists():
            (self.project.folder / to).parent.mkdir(exist_ok=True)
            self.project.git("mv", "--", path, to)
            self.touched |= {path, to}
            self.comments_only = False

    @rule(data=DATA)
    def save_as_on_windows(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([path for path in self.text_files() if path.endswith(".py")]), "file")
        self.save(path, self.project.read(path).splitlines(), end="\r\n")
        self.touched.add(path)

    @precondition(lambda self: not self.conflicts())
    @rule()
    def commit(self) -> None:
        self.project.commit()

    @precondition(lambda self: self.conflicts())
    @rule(mine=st.booleans())
    def settle_conflicts(self, mine: bool) -> None:
        """As somebody does who takes one side of everything."""
        for path, stages in self.conflicts().items():
            self.touched.add(path)
            side = 2 if mine else 3
            if not mine:
                self.give_up(path)
            if side in stages:
                self.project.git("checkout", "--ours" if mine else "--theirs", "--", path)
                self.project.git("add", "--", path)
            else:
                self.project.git("rm", "-q", "-f", "--", path)
        self.comments_only = False

    def give_up(self, path: str) -> None:
        """Forget the lines that the user had in a file."""
        text = (self.project.folder / path).read_text() if (self.project.folder / path).exists() else ""
        self.mine -= set(re.findall(r"mine \d+$", text, re.MULTILINE))

    # --- commands

    @rule(data=DATA, name=st.sampled_from(NAMES), kind=st.sampled_from(sorted(KINDS)), option=st.booleans())
    def add_a_resource(self, data: st.DataObject, name: str, kind: str, option: bool) -> None:
        if name in self.project.resources():
            self.refused(f"there is a resource {name}", "new-resource", name, "--kind", kind)
            return
        given = (
            KINDS[kind]
            if option and not (kind == "memory" and str(self.project.answers()["_commit"]) >= "v0.5.0")
            else []
        )
        self.carry_out(data, "new-resource", name, "--kind", kind, *given)

    @rule(data=DATA, force=st.booleans())
    def remove_a_resource(self, data: st.DataObject, force: bool) -> None:
        if not self.project.resources():
            return
        name = data.draw(st.sampled_from(self.project.resources()), "resource")
        tried = self.carry_out(data, "remove-resource", name)
        if force and tried.code == 2 and not self.conflicts():
            for path in self.named_in(tried.err):
                self.give_up(path)
            self.carry_out(data, "remove-resource", name, "--force")

    @precondition(lambda self: not self.conflicts())
    @rule(data=DATA, new=st.sampled_from(NAMES))
    def rename_a_resource(self, data: st.DataObject, new: str) -> None:
        if new in self.project.resources() or not self.project.resources():
            return
        name = data.draw(st.sampled_from(self.project.resources()), "resource")
        moved = (rf"^(src/p/(?:dependencies|models|migrations)/|tests/test_){name}(?=\.py$|/)", rf"\g<1>{new}")
        touched, self.touched = self.touched, {re.sub(*moved, path) for path in self.touched} | self.touched
        if self.carry_out(data, "rename-resource", name, new).code == 2:
            self.touched = touched

    @rule(data=DATA)
    def update(self, data: st.DataObject) -> None:
        present = VERSIONS.index(str(self.project.answers()["_commit"]))
        self.carry_out(data, "update", "--ref", data.draw(st.sampled_from(VERSIONS[present:]), "version"))

    @precondition(lambda self: not self.conflicts())
    @rule(data=DATA, name=st.sampled_from(NAMES), moment=st.floats(0, 1))
    def kill_a_command(self, data: st.DataObject, name: str, moment: float) -> None:
        """Kill it in a copy of the project, so that what comes next doesn't depend on how fast this machine is."""
        if name in self.project.resources():
            return
        command = ["new-resource", name, "--kind", data.draw(st.sampled_from(sorted(KINDS)), "kind")]
        before, copies = snapshot(self.project), []
        for folder in ("whole", "killed"):
            copies.append(Project(self.project.folder.with_name(folder), self.capture))
            shutil.copytree(self.project.folder, copies[-1].folder, symlinks=True)
        whole, killed = copies
        begun = time.monotonic()
        whole.scaffold(*command)
        lasted = time.monotonic() - begun
        child = start(killed, nothing, *command, "--no-install")
        time.sleep(moment * lasted)
        kill(child)
        killed.change("resources")
        assert snapshot(killed) in (before, snapshot(whole))
        self.outcomes["killed: " + ("before" if snapshot(killed) == before else "after")] += 1
        for copy in copies:
            shutil.rmtree(copy.folder)

    @rule()
    def forget_to_stage(self) -> None:
        """Change a file without staging it: nothing could bring that back, were it overwritten."""
        path = self.project.folder / "README.md"
        if path.exists() and not self.conflicts():
            text = path.read_bytes()
            path.write_bytes(text + b"not staged\n")
            self.refused("", "update", "--ref", VERSIONS[-1])
            path.write_bytes(text)

    def refused(self, why: str, *command: str) -> None:
        before = snapshot(self.project)
        ended = self.project.scaffold(*command)
        assert ended.code == 2, ended
        assert why in ended.err or self.conflicts(), ended
        assert snapshot(self.project) == before

    def carry_out(self, data: st.DataObject, *command: str) -> Ended:
        """Give a command, perhaps after it was tried, and check how it ended against what is there."""
        before = snapshot(self.project)
        unsettled = bool(self.conflicts())
        tried = None
        if data.draw(st.booleans(), "dry run first"):
            tried = self.project.scaffold(*command, "--dry-run", "--json")
            assert snapshot(self.project) == before
        ended = self.project.scaffold(*command, "--json")
        note(f"{' '.join(command)}: {ended.code} {ended.err.strip()}")
        self.outcomes[f"{command[0]}: {ended.code}"] += 1
        self.check_the_end(ended, before, unsettled=unsettled)
        if tried is not None:
            assert tried.code == ended.code, (tried, ended)
            assert ended.code == 2 or json.loads(tried.out)["files"] == json.loads(ended.out)["files"]
        return ended

    def check_the_end(self, ended: Ended, before: Snapshot, *, unsettled: bool) -> None:
        if ended.code == 2:
            assert snapshot(self.project) == before
            gone = self.named_in(ended.err)
            assert unsettled or "is in the way" in ended.err or (gone and set(gone) <= self.touched), ended
            return
        assert not unsettled
        said = json.loads(ended.out)
        conflicts = self.conflicts()
        assert ended.code == (1 if conflicts else 0), ended
        assert conflicts.keys() == {entry["path"] for entry in said["conflicts"]}
        assert conflicts.keys() <= self.touched | self.moved_by_the_template(), conflicts
        tree = self.tree()
        changed = {path for path in before[0].keys() | tree.keys() if before[0].get(path) != tree.get(path)}
        listed = {entry["path"] for entry in said["files"] if entry["change"] != "keep"}
        assert changed - conflicts.keys() == listed - conflicts.keys()

    def named_in(self, message: str) -> list[str]:
        """Return the files that a refusal says would go."""
        found = re.match(r"scaffold: (.*) would go, and you have edited it", message)
        return found[1].split(", ") if found else []

    def moved_by_the_template(self) -> set[str]:
        """Return where files of the user's are since the template moved them."""
        moved = {"src/p/errors.py": "src/p/failures.py", "tests/silent_client.py": "tests/quiet.py"}
        return {new for old, new in moved.items() if old in self.touched}

    # --- what is always true

    @invariant()
    def nothing_is_lost(self) -> None:
        text = b"\n".join(content for _, content in self.tree().values()).decode()
        found = set(re.findall(r"mine \d+", text))
        assert not self.mine - found

    @invariant()
    def the_rest_is_the_template_s(self) -> None:
        """However it was come to; what the template no longer makes is gone."""
        wanted, tree = self.releases.render(self.project.answers()), self.tree()
        self.touched |= self.moved_by_the_template()
        self.touched = {path for path in self.touched if path in tree or path in wanted}
        untouched = {path: entry for path, entry in tree.items() if path not in self.touched}
        left = [path for path in untouched.keys() - wanted.keys() if not REVISION.fullmatch(path)]
        assert not left, left
        different = [path for path in wanted.keys() - self.touched if untouched.get(path) != wanted[path]]
        assert not different, different

    @invariant()
    def it_parses(self) -> None:
        if self.conflicts():
            return
        for path, (_, content) in self.tree().items():
            if path.endswith(".py"):
                ast.parse(content, path)
            elif path.endswith(".toml"):
                tomlkit.parse(content.decode())
            elif path.endswith((".yml", ".yaml")):
                yaml.safe_load(content)

    @invariant()
    def nothing_is_left_to_do(self) -> None:
        """Everything is staged but what is in conflict, and no journal is there."""
        assert not (self.project.folder / ".git/scaffold").exists()
        assert set(self.project.git("diff", "--name-only").splitlines()) <= self.conflicts().keys()

    def teardown(self) -> None:
        self.ended.append(self)


@pytest.fixture
def histories(
    releases: Releases, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> list[_History]:
    """Return the projects that came out of it; in a long run there are many, and each is longer."""
    long = request.config.getoption("--long")
    ended: list[_History] = []

    class ThisRun(_History):
        pass

    ThisRun.releases, ThisRun.folder, ThisRun.capture = releases, tmp_path, capsys
    ThisRun.ended, ThisRun.outcomes = ended, Counter()
    profile = settings(
        max_examples=40 if long else 2,
        stateful_step_count=30 if long else 15,
        derandomize=not long,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(ThisRun, settings=profile)
    print("outcomes:", dict(sorted(ThisRun.outcomes.items())))
    return ended


def test_any_history(histories: list[_History], pytestconfig: pytest.Config) -> None:
    """The suite of some of the projects runs, too: of those whose code the user only commented."""
    ready = [history for history in histories if history.comments_only and not history.conflicts()]
    assert ready
    for history in ready[: 10 if pytestconfig.getoption("--long") else 1]:
        ended = run_suite(history.project.folder, slow=False)
        assert ended.returncode == 0, ended.stdout
