"""Migrations of a project, as its owner writes them: with the command of its README."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from projects import TIDY, clean_environment, make, run, run_suite

COMPARED = "tests/test_database.py::test_the_migrations_make_the_tables_of_the_models"


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """Return a project whose model has a new column, and no revision for it."""
    project = make(template, tmp_path / "project")
    model = project / "src/project/models/database/note.py"
    model.write_text(model.read_text() + "    color: Mapped[str | None]\n")
    assert run_suite(project, COMPARED).returncode == 1
    return project


def test_a_revision_is_written_and_applied(project: Path) -> None:
    """It comes out formatted, and can be taken back."""
    [command] = re.findall(r"^\.venv/bin/alembic .*$", (project / "README.md").read_text(), re.MULTILINE)
    ended = subprocess.run(
        command.replace(".venv/bin/alembic", f"'{sys.executable}' -m alembic"),
        shell=True,
        cwd=project,
        env={**clean_environment(), **TIDY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list((project / "src/project/migrations/database/versions").glob("*.py"))) == 2
    for tool in (("ruff", "format", "--check"), ("ruff", "check"), ("mypy",)):
        assert run(project, *tool).returncode == 0
    assert run_suite(project, COMPARED).returncode == 0
    for step in ("upgrade", "heads"), ("downgrade", "base"), ("upgrade", "heads"), ("check",):
        ended = run(project, "alembic", "-n", "database", *step)
        assert ended.returncode == 0, ended.stdout


def test_a_wrong_setting_is_told_in_one_line(project: Path) -> None:
    """By the command too."""
    ended = run(project, "alembic", "-n", "database", "current", DATABASE_URL="sqlite:///nowhere/data.db")
    assert ended.returncode != 0
    assert "database: DATABASE_URL: there is no folder nowhere" in ended.stdout
    assert "Traceback" not in ended.stdout


def test_a_revision_that_fails_is_told_in_one_line(project: Path) -> None:
    """As the revision's fault, not the address's."""
    failing = 'revision = "0002"\ndown_revision = "0001"\n\n\ndef upgrade() -> None:\n    op.execute("nonsense")\n'
    versions = project / "src/project/migrations/database/versions"
    (versions / "0002_failing.py").write_text(f"from alembic import op\n\n{failing}")
    ended = run(project, "alembic", "-n", "database", "upgrade", "heads")
    assert ended.returncode != 0
    assert 'database: the migrations can\'t be applied: near "nonsense": syntax error' in ended.stdout
    assert "Traceback" not in ended.stdout
