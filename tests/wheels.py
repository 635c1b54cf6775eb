"""Wheels of this repository, built from clones of it and installed where there is nothing else."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import copier
from projects import IDENTITY, ROOT, TIDY, clean_environment, commit_all

CANONICAL = "https://github.com/copier-fastapi/copier-fastapi"
BUILT_FROM = ("copier.yml", "generator", "LICENSE", "pyproject.toml", "README.md", "template")
# A package brings it, but as a program.
UV = shutil.which("uv", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}") or "uv"
# Git reaches no other machine, and neither does anything that heeds a proxy.
OFFLINE = {"GIT_ALLOW_PROTOCOL": "file", "https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Installed:
    """A command in an environment of its own, used from a folder outside of any clone, without a network."""

    environment: Path
    folder: Path

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Give a command."""
        return subprocess.run(
            [str(self.environment / "bin/scaffold"), *arguments],
            cwd=self.folder,
            env={**clean_environment(), **OFFLINE, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, *arguments: str) -> str:
        """Give a command that has to succeed; returns what it printed."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended
        return ended.stdout


def repository_of_this(folder: Path) -> Path:
    """Return a repository of what a wheel is built from, as it stands in this work tree."""
    folder.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return commit_all(folder)


def give_version(repository: Path, version: str) -> None:
    """Release what a repository holds, under a version."""
    pyproject = repository / "pyproject.toml"
    lines = pyproject.read_text().splitlines()
    number = next(number for number, line in enumerate(lines) if line.startswith("version = "))
    lines[number] = f'version = "{version}"'
    pyproject.write_text("\n".join(lines) + "\n")
    for command in ([*IDENTITY, "commit", "-q", "--allow-empty", "-am", version], ["tag", f"v{version}"]):
        subprocess.run(["git", *command], cwd=repository, check=True)


def build(source: Path, folder: Path, *what: str) -> "subprocess.CompletedProcess[str]":
    """Build a wheel, or what is named, into a folder, with what this environment has."""
    command = [UV, "build", "--offline", "--no-build-isolation", "--python", sys.executable]
    return subprocess.run(
        [*command, "--out-dir", str(folder), *(what or ["--wheel"]), str(source)],
        env={**clean_environment(), **TIDY},
        capture_output=True,
        text=True,
        check=False,
    )


def built(source: Path, folder: Path, *what: str) -> Path:
    """Return what was built; it has to be one file."""
    ended = build(source, folder, *what)
    assert ended.returncode == 0, ended.stderr
    [found] = folder.glob("copier_fastapi-*")
    return found


def install(wheel: Path, environment: Path, folder: Path) -> Installed:
    """Install a wheel into an environment that else has only what it requires, and no clone beside it."""
    venv.create(environment, symlinks=True)
    [packages] = environment.glob("lib/*/site-packages")
    command = [UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(environment), str(wheel)]
    subprocess.run(command, env=clean_environment(), check=True)
    # What it requires is looked for after what is installed here.
    (packages / "required.pth").write_text(f"{Path(copier.__file__).parents[1]}\n")
    folder.mkdir(exist_ok=True)
    return Installed(environment, folder)
