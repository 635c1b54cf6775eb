"""`scaffold new`: what it makes, where, and what it leaves when it doesn't come to an end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from conftest import Scaffold
from projects import HEEDING_SIGNALS, IDENTITY, commit_all, files, until

NEW = ("new", "my-api", "--defaults", "--no-install")


def log(project: Path) -> str:
    """Return author and subject of the commits of a project."""
    return subprocess.check_output(["git", "log", "--format=%an <%ae> %s"], cwd=project, text=True)


def test_it_makes_a_committed_project_and_says_what_to_type_next(scaffold: Scaffold, tmp_path: Path) -> None:
    """Nothing is left to commit, and nothing is left beside it."""
    ended = scaffold(*NEW)
    assert ended.returncode == 0, ended.stderr
    assert "Created my-api, with its first commit" in ended.stdout
    assert "    cd my-api\n" in ended.stdout
    assert "    .venv/bin/fastapi dev" in ended.stdout
    status = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path / "my-api", text=True)
    assert status == ""
    assert os.listdir(tmp_path) == ["my-api"]


def test_without_an_identity_the_first_commit_is_nobodys_and_says_so(scaffold: Scaffold, tmp_path: Path) -> None:
    """A fresh machine has none."""
    ended = scaffold(*NEW)
    assert "git knows no user.name and user.email here" in ended.stdout
    assert log(tmp_path / "my-api") == "scaffold <scaffold@localhost> Create the project\n"


def test_with_an_identity_the_first_commit_is_its(scaffold: Scaffold, tmp_path: Path) -> None:
    """Also where commits are to be signed and hooks say no: those are for the user's own."""
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[user]\nname = Ada\nemail = ada@example.org\n[commit]\ngpgsign = true\n[gpg]\nprogram = false\n"
    )
    ended = scaffold(*NEW, GIT_CONFIG_GLOBAL=str(settings))
    assert ended.returncode == 0, ended.stderr
    assert "user.name" not in ended.stdout
    assert log(tmp_path / "my-api") == "Ada <ada@example.org> Create the project\n"


def test_inside_a_repository_it_makes_none(scaffold: Scaffold, tmp_path: Path) -> None:
    """The project is part of the bigger one, whose index stays as it was."""
    (tmp_path / "other").write_text("")
    commit_all(tmp_path)
    ended = scaffold("new", "services/my-api", "--defaults", "--no-install")
    assert ended.returncode == 0, ended.stderr
    assert "in the repository that is there" in ended.stdout
    assert not (tmp_path / "services/my-api/.git").exists()
    status = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path, text=True)
    assert status == "?? services/\n"


def test_no_git_makes_no_repository(scaffold: Scaffold, tmp_path: Path) -> None:
    """As asked."""
    assert scaffold(*NEW, "--no-git").returncode == 0
    assert not (tmp_path / "my-api/.git").exists()


def test_an_empty_folder_is_filled_and_stays_the_same_folder(scaffold: Scaffold, tmp_path: Path) -> None:
    """Somebody may stand in it."""
    folder = tmp_path / "my-api"
    folder.mkdir()
    before = folder.stat().st_ino
    assert scaffold(*NEW).returncode == 0
    assert folder.stat().st_ino == before
    assert (folder / "pyproject.toml").is_file()
    assert (folder / ".git").is_dir()


def test_dry_run_lists_what_would_be_made_and_writes_nothing(scaffold: Scaffold, tmp_path: Path) -> None:
    """The list is that of the files a real run makes."""
    dry = scaffold(*NEW, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert os.listdir(tmp_path) == []
    scaffold(*NEW)
    assert dry.stdout.splitlines() == [f"create  {name}" for name in files(tmp_path / "my-api")]


def test_flags_say_what_the_project_is_made_of(scaffold: Scaffold, tmp_path: Path) -> None:
    """Any number of resources of a kind, each with options of its own."""
    ended = scaffold(
        *NEW,
        *("--name", "Billing API", "--cache", "none", "--client", "search", "--client", "mail"),
        *("--resource", "reports=sqlite", "--set", "mail.base_url=https://mail.example", "--data", "docker=no"),
    )
    assert ended.returncode == 0, ended.stderr
    answers = (tmp_path / "my-api/.copier-answers.yml").read_text()
    assert answers.endswith(
        """\
example:
    client: mail
    database: database
kubernetes: false
metrics: false
operations: false
package_name: billing_api
pre_commit: false
project_name: Billing API
renovate: false
resources:
    database:
        kind: sqlite
    mail:
        base_url: https://mail.example
        kind: http
    reports:
        kind: sqlite
    search:
        kind: http
security: false
telemetry: false
"""
    )
    assert not (tmp_path / "my-api/Dockerfile").exists()
    assert (tmp_path / "my-api/src/billing_api/dependencies/reports.py").is_file()


def test_it_shows_what_takes_long(scaffold: Scaffold) -> None:
    """One line a step on stderr, so that stdout can be piped."""
    ended = scaffold(*NEW)
    assert ended.stderr.startswith("Making the files: ")


def test_an_installation_that_fails_leaves_the_project(scaffold: Scaffold, tmp_path: Path) -> None:
    """Exit code 1: it is there, a person has to see to the rest."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "UV_OFFLINE": "1", "UV_NO_CACHE": "1"}
    ended = scaffold("new", "my-api", "--defaults", **offline)
    assert ended.returncode == 1
    assert "scaffold: the project is there, but its installation failed: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "my-api/pyproject.toml").is_file()
    assert ".venv/bin/pip install -q -e . --group dev" in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_nothing(template: Path, tmp_path: Path, number: signal.Signals) -> None:
    """At whatever moment it is cut short while it makes the files: also as soon as there is something to be removed."""
    interrupted = 0
    for tenths in (0, *range(1, 12, 2)):
        command = [sys.executable, "-c", HEEDING_SIGNALS, *NEW, "--template", str(template)]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if tenths:
            time.sleep(tenths / 10)
        else:
            until(lambda: os.listdir(tmp_path), 60)
        process.send_signal(number)
        process.wait()
        if (tmp_path / "my-api").exists():
            assert (tmp_path / "my-api/pyproject.toml").is_file()
            break
        assert process.returncode != 0
        assert os.listdir(tmp_path) == []
        interrupted += 1
    assert interrupted > 0


@pytest.mark.parametrize("there", [False, True])
def test_of_two_commands_for_one_folder_one_makes_it(template: Path, tmp_path: Path, there: bool) -> None:
    """The other is refused, and touches nothing of it."""
    if there:
        (tmp_path / "p").mkdir()
    command = [sys.executable, "-m", "scaffold", "new", "p", "--defaults", "--no-install", "--template", str(template)]
    both = [
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    assert any("p is not empty: name a folder that is empty" in err for err in said)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    status = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path / "p", text=True)
    assert status == ""


def test_uncommitted_files_of_the_template_are_never_taken(template: Path, tmp_path: Path, scaffold: Scaffold) -> None:
    """Changed ones and untracked ones: what a project records has to exist."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(template), str(clone)], check=True)
    (clone / "template/project/untracked").write_text("untracked")
    (clone / "template/project/.gitignore.jinja").write_text("changed")
    ended = scaffold(*NEW, "--template", str(clone))
    assert ended.returncode == 0, ended.stderr
    made = files(tmp_path / "my-api")
    assert "untracked" not in made
    assert made[".gitignore"][1] != b"changed"
    head = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=clone, text=True).strip()
    recorded = yaml.safe_load(made[".copier-answers.yml"][1])
    assert (recorded["_commit"], recorded["_src_path"]) == (head, str(clone))


def test_a_url_of_a_repository_is_a_template(template: Path, tmp_path: Path, scaffold: Scaffold) -> None:
    """Of a bare one, too; what is recorded is a URL that Copier knows."""
    subprocess.run(["git", "clone", "-q", "--bare", str(template), str(tmp_path / "bare")], check=True)
    ended = scaffold(*NEW, "--template", f"file://{tmp_path}/bare")
    assert ended.returncode == 0, ended.stderr
    assert f"_src_path: git+file://{tmp_path}/bare\n" in (tmp_path / "my-api/.copier-answers.yml").read_text()
    refused = scaffold("new", "b", "--defaults", "--template", "bare")
    assert f"is a bare repository: give it as git+file://{tmp_path}/bare" in refused.stderr


def test_the_newest_release_is_taken_unless_another_version_is_named(
    template: Path, tmp_path: Path, scaffold: Scaffold
) -> None:
    """Releases are compared as versions; a pre-release has to be asked for."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(template), str(clone)], check=True)
    for tag in ("v0.9.0", "v0.10.0", "v0.11.0rc1", "other"):
        (clone / "template/project/.gitignore.jinja").write_text(f"{tag}\n")
        subprocess.run(["git", *IDENTITY, "commit", "-q", "-a", "-m", tag], cwd=clone, check=True)
        subprocess.run(["git", "tag", tag], cwd=clone, check=True)
    made = {}
    for ref in ("", "v0.9.0", "HEAD"):
        scaffold(
            "new", f"p{ref}", "--defaults", "--no-install", "--template", str(clone), *(["--ref", ref] if ref else [])
        )
        made[ref] = (tmp_path / f"p{ref}/.gitignore").read_text().strip()
    assert made == {"": "v0.10.0", "v0.9.0": "v0.9.0", "HEAD": "other"}
