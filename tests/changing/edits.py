"""What people do to files of a project, and how a project is read afterwards."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import tomlkit
import yaml

from changing.conftest import Project

Change = Callable[[Project], None]


def instead(path: str, before: str, after: str) -> Change:
    """Replace the first of what stands in a file."""

    def change(project: Project) -> None:
        text = project.read(path)
        assert before in text, f"{path} has no {before!r}"
        (project.folder / path).write_text(text.replace(before, after, 1))

    return change


def added(path: str, text: str) -> Change:
    """Add lines at the end of a file; it may be new."""

    def change(project: Project) -> None:
        file = project.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if file.exists() else "") + text)

    return change


def everywhere(pattern: str, after: str, glob: str = "**/*.py") -> Change:
    """Replace something wherever it stands."""

    def change(project: Project) -> None:
        for file in project.folder.glob(glob):
            file.write_text(re.sub(pattern, after, file.read_text()))

    return change


def in_one_line(path: str, key: str) -> Change:
    """Write a list of a TOML file in one line."""

    def change(project: Project) -> None:
        written = re.search(rf"(?m)^{key} = \[\n((?:    .*\n)+)\]", project.read(path))
        assert written
        entries = " ".join(line.strip() for line in written[1].splitlines()).rstrip(",")
        instead(path, written[0], f"{key} = [{entries}]")(project)

    return change


def gone(*paths: str) -> Change:
    """Delete files."""

    def change(project: Project) -> None:
        for path in paths:
            (project.folder / path).unlink()

    return change


def moved(path: str, to: str) -> Change:
    """Move a file."""

    def change(project: Project) -> None:
        (project.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).rename(project.folder / to)

    return change


def with_crlf(path: str) -> Change:
    """Save a file as an editor on Windows does."""

    def change(project: Project) -> None:
        file = project.folder / path
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    return change


def together(*changes: Change) -> Change:
    """Make several changes."""

    def change(project: Project) -> None:
        for each in changes:
            each(project)

    return change


def lines(project: Project) -> Counter[str]:
    """Return every line of a project's, wherever it stands and however it is indented."""
    return lines_in(project.folder, project.git("ls-files", "-c", "-o", "--exclude-standard").splitlines())


def lines_in(folder: Path, paths: Iterable[str]) -> Counter[str]:
    """Return the lines of files; in TOML each entry of a list is one."""
    found: Counter[str] = Counter()
    for path in paths:
        if (folder / path).is_file():
            text = (folder / path).read_bytes().decode()
            written = re.split(r"[\[\],\n]", text) if path.endswith(".toml") else text.splitlines()
            found.update(line.strip() for line in written)
    return found


def check_it_parses(project: Project) -> None:
    """Assert that every file is one of its language."""
    tomlkit.parse(project.read("pyproject.toml"))
    yaml.safe_load(project.read("compose.yaml"))
    for file in [*project.folder.glob("src/**/*.py"), *project.folder.glob("tests/**/*.py")]:
        ast.parse(file.read_text(), str(file))
