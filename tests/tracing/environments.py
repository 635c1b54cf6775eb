"""Makes virtual environments that an application is traced in: pairs of a version of FastAPI and one of Python.

`python tests/tracing/environments.py FOLDER [--all-pairs]` makes those that are missing, and says a line for each. Few
pairs are enough: every FastAPI, every Python, and the newest FastAPI that each Python can have; or all of them.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
# The last versions before the order of things changes, and the first after it; and each Python's own newest.
NEWEST = "newest"
FASTAPIS = ("0.105", "0.106", "0.117", "0.118", "0.120", "0.121", NEWEST)
BESIDE = ("uvicorn", "sqlalchemy[asyncio]", "aiosqlite")
# Written last: an environment without it is made anew.
COMPLETE = "complete.txt"


@dataclass(frozen=True)
class Pair:
    """A version of FastAPI, and one of Python."""

    fastapi: str
    python: str

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.fastapi}-{self.python}"

    @property
    def requirements(self) -> list[str]:
        """What is installed."""
        fastapi = "fastapi" if self.fastapi == NEWEST else f"fastapi=={self.fastapi}.*"
        return [fastapi, *BESIDE]


def pairs(pythons: list[str], *, every: bool) -> list[Pair]:
    """Return the pairs to make, of the versions of Python that there are: few, or every one."""
    if every:
        return [Pair(fastapi, python) for fastapi in FASTAPIS for python in pythons]
    turns = [Pair(fastapi, pythons[turn % len(pythons)]) for turn, fastapi in enumerate(FASTAPIS) if fastapi != NEWEST]
    return [*turns, *(Pair(NEWEST, python) for python in pythons)]


def find_pythons() -> dict[str, Path]:
    """Return an interpreter of each version that is there."""
    found = {version: _find(version) for version in PYTHONS}
    return {version: python for version, python in found.items() if python is not None}


def _find(version: str) -> Path | None:
    """Return an interpreter on PATH, or of pyenv's, whatever HOME is said to be; a shim of pyenv's may run nothing."""
    homes = {Path.home(), Path(pwd.getpwuid(os.getuid()).pw_dir)}
    on_path = shutil.which(f"python{version}")
    candidates = [
        *([Path(on_path)] if on_path else []),
        *(each for home in homes for each in sorted(home.glob(f".pyenv/versions/{version}.*/bin/python"))),
        Path(sys.executable),
    ]
    return next((each for each in candidates if _version_of(each) == version), None)


def _version_of(python: Path) -> str:
    asks = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asks, capture_output=True, text=True, check=False).stdout.strip()


def is_complete(environment: Path, requirements: list[str]) -> bool:
    """Return whether an environment has been made for these requirements, and its interpreter is still there."""
    marker = environment / COMPLETE
    made = marker.is_file() and marker.read_text(encoding="utf-8").split() == requirements
    return made and python_of(environment).exists()


def complete(folder: Path) -> list[Pair]:
    """Return the pairs whose environments are in a folder."""
    known = pairs(list(PYTHONS), every=True)
    return [pair for pair in known if is_complete(folder / pair.name, pair.requirements)]


def python_of(environment: Path) -> Path:
    """Return an environment's interpreter."""
    return environment / "bin/python"


def make(environment: Path, pair: Pair, python: Path) -> str:
    """Make an environment, and return what went wrong."""
    uv = [sys.executable, "-m", "uv"]
    for command in (
        ["venv", "--quiet", "--no-project", "--clear", "--python", str(python), str(environment)],
        ["pip", "install", "--quiet", "--python", str(python_of(environment)), *pair.requirements],
    ):
        ended = subprocess.run([*uv, *command], capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            return " ".join(ended.stderr.split())
    (environment / COMPLETE).write_text("\n".join(pair.requirements), encoding="utf-8")
    return ""


def _installed(environment: Path) -> str:
    """Return what was found for an environment."""
    found = {}
    for name in ("fastapi", "starlette", "sqlalchemy"):
        for each in environment.glob(f"lib/python*/site-packages/{name}-*.dist-info"):
            found[name] = each.name.removesuffix(".dist-info").partition("-")[2]
    return ", ".join(f"{name} {version}" for name, version in found.items())


def fill(folder: Path, found: Mapping[str, Path], chosen: list[Pair]) -> bool:
    """Make the environments that are missing in a folder, and say so; returns whether all of them are there."""
    whole = True
    for pair in chosen:
        environment, begun = folder / pair.name, time.monotonic()
        label = f"FastAPI {pair.fastapi} on Python {pair.python}"
        if is_complete(environment, pair.requirements):
            print(f"{label}: there already ({_installed(environment)})", flush=True)
        elif wrong := make(environment, pair, found[pair.python]):
            whole = False
            print(f"{label}: can't be installed: {wrong}", flush=True)
        else:
            print(f"{label}: {_installed(environment)}, in {time.monotonic() - begun:.1f} s", flush=True)
    return whole


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Makes environments that an application is traced in.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all-pairs", action="store_true", help="every FastAPI on every Python")
    arguments = parser.parse_args()
    found = find_pythons()
    for version in PYTHONS:
        if version not in found:
            print(f"Python {version} is not here: no environment has it", flush=True)
    if not found:
        return 1
    arguments.folder.mkdir(parents=True, exist_ok=True)
    whole = fill(arguments.folder, found, pairs(list(found), every=arguments.all_pairs))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
