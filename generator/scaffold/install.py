"""Installs a project into an environment of its own, in its folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scaffold.git import git
from scaffold.terminal import step

ENVIRONMENT = ".venv"
LOCK = "uv.lock"
PIP = (f"{ENVIRONMENT}/bin/pip", "install", "--quiet", "--disable-pip-version-check")


def installer() -> str:
    """Return what installs: uv where it is present, else pip."""
    return "uv" if shutil.which("uv") else "pip"


def bring_up_to_date(project: Path) -> str | None:
    """Install what a changed project requires now, in the environment it has; returns what went wrong, or None.

    An environment elsewhere is its owner's own.
    """
    if not (project / ENVIRONMENT).is_dir():
        return None
    with step(f"Installing with {installer()}"):
        failed = install(project)
    return failed and f"the change is made, but its installation failed: {failed}"


def lock(project: Path) -> str | None:
    """Bring a lock file that git knows up to date, and stage it; returns a warning if that can't be, or None."""
    if not git("ls-files", "--", LOCK, at=project):
        return None
    behind = f"{LOCK} is behind pyproject.toml"
    if not shutil.which("uv"):
        return f"{behind}, and there is no uv: bring it up to date with uv lock where there is"
    ended = subprocess.run(
        ["uv", "lock", "--quiet"], cwd=project, env=_environment(), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        return f"{behind}: uv lock failed; type it again when the network is there"
    git("add", "--", LOCK, at=project)
    return None


def install(project: Path) -> str | None:
    """Install a project, its own suite included; returns what went wrong, or None."""
    for command in _commands():
        try:
            ended = subprocess.run(
                command, cwd=project, env=_environment(), capture_output=True, text=True, check=False
            )
        except OSError as error:
            return f"{command[0]}: {error.strerror}"
        if ended.returncode != 0:
            said = [line for line in (ended.stderr or ended.stdout).splitlines() if line.strip()]
            return (said or [f"{' '.join(command)} failed"])[-1].strip()
    return None


def _commands() -> list[tuple[str, ...]]:
    """Return the commands, for the Python that this command runs on."""
    if installer() == "uv":
        return [("uv", "sync", "--quiet", "--python", sys.executable)]
    return [
        (sys.executable, "-m", "venv", ENVIRONMENT),
        (*PIP, "--upgrade", "pip>=25.1"),  # the first that knows groups
        (*PIP, "--editable", ".", "--group", "dev"),
    ]


def _environment() -> dict[str, str]:
    """Return this process's environment without what points at another project's."""
    foreign = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONHOME", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in foreign}
