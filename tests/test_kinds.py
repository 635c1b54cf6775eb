"""A kind is one folder: adding it adds it everywhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from conftest import Scaffold
from projects import commit_all, run_suite, tools_complain
from scaffold.kinds import read_kinds
from scaffold.template import find_template

FOLDER = Path(__file__).parent / "kinds" / "diskcache"


@pytest.fixture
def extended(template: Path, tmp_path: Path) -> Path:
    """Return the template with a made-up kind: one folder more, and nothing else."""
    repository = tmp_path / "extended"
    shutil.copytree(template, repository, ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(FOLDER, repository / "template/resources/diskcache")
    commit_all(repository)
    return repository


def test_the_command_knows_it(extended: Path, scaffold: Scaffold, bench: Path, tmp_path: Path) -> None:
    """With its role, its options, its files; the project is as tidy and as green as any other."""
    flags = ("--cache", "diskcache", "--set", "cache.folder=kept here", "--defaults", "--no-install")
    ended = scaffold("new", "my-api", *flags, "--template", str(extended))
    assert ended.returncode == 0, ended.stderr
    project = tmp_path / "my-api"
    assert "| cache | Folder (for tests) | `Cache` | `CACHE_…` |" in (project / "README.md").read_text()
    assert "kept here" in (project / "src/my_api/dependencies/cache.py").read_text()
    assert "CACHE_FOLDER=" in (project / ".env.example").read_text()
    assert '"anyio>=4",' in (project / "pyproject.toml").read_text()
    assert "  cache:\n    image: example/folder\n" in (project / "compose.yaml").read_text()
    assert not tools_complain(project, bench)
    suite = run_suite(project, slow=False)
    assert suite.returncode == 0, suite.stdout


def test_a_wrong_name_suggests_it(extended: Path, scaffold: Scaffold) -> None:
    """Refusals list every kind there is."""
    ended = scaffold("new", "a", "--cache", "diskcash", "--defaults", "--template", str(extended))
    assert "did you mean diskcache?; there are diskcache, memory, redis, none" in ended.stderr


def test_the_questions_offer_it(extended: Path, tmp_path: Path) -> None:
    """With its label."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "scaffold", "new", "a", "--template", str(extended)],
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=20,
    )
    for question in ("Name of the project", "What it does", "Its author", "Database"):
        child.expect(question)
        child.send("\r")
    child.expect("Cache")
    child.expect("Folder")
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_it_needs_nothing_outside_its_folder(extended: Path, template: Path) -> None:
    """The rest of the template is the same."""
    compared = subprocess.run(
        ["diff", "-rq", "--exclude", ".git", str(template), str(extended)], capture_output=True, text=True, check=False
    )
    assert compared.stdout == f"Only in {extended}/template/resources: diskcache\n"


def test_a_kind_that_refuses_a_second_process_says_so(template: Path) -> None:
    """Whatever runs an application then runs it once."""
    with find_template(str(template), None) as found:
        kinds = read_kinds(found)
    sources = {name: (template / "template/resources" / name).glob("*.jinja") for name in kinds}
    refusing = {
        name for name, paths in sources.items() if any("one process only" in path.read_text() for path in paths)
    }
    assert refusing == {name for name, kind in kinds.items() if kind.one_process} == {"memory"}
