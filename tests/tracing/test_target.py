"""Which application is traced, and by which interpreter, where nothing says it."""

import os
import sys
from pathlib import Path

import pytest
from scaffold.errors import Refusal
from scaffold.trace.target import find_target

PYTHON = Path(sys.executable)


def an_environment(folder: Path) -> Path:
    """Make what looks like an environment; returns its interpreter."""
    python = folder / "bin/python"
    python.parent.mkdir(parents=True)
    os.symlink(sys.executable, python)
    return python


@pytest.mark.parametrize(
    ("files", "module", "folder"),
    [
        (["main.py"], "main", "."),
        (["app.py", "api.py"], "app", "."),
        (["app/main.py"], "main", "app"),
        (["app/__init__.py", "app/main.py"], "app.main", "."),
    ],
)
def test_the_application_is_where_fastapi_looks_for_it(
    tmp_path: Path, files: list[str], module: str, folder: str
) -> None:
    """The first folder that is no package is where its imports are found."""
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    target = find_target(tmp_path, "", PYTHON)
    assert (target.module, target.name, target.path) == (module, "", (str(tmp_path / folder),))


def test_the_project_may_say_which_application(tmp_path: Path) -> None:
    """In the place where FastAPI's own command looks."""
    (tmp_path / "pyproject.toml").write_text('[tool.fastapi]\nentrypoint = "shop.app:app"\n')
    target = find_target(tmp_path, "", PYTHON)
    assert (target.module, target.name) == ("shop.app", "app")
    assert target.path == (str(tmp_path), str(tmp_path / "src"))


def test_without_an_application_it_says_how_to_name_one(tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(Refusal, match=r"no application is known in .*: name it with --app MODULE:NAME"):
        find_target(tmp_path, "", PYTHON)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(Refusal, match=r"pyproject.toml can't be read: ") as refused:
        find_target(tmp_path, "", PYTHON)
    assert "\n" not in str(refused.value)


def test_the_active_environment_is_the_project_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is only this command's."""
    (tmp_path / "main.py").touch()
    active, own = an_environment(tmp_path / "active"), an_environment(tmp_path / ".venv")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert find_target(tmp_path, "", None).python == active
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert find_target(tmp_path, "", None).python == own


def test_the_nearest_environment_above_is_the_project_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project may stand in a bigger one; where there is none at all, this command's has FastAPI, too."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    project = tmp_path / "services/shop"
    project.mkdir(parents=True)
    (project / "main.py").touch()
    assert find_target(project, "", None).python == PYTHON
    above = an_environment(tmp_path / ".venv")
    assert find_target(project, "", None).python == above


def test_an_interpreter_may_be_named_by_its_environment(tmp_path: Path) -> None:
    """A file that is none is refused."""
    (tmp_path / "main.py").touch()
    python = an_environment(tmp_path / "named")
    assert find_target(tmp_path, "", tmp_path / "named").python == python
    for wrong in (tmp_path / "nowhere", tmp_path / "main.py", tmp_path):
        with pytest.raises(Refusal, match=r"is no interpreter: name the file, as in .venv/bin/python"):
            find_target(tmp_path, "", wrong)
