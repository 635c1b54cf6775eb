"""A resource becomes one of another kind, and what is stored comes along."""

import json
import os
import re
import sqlite3
from contextlib import closing

import psycopg
import pytest
from projects import ROOT, run
from tracing.conftest import running

from changing.conftest import MakeProject, Project

REVISION = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it."""
    with op.batch_alter_table("notes") as table:
        table.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("notes", "pinned")
'''


def test_it_is_what_it_had_been_as_that_kind(make_project: MakeProject) -> None:
    """But for its migrations, which are the user's; and back again."""
    project = make_project()
    before = project.files()
    project.change("update", "--set", "database.kind=postgresql", "--set", "cache.kind=redis")
    assert project.answers()["resources"] == {
        "cache": {"kind": "redis"},
        "database": {"kind": "postgresql"},
        "upstream": {"kind": "http"},
    }
    assert not (project.folder / "src/p/sqlite_database.py").exists()
    project.change(
        "update", "--set", "database.kind=sqlite", "--set", "cache.kind=memory", "--set", "cache.max_entries=5"
    )
    project.change("update", "--set", "cache.kind=memory")
    assert project.files() == before


def test_an_edit_of_a_kind_s_module_does_not_get_into_another_s(project: Project) -> None:
    """A person decides what becomes of it."""
    path = "src/p/migrations/sqlite_file.py"
    project.write(path, project.read(path) + "\n\nOWN = 1\n")
    ended = project.scaffold("update", "--set", "database.kind=postgresql")
    assert ended.code == 1
    assert f"conflict {path}  (edited here, gone in the template)" in ended.out
    assert "OWN = 1" not in project.read("src/p/migrations/postgresql_server.py")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("database.kind=redis", "database is a database, and redis is a cache; there are postgresql, sqlite"),
        ("database.kind=postgres", "there is no kind postgres, did you mean postgresql?"),
        ("databas.kind=postgresql", "there is no resource databas, did you mean database?"),
        ("database.kind=", "sqlite has no option kind"),
    ],
)
def test_what_it_cannot_be_is_refused(project: Project, setting: str, why: str) -> None:
    """In one line."""
    refused = project.scaffold("update", "--set", setting)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert why in refused.err


def test_the_data_comes_along(project: Project) -> None:
    """By what README.md shows: rows, a column of the user's, and numbers that go on."""
    folder = project.folder
    project.write("src/p/migrations/database/versions/0002_pinned.py", REVISION)
    project.edit(
        "src/p/models/database/note.py",
        "    body: Mapped[str]\n",
        "    body: Mapped[str]\n    pinned: Mapped[bool] = mapped_column(default=False)\n",
    )
    assert run(folder, "alembic", "-n", "database", "upgrade", "heads", PYTHONPATH="src").returncode == 0
    with closing(sqlite3.connect(folder / "database.db", isolation_level=None)) as connection:
        notes = ((f"title {number}", number % 3 == 0) for number in range(2500))
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO notes (title, body, pinned) VALUES (?, 'ü', ?)", notes)
        connection.execute("COMMIT")
    project.change("update", "--set", "database.kind=postgresql")
    script = re.search(r'```python\n("""Moves what.*?)```', (ROOT / "README.md").read_text(), re.DOTALL)
    assert script
    (folder / "move_data.py").write_text(script[1].replace("my_api", "p"))
    with running(folder, "postgresql_server") as url:
        environment = {"DATABASE_URL": url, "DATABASE_MIGRATE": "true", "PYTHONPATH": os.pathsep.join(["src", "."])}
        moved = run(folder, "move_data", "database.db", **environment)
        assert moved.returncode == 0, moved.stdout
        again = run(folder, "move_data", "database.db", **environment)
        assert "IntegrityError" in again.stdout
        request = ["POST", "/notes", "--json-body", '{"title": "new"}', "--project", str(folder), "--json"]
        traced = json.loads(run(folder, "scaffold", "trace", *request, **environment).stdout)
        assert traced["status"] == 201, traced
        with psycopg.connect(url) as there:
            stored = "SELECT count(*), count(*) FILTER (WHERE pinned), max(id), max(body) FROM notes"
            assert there.execute(stored).fetchone() == (2501, 834, 2501, "ü")
