"""Installs a project into an environment of its own, in its folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = ".venv"
PIP = (f"{ENVIRONMENT}/bin/pip", "install", "--quiet", "--disable-pip-version-check")


def installer() -> str:
    """Return what installs: uv where it is present, else pip."""
    return "uv" if shutil.which("uv") else "pip"


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
