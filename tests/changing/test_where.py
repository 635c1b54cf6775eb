"""A project can be changed wherever it stands, or the command says in one line why not; nothing is written then."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
from projects import IDENTITY, commit_all

from changing.conftest import MakeProject, Project

ADD = ("new-resource", "billing", "--kind", "http")
REFUSALS = {
    "new-resource": "Missing argument 'NAME'",
    "new-resource b": "Missing option '--kind'",
    "new-resource b --kind htp": "--kind htp: there is no kind htp, did you mean http?",
    "new-resource b --kind http --set base_ul=x": "http has no option base_ul, did you mean base_url?",
    "new-resource b --kind http --set base_url=x": "base_url=x: has to be a URL such as",
    "new-resource b --kind http --set base_url=https://a --set base_url=https://b": "--set base_url is given twice",
    "new-resource b --kind http --set base_url": "--set base_url: give OPTION=VALUE",
    "new-resource B --kind http": "'B' is no name for a resource",
    "new-resource class --kind http": "'class' is taken by Python or by the generated code",
    "new-resource p --kind http": "the project's package is called p",
    "new-resource cache --kind http": "there is a resource cache, of kind memory: choose another name",
    "new-resource up_stream --kind http": None,
    "remove-resource upsteam": "there is no resource upsteam, did you mean upstream?; it has cache, database, upstream",
    "update --ref v9": "has no v9: it has no releases yet",
    "update --data descripton=x": "--data descripton: there is no such question, did you mean description?",
    "update --data database=none": "--data database is asked only when a project is made",
    "update --data docker=maybe": "--data docker=maybe: answer yes or no",
    "update --data resources={a:{kind:x}}": "resources: a has to have a kind, such as {kind: http}",
    "update --data example={": "--data example: no YAML",
    "update --data example=maybe": "example: has to be none, or the resources it uses",
    "update --data example={database:\u00a0cache}": "example: database: cache: there is no database called so",
    "update --data resources={": "--data resources: no YAML",
    "update --data resources={a:{kind:x}} --set a.b=1": "resources: a has to have a kind",
    "update --data resources={a:\u00a0{kind:\u00a0x}} --set a.b=1": "--data: resources: a: there is no kind x",
    "update --data resources={1:\u00a0{kind:\u00a0http}} --set x.a=1": "resources: 1 is no name for a resource",
    "update --data resources={a:\u00a0{kind:\u00a0http,base_url:\u00a01}}": "--data: resources: a: base_url=1: has",
    "update --data package_name=x": "--data package_name: the package keeps the name it was made with, p",
    "update --set upstream.kind=": "--set upstream.kind=: there is no kind",
    "update --set database.kind=sqlite --set database.kind=postgresql": "--set database.kind is given twice",
    "update --set cach.ttl=1": "--set cach.ttl: there is no resource cach, did you mean cache?",
    "update --template ~no_such_user/at": "~no_such_user/at: there is no home for ~no_such_user",
    "update --template nowhere": "template nowhere can't be reached",
}


@pytest.mark.parametrize("line", [line for line, said in REFUSALS.items() if said])
def test_what_cannot_be_used_is_refused(project: Project, line: str) -> None:
    """One line on stderr, code 2, nothing written."""
    check_refused(project, [word.replace("\u00a0", " ") for word in line.split(" ")], str(REFUSALS[line]))


def check_refused(project: Project, arguments: list[str], said: str) -> None:
    """Give a command that is refused, and see that nothing has changed."""
    before = everything(project.folder)
    ended = project.scaffold(*arguments)
    assert ended.code == 2, ended
    assert said in ended.err
    assert ended.err.startswith("scaffold: ")
    assert ended.err.count("\n") == 1
    as_json = project.scaffold(*arguments, "--json")
    assert (as_json.code, as_json.err) == (2, ended.err)
    assert json.loads(as_json.out) == {"error": ended.err.removeprefix("scaffold: ").rstrip()}
    assert everything(project.folder) == before


def everything(folder: Path) -> dict[str, bytes]:
    """Return every file, git's own too."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


ANSWERS = {
    "a kind that is none": (
        "kind: http",
        "kind: htp",
        ".copier-answers.yml: resources: upstream: there is no kind htp",
    ),
    "an option that is none": ("kind: http", "kind: http\n        base_ul: x", "http has no option base_ul, did you"),
    "an option of another type": (
        "kind: memory",
        "kind: memory\n        max_entries: many",
        "resources: cache: max_entries=many: has to be a whole number",
    ),
    "no YAML": ("resources:", "resources: [", ".copier-answers.yml can't be read"),
    "a key twice": ("ci: github", "ci: github\nci: none", "ci stands there twice"),
    "no resources": ("resources:", "resource:", ".copier-answers.yml has no resources"),
    "a question that is none": (
        "ci: github",
        "ci: github\ndescripton: x",
        "has no question descripton, did you mean description?",
    ),
    "an answer that is none": (
        "ci: github",
        "ci: gitlab",
        ".copier-answers.yml: ci: gitlab: choose one of github, none",
    ),
    "no version": ("\n_commit", "\n_comit", ".copier-answers.yml has no _commit"),
    "no source": ("_src_path", "_src", ".copier-answers.yml has no _src_path"),
    "a source that is no text": ("_src_path: ", "_src_path: 3 #", "_src_path: 3 has to be text"),
    "a version that is no text": ("\n_commit: ", "\n_commit: 3 #", "_commit: 3 has to be text"),
    "no name": ("project_name", "projectname", ".copier-answers.yml has no project_name"),
    "a name that is none": ("project_name: P", "project_name: 1st", "project_name: '1st' is no name for a project"),
    "a name that is no text": ("project_name: P", "project_name: [P]", "project_name: ['P']: has to be text"),
    "another package": ("package_name: p", "package_name: json", "package_name: json is no name for a package"),
    "yes or no": ("docker: true", "docker: maybe", ".copier-answers.yml: docker: maybe: answer yes or no"),
    "neither yes nor no": ("docker: true", "docker: null", ".copier-answers.yml: docker: None: answer yes or no"),
    "a number for a text": ("author: ''", "author: 5", ".copier-answers.yml: author: 5: has to be text"),
    "two lines": ("author: ''", 'author: "a\\nb"', ".copier-answers.yml: author: has to be one line"),
    "resources in a list": ("resources:\n", "resources: [a]\n_other:\n", "resources has to map each name to a kind"),
    "no resources at all": ("resources:\n", "resources:\n_other:\n", "resources has to map each name to a kind"),
    "a resource without a kind": ("kind: http", "kid: http", "resources: upstream has to have a kind"),
    "a kind that is no text": ("kind: http", "kind: 5", "resources: upstream has to have a kind"),
    "an option of another kind": ("kind: memory", "kind: memory\n        base_url: x", "memory has no option base_url"),
    "a name that is taken": ("upstream:", "class:", "resources: 'class' is taken by Python"),
    "a resource's name that is none": ("upstream:", "1st:", "resources: '1st' is no name for a resource"),
    "the package's name": ("upstream:", "p:", "resources: p: the project's package is called p"),
    "a source that is empty": ("_src_path: ", "_src_path: '' #", "_src_path:  has to be text"),
    "a resource that isn't there": ("client: upstream", "client: up", "example: client: up: there is no client called"),
    "a resource in another role": ("client: upstream", "client: cache", "example: client: cache: there is no client"),
    "an option that is no text": ("kind: memory", "kind: memory\n        1: 2", "memory has no option 1"),
    "a number of many digits": ("kind: memory", "kind: memory\n        max_entries: 1" + "0" * 9, "at most 9 digits"),
    "a version that is no line": ("\n_commit: ", '\n_commit: "a\\0b" #', "_commit: a\\x00b has to be text"),
    "no role": ("client: upstream", "clint: upstream", "example: clint: upstream: there is no clint called"),
    "an example without a database": ("database: database", "x: database", "example: has to be none, or the resources"),
    "an example that is a yes": ("example:\n", "example: yes\n_other:\n", "example: has to be none, or the resources"),
}
# What stands in the whole file.
FILES = {
    "": "holds no answers",
    "- a\n- b\n": "holds no answers",
    "3": "holds no answers",
    "1: 2\n": "holds no answers",
    "a: [\n": "can't be read",
    "a: &a 1\nb: *c\n": "can't be read",
    "a: !!python/object:os.system {}\n": "can't be read",
    "\0": "can't be read",
    "a: " + "1" * 5000 + "\n": "can't be read",
    "a: " + "[" * 5000 + "\n": "can't be read",
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_that_are_broken_are_refused(project: Project, case: str) -> None:
    """Copier would put defaults in their place, or end with a traceback."""
    before, after, said = ANSWERS[case]
    project.edit(".copier-answers.yml", before, after)
    check_refused(project, list(ADD), said)


@pytest.mark.parametrize("text", FILES, ids=lambda text: repr(text)[:20])
def test_a_file_without_answers_is_refused(project: Project, text: str) -> None:
    """The line names the file, and says where the right one is."""
    (project.folder / ".copier-answers.yml").write_text(text)
    project.commit()
    for command in (ADD, ("resources",), ("remove-resource", "cache"), ("rename-resource", "cache", "b"), ("update",)):
        check_refused(project, list(command), FILES[text])
        assert ".copier-answers.yml" in project.scaffold(*command).err


def test_a_template_that_is_gone_is_refused(project: Project) -> None:
    """With the command that says where it is now."""
    text = project.read(".copier-answers.yml")
    source = next(line for line in text.splitlines() if line.startswith("_src_path"))
    project.edit(".copier-answers.yml", source, "_src_path: /nowhere/at-all")
    check_refused(project, list(ADD), "say where it is now with scaffold update --template SRC")
    project.change("update", "--template", source.removeprefix("_src_path: "))
    assert project.read(".copier-answers.yml") == text


def test_no_project_is_refused(make_project: MakeProject, tmp_path: Path) -> None:
    """A folder without answers."""
    (tmp_path / "other").mkdir()
    check_refused(Project(tmp_path / "other", make_project().capture), list(ADD), "is no project of scaffold's")


def test_no_repository_is_refused(project: Project) -> None:
    """There would be no way to undo it."""
    shutil.rmtree(project.folder / ".git")
    check_refused(project, list(ADD), "is in no git repository: make one with git init")


def test_unstaged_changes_are_refused(project: Project) -> None:
    """An edit that git doesn't know could not be told apart from the change."""
    with (project.folder / "README.md").open("a") as file:
        file.write("mine\n")
    check_refused(project, list(ADD), "there are changes that git doesn't know of: git add, commit or stash README.md")
    project.git("add", "README.md")
    project.change(*ADD)
    assert project.read("README.md").endswith("mine\n")


def test_an_untracked_file_in_the_way_is_refused(project: Project) -> None:
    """Also one that git ignores."""
    (project.folder / "src/p/dependencies/billing.py").write_text("OWN = 1\n")
    check_refused(project, list(ADD), "src/p/dependencies/billing.py is in the way, and git doesn't know of it")


def test_a_file_where_a_folder_has_to_be_is_refused(project: Project) -> None:
    """Git doesn't know of it either."""
    (project.folder / "src/p/models/reports").write_text("")
    check_refused(project, ["new-resource", "reports", "--kind", "sqlite"], "is in the way")


@pytest.mark.parametrize("what", ["merge", "rebase"])
def test_while_something_is_in_progress_it_is_refused(project: Project, what: str) -> None:
    """Git's own way to end it is named."""
    project.git("checkout", "-q", "-b", "other")
    project.edit("README.md", "# P", "# Other")
    project.git("checkout", "-q", "main") if "main" in project.git("branch") else project.git(
        "checkout", "-q", "master"
    )
    project.edit("README.md", "# P", "# Own")
    subprocess.run(["git", *IDENTITY, what, "other"], cwd=project.folder, capture_output=True, check=False)
    check_refused(
        project, list(ADD), f"a {what} is in progress: end it with git {what} --continue or git {what} --abort"
    )


def test_another_git_command_at_work_is_refused(project: Project) -> None:
    """Its lock is left alone."""
    (project.folder / ".git/index.lock").write_text("")
    ended = project.scaffold(*ADD)
    assert ended.code == 2
    assert "another git command is at work here" in ended.err
    assert (project.folder / ".git/index.lock").exists()
    assert not (project.folder / "src/p/dependencies/billing.py").exists()
    (project.folder / ".git/index.lock").unlink()
    project.change(*ADD)


@pytest.mark.parametrize("version", ["git version 2.30.1", None])
def test_git_that_is_old_or_missing_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    """In one line."""
    (tmp_path / "bin").mkdir()
    if version:
        (tmp_path / "bin/git").write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    said = (
        "git version 2.30.1 is too old to change a project with: it takes git 2.38"
        if version
        else "git is not installed"
    )
    check_refused(project, list(ADD), said)


def test_it_works_before_the_first_commit(project: Project) -> None:
    """What is staged is the project."""
    shutil.rmtree(project.folder / ".git")
    project.git("init", "-q")
    check_refused(project, list(ADD), "isn't in git yet: git add -A && git commit")
    project.git("add", "-A")
    assert "there is no commit yet to go back to" in project.change(*ADD).out
    assert "A  src/p/dependencies/billing.py" in project.git("status", "--porcelain")


def test_what_undoes_it_undoes_nothing_else(project: Project, make_project: MakeProject, tmp_path: Path) -> None:
    """It is said only where that is so: not over what was staged before, and not over the rest of a repository."""
    before = project.files()
    assert "\nStaged: git diff --cached shows it, git reset --hard undoes it.\n" in project.change(*ADD).out
    project.git("reset", "-q", "--hard")
    assert project.files() == before
    (project.folder / "own.py").write_text("OWN = 1\n")
    project.git("add", "own.py")
    assert "with what was staged before: git reset --hard would undo both" in project.change(*ADD).out

    inner = make_project("default", "big/p")
    shutil.rmtree(inner.folder / ".git")
    (tmp_path / "big/outside").write_text("1\n")
    commit_all(tmp_path / "big")
    (tmp_path / "big/outside").write_text("2\n")
    before = inner.files()
    [undo] = re.findall(r"git diff --cached shows it, (git restore .*) undoes it", inner.change(*ADD).out)
    subprocess.run(undo.split(), cwd=inner.folder, check=True)
    assert inner.files() == before
    assert (tmp_path / "big/outside").read_text() == "2\n"


def test_it_works_inside_a_bigger_repository_that_is_dirty(make_project: MakeProject, tmp_path: Path) -> None:
    """What is outside the project, staged or not, stays as it is."""
    project = make_project("default", "big/apps/p")
    shutil.rmtree(project.folder / ".git")
    big = tmp_path / "big"
    for name in ("staged", "dirty", "untracked"):
        (big / name).write_text("1\n")
    moment = (time.time(),) * 2
    os.utime(big / "dirty", moment)
    begin = (["init", "-q"], ["config", "core.trustctime", "false"], ["add", "dirty", "apps"])
    for command in (*begin, [*IDENTITY, "commit", "-qm", "all"], ["add", "staged"]):
        subprocess.run(["git", *command], cwd=big, check=True)
    # Within the moment in which git looked at it: that it is dirty shows only in what it holds.
    (big / "dirty").write_text("2\n")
    for path in (big / "dirty", big / ".git/index"):
        os.utime(path, moment)
    project.change(*ADD)
    project.change("new-resource", "reports", "--kind", "sqlite")
    status = subprocess.check_output(["git", "status", "--porcelain"], cwd=big, text=True)
    assert "A  apps/p/src/p/dependencies/billing.py" in status
    assert {"A  staged", " M dirty", "?? untracked"} <= set(status.splitlines())
    assert not (big / "src").exists()


def test_it_works_in_a_detached_work_tree(project: Project, tmp_path: Path) -> None:
    """The work tree that it was made from stays as it is."""
    project.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    other = Project(tmp_path / "tree", project.capture)
    other.change(*ADD)
    assert "A  src/p/dependencies/billing.py" in other.git("status", "--porcelain")
    assert project.git("status", "--porcelain") == ""


def test_it_works_in_a_submodule(project: Project, tmp_path: Path) -> None:
    """Whose git folder lies in that of another repository."""
    outer = tmp_path / "outer"
    outer.mkdir()
    add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project.folder), "inner"]
    for command in (["init", "-q"], add):
        subprocess.run(["git", *command], cwd=outer, check=True, capture_output=True)
    inner = Project(outer / "inner", project.capture)
    inner.change(*ADD)
    assert "A  src/p/dependencies/billing.py" in inner.git("status", "--porcelain")


def test_it_works_with_a_submodule_inside(project: Project, make_project: MakeProject) -> None:
    """It stays at its commit."""
    other = make_project("nothing", "other")
    project.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.folder), "vendored")
    project.commit()
    before = project.git("submodule", "status")
    project.change(*ADD)
    assert project.git("submodule", "status") == before


def test_it_works_in_a_folder_of_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is the one that the folder stands in."""
    from scaffold.cli import run

    monkeypatch.chdir(project.folder / "src/p")
    assert run([*ADD, "--no-install"]) == 0
    assert (project.folder / "src/p/dependencies/billing.py").exists()


def test_what_a_hook_sets_does_not_lead_astray(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called from a hook, git's variables name another repository."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert project.scaffold(*ADD).code == 0
    monkeypatch.undo()
    assert "A  src/p/dependencies/billing.py" in project.git("status", "--porcelain")


def test_an_untracked_lock_file_does_not_block(project: Project) -> None:
    """Nor is it touched."""
    (project.folder / "uv.lock").write_text("own\n")
    project.change(*ADD)
    assert project.read("uv.lock") == "own\n"


def test_a_tracked_lock_file_that_cannot_follow_is_a_warning(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is made all the same."""
    project.write("uv.lock", "version = 1\n")
    (tmp_path / "bin").mkdir()
    for program in ("git", "sh"):
        (tmp_path / "bin" / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    project.change("remove-resource", "database")
    ended = project.change("new-resource", "reports", "--kind", "sqlite")
    assert "scaffold: warning: uv.lock is behind pyproject.toml, and there is no uv" in ended.err
    assert (project.folder / "src/p/dependencies/reports.py").exists()


@pytest.fixture
def wheels(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of wheels that uv may choose from, and let it see uv and nothing else of the world.

    They hold nothing but a name and a version: a lock file says which there are, not what is in them.
    """
    folder = tmp_path / "wheels"
    folder.mkdir()
    full = tomllib.loads(project.read("pyproject.toml"))
    requirements = "\n".join([*full["project"]["dependencies"], *full["dependency-groups"]["dev"]])
    for name, version in re.findall(r"^([\w-]+).*>=([\d.]+)$", requirements, re.MULTILINE):
        known = f"{name.replace('-', '_')}-{version}"
        with zipfile.ZipFile(folder / f"{known}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{known}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{known}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{known}.dist-info/RECORD", "")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def locked(project: Project, wheels: Path) -> Project:
    """Return a project without a cache that has a lock file of uv's."""
    project.change("remove-resource", "cache")
    subprocess.run(["uv", "lock", "--quiet"], cwd=project.folder, check=True)
    project.commit()
    assert "cachetools" not in project.read("uv.lock")
    return project


def test_a_tracked_lock_file_follows(locked: Project) -> None:
    """It is staged with the change."""
    locked.change("new-resource", "store", "--kind", "memory")
    assert 'name = "cachetools"' in locked.read("uv.lock")
    assert "M  uv.lock" in locked.git("status", "--porcelain")
    subprocess.run(["uv", "lock", "--check", "--quiet"], cwd=locked.folder, check=True)


def test_offline_a_tracked_lock_file_stays_behind_with_a_warning(
    locked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is made all the same."""
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.setenv("UV_OFFLINE", "1")
    ended = locked.change("new-resource", "store", "--kind", "memory")
    assert "scaffold: warning: uv.lock is behind pyproject.toml: uv lock failed; type it again" in ended.err
    assert " uv.lock" not in locked.git("status", "--porcelain")
    assert (locked.folder / "src/p/dependencies/store.py").exists()


def test_two_commands_at_once_come_one_after_the_other(project: Project) -> None:
    """The second waits, and then knows what the first has made."""

    def start(name: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "scaffold", "new-resource", name, "--kind", "http", "--no-install"]
        return subprocess.Popen(command, cwd=project.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    both = [start("billing"), start("search")]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert any("Waiting for another scaffold command" in err for _, err in said)
    wiring = project.read("src/p/dependencies/__init__.py")
    assert "billing" in wiring
    assert "search" in wiring


def test_nothing_is_written_by_a_dry_run(project: Project) -> None:
    """Neither in the project nor in its repository, not even when the files change their times."""
    os.utime(project.folder / "README.md", (time.time() + 5,) * 2)
    before = everything(project.folder)
    ended = project.change(*ADD, "--dry-run")
    assert everything(project.folder) == before
    assert "create   src/p/dependencies/billing.py" in ended.out
    assert "+class BillingSettings" in ended.out
    project.change(*ADD)
    staged = project.git("diff", "--cached", "--no-color", "--no-renames")
    assert ended.out.split("\n\n", 1)[1] == staged
