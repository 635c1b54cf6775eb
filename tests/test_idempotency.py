"""The recipe of a project's README for writes that may be repeated, taken from there and tried."""

import re
from pathlib import Path

import pytest
from projects import make, run_suite, tools_complain

HEADING = "\n## A write that may be repeated\n"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MIGRATIONS = "tests/test_database.py::test_the_migrations_make_the_tables_of_the_models"

REVISION = '''\
"""What was answered to requests that may be repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "answered",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_answered"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("answered")
'''

REPEATED = '''\
"""What a client may count on that repeats its request with the same key."""

import asyncio

import httpx2
import pytest
from OUTSIDE import ask


async def send(client: httpx2.AsyncClient, key: str, title: str = "a") -> httpx2.Response:
    """Store a note, with a key."""
    return await client.post("/notes", json={"title": title}, headers={"Idempotency-Key": key})


def titles() -> list[str]:
    """Return the notes that a connection other than the application's finds."""
    return ask("database", "SELECT title FROM notes ORDER BY id")


def keys() -> list[str]:
    """Return the keys that it finds."""
    return ask("database", "SELECT key FROM answered WHERE answer IS NOT NULL ORDER BY key")


async def test_the_same_key_again_gets_the_same_answer(client: httpx2.AsyncClient) -> None:
    """And one note is stored, also when others were between; another key is another request."""
    first = await send(client, "k")
    await send(client, "l", "b")
    again = await send(client, "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert titles() == ["a", "b"]
    assert keys() == ["k", "l"]
    assert (await send(client, "m")).status_code == 409


async def test_the_answer_is_the_first_one_whatever_came_later(client: httpx2.AsyncClient) -> None:
    """It tells what was done, not what is there."""
    first = (await send(client, "k")).json()
    path = f"/notes/{first['id']}"
    assert (await client.put(path, json={"title": "b"})).status_code == 200
    assert (await send(client, "k")).json() == first
    assert (await client.delete(path)).status_code == 204
    assert (await send(client, "k")).json() == first
    assert titles() == []


async def test_the_same_key_for_another_request_answers_422(client: httpx2.AsyncClient) -> None:
    """Nothing of it is stored, and the first one may still be repeated."""
    first = await send(client, "k")
    assert (await send(client, "k", "b")).status_code == 422
    assert titles() == ["a"]
    assert (await send(client, "k")).json() == first.json()


@pytest.mark.parametrize("key", ["", "x" * 201, "a\\tb"])
async def test_a_key_that_is_none_answers_422(client: httpx2.AsyncClient, key: str) -> None:
    """As does a request without one."""
    assert (await send(client, key)).status_code == 422
    assert (await client.post("/notes", json={"title": "a"})).status_code == 422
    assert titles() == []


async def test_a_write_that_fails_stores_no_key(client: httpx2.AsyncClient) -> None:
    """It may be repeated when what was in its way is gone."""
    path = f"/notes/{(await send(client, 'k')).json()['id']}"
    assert (await send(client, "l")).status_code == 409
    assert keys() == ["k"]
    assert (await client.delete(path)).status_code == 204
    assert (await send(client, "l")).status_code == 201
    assert titles() == ["a"]
    assert keys() == ["k", "l"]


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those that find all connections in use wait as long as it takes here."""
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "60")


@pytest.mark.usefixtures("patience")
async def test_of_many_at_once_one_is_stored(client: httpx2.AsyncClient) -> None:
    """The others wait for it, and get its answer."""
    for title in ("a", "b", "c"):
        answers = await asyncio.gather(*(send(client, title, title) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
    assert titles() == ["a", "b", "c"]


@pytest.mark.usefixtures("patience")
async def test_of_different_ones_at_once_one_has_the_key(client: httpx2.AsyncClient) -> None:
    """Whichever it is: the others are told."""
    answers = await asyncio.gather(*(send(client, "k", f"{number}") for number in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 9]
    [stored] = [answer.json()["title"] for answer in answers if answer.status_code == 201]
    assert titles() == [stored]
'''

FAILING = '''\


@pytest.fixture
def failing(own_places: None, monkeypatch: pytest.MonkeyPatch) -> Generator[Running]:
    """Return a server of the test's own, to be made to fail, of which little is waited for."""
    for limit in ("POOL", "CONNECT", "COMMAND"):
        monkeypatch.setenv(f"DATABASE_{limit}_TIMEOUT", "0.5")
    server = Running("postgresql_server")
    try:
        with prepared("database", server.url) as lend, lend() as settings:
            for variable, value in settings.items():
                monkeypatch.setenv(variable, value)
            yield server
    finally:
        server.end()


@pytest.fixture
async def noise() -> AsyncGenerator[None]:
    """Let asyncpg tell of a lost connection that nobody waits for: it is lost on purpose."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, _context: None)
    yield
    loop.set_exception_handler(before)


async def test_a_commit_that_nobody_answers_may_be_repeated(
    failing: Running,
    noise: None,
    client: httpx2.AsyncClient,
    state: dict[str, object],
) -> None:
    """Whether it was carried out or not: the note is stored once, and the client has its id."""
    database = state["database"]
    assert isinstance(database, Sessions)
    assert (await send(client, "before", "before")).status_code == 201

    def stop(_connection: Connection) -> None:
        # Everything was written by now, and the next thing to be sent is the commit.
        failing.tell("stop")

    event.listen(database.writer.sync_engine, "commit", stop, once=True)
    try:
        first = await send(client, "k")
    finally:
        failing.tell("continue")
    assert first.status_code == 503
    assert "unknown" in first.json()["detail"]
    async with asyncio.timeout(20):
        while (again := await send(client, "k")).status_code == 503:
            await asyncio.sleep(0.1)
    assert again.status_code == 201
    assert ask("database", "SELECT id FROM notes WHERE title = 'a'") == [str(again.json()["id"])]
    assert keys() == ["before", "k"]
'''
# What a test of a server that fails needs: only a server can leave a commit unanswered.
IMPORTS = {
    "import asyncio\n": "import asyncio\nfrom collections.abc import AsyncGenerator, Generator\n",
    "import ask\n": """\
import ask, prepared
from servers import Running
from sqlalchemy import Connection, event

from project.sessions import Sessions
""",
}


def replace(path: Path, by: dict[str, str]) -> None:
    """Replace texts in a file that stand there once, each given with what comes in its place."""
    source = path.read_text()
    for before, after in by.items():
        assert source.count(before) == 1, f"{before!r} in {path}"
        source = source.replace(before, after)
    path.write_text(source)


def follow_the_readme(project: Path) -> None:
    """Write into a project what its README says, word for word."""
    [section] = re.findall(f"{HEADING}(.*?)\n## ", (project / "README.md").read_text(), re.DOTALL)
    *module, route = BLOCK.findall(section)
    [path] = re.findall(r"`(src/\S+/answered\.py)`", section)
    # A text has no two blank lines in a row, which Python has between functions: each is a block.
    (project / path).write_text("\n\n".join(module))
    own, models = "project.models.database.answered", "from project.models.database"
    replace(
        project / "src/project/models/database/__init__.py",
        {
            f"{models}.base": f"from {own} import Answered\n{models}.base",
            '["Base"': '["Answered", "Base"',
        },
    )
    notes = project / "src/project/routes/notes.py"
    [replaced] = re.findall(r'@router\.post\("".*?(?=\n\n\n)', notes.read_text(), re.DOTALL)
    replace(
        notes,
        {
            replaced: route.strip(),
            ", HTTPException,": ", Header, HTTPException,",
            f"{models} import Note\n": f"{models} import Note\nfrom {own} import answered\n",
        },
    )
    (project / "src/project/migrations/database/versions/0002_answered.py").write_text(REVISION)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a database of a kind, whose owner has followed its README."""
    kind = str(request.param)
    project = make(template, tmp_path_factory.mktemp(kind) / "project", database=kind)
    follow_the_readme(project)
    test = project / "tests/test_repeated.py"
    served = kind == "postgresql"
    tests = REPEATED.replace("OUTSIDE", "postgresql_server" if served else "sqlite_outside")
    test.write_text(tests + (FAILING if served else ""))
    if served:
        replace(test, IMPORTS)
    # These are about requests without a key.
    (project / "tests/test_notes.py").unlink()
    return project


def test_the_recipe_stands_where_the_example_is(template: Path, tmp_path: Path) -> None:
    """It speaks of notes: a project without them has no such section."""
    assert HEADING not in (make(template, tmp_path / "project", example="none") / "README.md").read_text()


def test_it_is_strictly_typed_and_formatted(project: Path, bench: Path) -> None:
    """As it stands in the README: who takes it over has nothing to mend."""
    assert not tools_complain(project, bench)


def test_its_revision_is_that_of_its_model(project: Path) -> None:
    """The tests here run with a revision that was written by hand."""
    ended = run_suite(project, MIGRATIONS)
    assert ended.returncode == 0, ended.stdout


def test_a_write_that_is_repeated_is_carried_out_once(project: Path) -> None:
    """Its answer is the first one; what failed, or was told to be unknown, may be repeated."""
    ended = run_suite(project, "tests/test_repeated.py")
    assert ended.returncode == 0, ended.stdout
