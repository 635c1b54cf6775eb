"""Projects made from the template, and what is done to them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from copier import run_copy

ROOT = Path(__file__).parents[1]
IDENTITY = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
# Tools leave nothing in a project.
TIDY = {"PYTHONDONTWRITEBYTECODE": "1", "RUFF_NO_CACHE": "true", "MYPY_CACHE_DIR": os.devnull}
# Plugins of pytest that only are here, or that leave something in a project.
WITHOUT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
# Seconds after which a test that hangs is ended, and the run with it, which says where it was.
BOUNDED = ("-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true")
# What a test run or an environment of somebody's leaves to its children.
FOREIGN = re.compile(r"PYTEST_.*|UV_.*|VIRTUAL_ENV|PYTHONPATH|PYTHONHOME|MYPYPATH|.*_URL")
# The command, also where tests run in the background and inherit that signals are ignored.
HEEDING_SIGNALS = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from scaffold.cli import main
main()
"""


def clean_environment(*, remove_only: bool = False) -> dict[str, str]:
    """Return the environment for a project's own tools, or what would be taken out of it."""
    return {name: value for name, value in os.environ.items() if bool(FOREIGN.fullmatch(name)) == remove_only}


def commit_all(repository: Path) -> Path:
    """Make a folder a repository, commit everything in it, and return it.

    It is packed, as one that was fetched is: a clone of it has few files, and is soon removed.
    """
    commit = [*IDENTITY, "commit", "-q", "--no-gpg-sign", "-m", "all"]
    for command in (["init", "-q"], ["add", "-A"], commit, ["repack", "-adq"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    return repository


def template_in(repository: Path) -> Path:
    """Make a repository of the template as it stands in this work tree, committed, and return it."""
    repository.mkdir()
    shutil.copy(ROOT / "copier.yml", repository)
    shutil.copytree(ROOT / "template", repository / "template")
    return commit_all(repository)


def make(template: Path, project: Path, **answers: object) -> Path:
    """Make a project with Copier itself."""
    run_copy(str(template), project, data=answers, vcs_ref="HEAD", defaults=True, quiet=True)
    return project


def given(answers: Mapping[str, object]) -> dict[str, object]:
    """Return what was answered, without what Copier notes for itself."""
    return {name: answer for name, answer in answers.items() if not name.startswith("_")}


def run(project: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this environment in a project; returns what it said, errors included."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={**clean_environment(), **TIDY, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def run_suite(project: Path, *tests: str, slow: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a project's own suite, the slow tests too, or some of its tests; without plugins that only are here."""
    marked = ("-m", "") if slow else ()
    return run(project, "pytest", "-q", *marked, *WITHOUT, *BOUNDED, *tests)


def tools_complain(project: Path, bench: Path) -> str:
    """Return what formatter, linter, type checkers and schemas say of a project, nothing if they are content.

    All projects are looked at in one place: what mypy learned of the one holds for the other.
    """
    place = bench / "project"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(project, place, ignore=shutil.ignore_patterns(".git", ".venv"))
    tools = [
        ["ruff", "format", "--check"],
        ["ruff", "check"],
        ["mypy"],
        ["pyrefly", "check", "--python-interpreter-path", sys.executable],
        ["validate_pyproject", "pyproject.toml"],
    ]
    schemas = {".github/workflows/ci.yml": "vendor.github-workflows", "compose.yaml": "vendor.compose-spec"}
    tools += [
        ["check_jsonschema", "--builtin-schema", schema, path]
        for path, schema in schemas.items()
        if (place / path).exists()
    ]
    ended = [run(place, *tool, MYPY_CACHE_DIR=str(bench / "cache")) for tool in tools]
    said = "".join(each.stdout for each in ended if each.returncode)
    return said + _dockerfile_complains(place)


def _dockerfile_complains(project: Path) -> str:
    if not (project / "Dockerfile").exists():
        return ""
    # A package brings it, but as a program.
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    command = [str(hadolint), "--no-color", "Dockerfile"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).stdout


def serves(url: str) -> bool:
    """Return whether somebody listens at an address."""
    found = re.search(r"@127\.0\.0\.1:(\d+)/", url)
    assert found is not None
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(found[1]))) == 0


def wait_until_gone(*urls: str) -> None:
    """Wait until nobody listens any more."""
    until(lambda: not any(map(serves, urls)))


def until(so: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def remove_data(project: Path) -> None:
    """Remove what a project's servers for development keep where root's, which aren't root, could reach it."""
    for data in Path("/var/tmp").glob(f"{'-'.join(project.resolve().parts[1:])}-.data-*"):
        shutil.rmtree(data)


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return the mode and the bytes of every file below a folder, repository and environment left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    relative = {path.relative_to(folder): path for path in found}
    return {
        str(name): (path.stat().st_mode & 0o111, path.read_bytes())
        for name, path in sorted(relative.items())
        if name.parts[0] not in (".git", ".venv")
    }
