"""A resource becomes one of another kind, and what is stored comes along."""

import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import psycopg
import pytest
from projects import ROOT, run
from tracing.conftest import SERVES, running

from changing.conftest import MakeProject, Project

REVISION = '''"""A column more, and a table of everything."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add them."""
    with op.batch_alter_table("notes") as table:
        table.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "Everything",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), sa.ForeignKey("notes.id"), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON()),
        sa.Column("twice", sa.Integer(), sa.Computed("note_id * 2", persisted=True)),
        sa.PrimaryKeyConstraint("id", name="pk_Everything"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("Everything")
    op.drop_column("notes", "pinned")
'''
MODEL = '''

class Everything(Base):
    """What is hard to move."""

    __tablename__ = "Everything"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    seen: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    data: Mapped[object] = mapped_column(JSON, nullable=True)
    twice: Mapped[int] = mapped_column(Computed("note_id * 2", persisted=True))
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
        ("database.kind=", "--set database.kind=: there is no kind"),
    ],
)
def test_what_it_cannot_be_is_refused(project: Project, setting: str, why: str) -> None:
    """In one line."""
    refused = project.scaffold("update", "--set", setting)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert why in refused.err


def test_the_data_comes_along(project: Project) -> None:
    """By what README.md shows: rows, columns of every kind, and numbers that go on."""
    folder = project.folder
    project.write("src/p/migrations/database/versions/0002_pinned.py", REVISION)
    model = "src/p/models/database/note.py"
    pinned = "    body: Mapped[str]\n    pinned: Mapped[bool] = mapped_column(default=False)\n"
    project.edit(model, "    body: Mapped[str]\n", pinned + MODEL)
    imports = "from datetime import datetime\n\nfrom sqlalchemy import JSON, Computed, DateTime, ForeignKey\n"
    project.edit(model, "from sqlalchemy.orm import", f"{imports}from sqlalchemy.orm import")
    assert run(folder, "alembic", "-n", "database", "upgrade", "heads", PYTHONPATH="src").returncode == 0
    with closing(sqlite3.connect(folder / "database.db", isolation_level=None)) as connection:
        notes = ((f"title {number}", number % 3 == 0) for number in range(2500))
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO notes (title, body, pinned) VALUES (?, 'ü', ?)", notes)
        everything = [(1, 1, "2024-01-02 03:04:05.000000", None), (2, 2, "2024-01-02 03:04:05.000000", "null")]
        connection.executemany('INSERT INTO "Everything" (id, note_id, seen, data) VALUES (?, ?, ?, ?)', everything)
        connection.execute("COMMIT")
    project.change("update", "--set", "database.kind=postgresql")
    script = re.search(r'```python\n("""Moves what.*?)```', (ROOT / "README.md").read_text(), re.DOTALL)
    assert script
    (folder / "move_data.py").write_text(script[1].replace("my_api", "p"))
    with running(folder, SERVES, "postgresql_server") as url:
        environment = {"DATABASE_URL": url, "DATABASE_MIGRATE": "true", "PYTHONPATH": os.pathsep.join(["src", "."])}
        nowhere = run(folder, "move_data", "databas.db", **environment)
        assert "unable to open database file" in nowhere.stdout
        moved = run(folder, "move_data", "database.db", TZ="Europe/Berlin", **environment)
        assert moved.returncode == 0, moved.stdout
        again = run(folder, "move_data", "database.db", **environment)
        assert "IntegrityError" in again.stdout
        request = ["POST", "/notes", "--json-body", '{"title": "new"}', "--project", str(folder), "--json"]
        traced = json.loads(run(folder, "scaffold", "trace", *request, **environment).stdout)
        assert traced["status"] == 201, traced
        with psycopg.connect(url) as there:
            stored = "SELECT count(*), count(*) FILTER (WHERE pinned), max(id), max(body) FROM notes"
            assert there.execute(stored).fetchone() == (2501, 834, 2501, "ü")
            found = (
                """SELECT id, twice, seen AT TIME ZONE 'UTC', data IS NULL, data::text FROM "Everything" ORDER BY id"""
            )
            seen = datetime(2024, 1, 2, 3, 4, 5)
            assert there.execute(found).fetchall() == [(1, 2, seen, True, None), (2, 4, seen, False, "null")]
