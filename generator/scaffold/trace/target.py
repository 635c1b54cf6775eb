"""What is traced: an application in a project's folder, and the interpreter that the project runs with."""

import os
import sys
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scaffold.errors import Refusal
from scaffold.paths import with_home

# Where FastAPI's own command looks, in this order.
FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")


@dataclass(frozen=True)
class Target:
    """An application: its module, its name in it (none: the first there is), and what its imports are found in."""

    folder: Path
    python: Path
    module: str
    name: str
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        """How a user names it."""
        return f"{self.module}:{self.name}" if self.name else self.module


def find_target(folder: Path, app: str, python: Path | None) -> Target:
    """Return what is traced; raises Refusal if there is no such folder, application or interpreter."""
    place = with_home(folder).resolve()
    if not place.is_dir():
        message = f"there is no folder {folder}: name the project's with --project DIR"
        raise Refusal(message)
    entrypoint = app or _entrypoint(place)
    if entrypoint:
        module, colon, name = entrypoint.partition(":")
        if not all(part.isidentifier() for part in [*module.split("."), *(name.split(".") if colon else ())]):
            message = f"{entrypoint!r} names no application: write MODULE:NAME, as in --app shop.main:app"
            raise Refusal(message)
        source = place / "src"
        return Target(place, _find_python(place, python), module, name, (str(place), str(source)))
    file = next((place / each for each in FILES if (place / each).is_file()), None)
    if file is None:
        message = f"no application is known in {place}: name it with --app MODULE:NAME"
        raise Refusal(message)
    return _of_file(place, file, _find_python(place, python))


def _of_file(folder: Path, file: Path, python: Path) -> Target:
    """Return the application of a file; its module's name begins below the first folder that is no package."""
    parts = [file.stem]
    above = file.parent
    while (above / "__init__.py").is_file():
        parts.insert(0, above.name)
        above = above.parent
    return Target(folder, python, ".".join(parts), "", (str(above),))


def _entrypoint(folder: Path) -> str:
    """Return what FastAPI's own command would serve, if pyproject.toml says it."""
    try:
        read = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        message = f"{folder / 'pyproject.toml'} can't be read: {' '.join(str(error).split())}"
        raise Refusal(message) from None
    tools = read.get("tool", {})
    found = tools.get("fastapi", {}).get("entrypoint", "") if isinstance(tools, dict) else ""
    return found if isinstance(found, str) else ""


def _find_python(folder: Path, python: Path | None) -> Path:
    """Return the project's interpreter: the one that is named, the active environment's, or the nearest `.venv`'s.

    An active environment that is only this command's is none of the project's.
    """
    if python is not None:
        return _named(python)
    active = os.environ.get("VIRTUAL_ENV", "")
    own = Path(sys.prefix).resolve()
    if active and Path(active).resolve() != own and (found := _in_environment(Path(active))):
        return found
    for above in (folder, *folder.parents):
        if found := _in_environment(above / ".venv"):
            return found
    if find_spec("fastapi") is not None:
        return Path(sys.executable)
    message = f"no environment is known for {folder}: activate it, or name its interpreter with --python PATH"
    raise Refusal(message)


def _named(python: Path) -> Path:
    place = with_home(python).absolute()
    found = _in_environment(place) if place.is_dir() else place
    if found is None or not (found.is_file() and os.access(found, os.X_OK)):
        message = f"--python {python} is no interpreter: name the file, as in .venv/bin/python"
        raise Refusal(message)
    return found


def _in_environment(folder: Path) -> Path | None:
    """Return the interpreter of an environment; not resolved, since its link is what makes it that."""
    return next((path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.is_file()), None)
