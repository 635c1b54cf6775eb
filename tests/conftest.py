"""Tests run as a stranger would: no identity, no settings of anybody's, a template that is committed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from projects import ROOT, clean_environment, commit_all, template_in

Scaffold = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the counts be higher, for a run by hand."""
    parser.addoption("--long", action="store_true", help="more sequences of commands, more kills")


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Have a process more than there are cores: a quarter of the time tests wait, for servers and for time limits."""
    return (yield) + 1


class Told:
    """Says at once which test failed and why: who ends a run that takes too long knows as much as it does."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        """Say it where everything else is said."""
        self.reporter = reporter

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say why a test failed."""
        if report.failed:
            self.reporter.ensure_newline()
            self.reporter.section(report.nodeid, sep="_")
            self.reporter.write_line(report.longreprtext)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let failures be said at once."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        config.pluginmanager.register(Told(reporter))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of each were tried, where a test counts."""
    counts = [counted for report in terminalreporter.stats.get("passed", []) for counted in report.user_properties]
    if counts:
        terminalreporter.section("counted")
        terminalreporter.write_line(", ".join(f"{what}: {count}" for what, count in counts))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let a skipped test fail the run where CI is set: nothing here depends on the machine."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _stranger(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Take away what this machine's user has set up."""
    home = tmp_path_factory.mktemp("home")
    (home / "settings.yml").write_text("{}")
    os.environ.update(
        HOME=str(home),
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_NOSYSTEM="1",
        COPIER_SETTINGS_PATH=str(home / "settings.yml"),
        COPIER_CACHE_DIR=str(home / "copier"),
        NO_COLOR="1",
        COLUMNS="80",
    )
    for name in [*clean_environment(remove_only=True), "EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"]:
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository that holds the template as it stands in this work tree, committed."""
    return template_in(tmp_path_factory.mktemp("template") / "copier-fastapi")


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where tools look at projects, one after the other."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def scaffold(template: Path, tmp_path: Path) -> Scaffold:
    """Return the command, run in an empty folder with the template of this work tree."""

    def give(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = (
            [] if "--template" in arguments or not arguments or arguments[0] != "new" else ["--template", str(template)]
        )
        return subprocess.run(
            [sys.executable, "-m", "scaffold", *arguments, *given],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return give


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return this repository as somebody who cloned it has it."""
    folder = tmp_path / "copier-fastapi"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__"))
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    commit_all(folder)
    return folder
