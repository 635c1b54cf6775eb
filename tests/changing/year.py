"""A year of work on a generated service: sixty commits, each with what somebody changed."""

from changing.conftest import Project
from changing.edits import Change, added, everywhere, gone, instead, moved, together


def command(*arguments: str) -> Change:
    """Give a command of scaffold's; what was edited before it is staged."""

    def change(project: Project) -> None:
        project.git("add", "-A")
        project.change(*arguments)

    return change


TAG = '''"""A tag, by which notes are found."""

from sqlalchemy.orm import Mapped, mapped_column

from p.models.database.base import Base


class Tag(Base):
    """A word; no two tags have the same."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
'''
TAGS_REVISION = '''"""The table of tags."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("word", name="uq_tags_word"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("tags")
'''
TAGS = '''"""Tags: words by which notes are found."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from p.dependencies.database import DatabaseReader, DatabaseTransaction
from p.models.database import Tag

router = APIRouter(prefix="/tags", tags=["tags"])

ALL = select(Tag).order_by(Tag.word)


class TagIn(BaseModel):
    """What a client sends."""

    word: Annotated[str, Field(min_length=1, max_length=40)]


class TagOut(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    word: str


@router.post("", status_code=201)
async def create_tag(sent: TagIn, transaction: DatabaseTransaction) -> TagOut:
    """Store a tag; the same word again is 409."""
    tag = Tag(word=sent.word)
    transaction.add(tag)
    await transaction.flush()
    return TagOut.model_validate(tag)


@router.get("")
async def list_tags(reader: DatabaseReader) -> list[TagOut]:
    """List all tags, sorted."""
    return [TagOut.model_validate(tag) for tag in await reader.scalars(ALL)]
'''
TAGS_TEST = '''"""Tags, from outside."""

import httpx2


async def test_a_tag_is_stored_once(client: httpx2.AsyncClient) -> None:
    """The second is a conflict."""
    assert (await client.post("/tags", json={"word": "urgent"})).status_code == 201
    assert (await client.post("/tags", json={"word": "urgent"})).status_code == 409
    assert [tag["word"] for tag in (await client.get("/tags")).json()] == ["urgent"]
'''
REQUEST_IDS = '''"""A number for each request, which its answer carries."""

from itertools import count

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestIds:
    """Numbers requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the number as a header."""
        number = str(next(self.numbers))

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = number
            await send(message)

        await self.app(scope, receive, numbered)
'''
REQUEST_IDS_TEST = '''"""Numbers of requests."""

import httpx2


async def test_each_answer_has_a_number(client: httpx2.AsyncClient) -> None:
    """Of its own."""
    answers = [await client.get("/livez") for _ in range(2)]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 2
'''
USERS = '''"""Who asks: a look-up that opens and closes a reader of its own."""

from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy import select

from p.dependencies.database import Database
from p.models.database import User


async def get_current_user(
    database: Database,
    token: Annotated[str, Header(alias="X-Token")] = "",
) -> User:
    """Return who has the token; answers 401 if nobody has."""
    async with database.reader() as reader:
        user = await reader.scalar(select(User).where(User.token == token))
    if user is None:
        raise HTTPException(401, "who are you?")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
'''
USERS_TEST = '''"""Who asks."""

import httpx2
from sqlite_outside import ask


async def test_somebody_without_a_token_is_nobody(client: httpx2.AsyncClient) -> None:
    """And with the token is known."""
    assert (await client.get("/users/me")).status_code == 401
    ask("database", "INSERT INTO users (name, token) VALUES ('Ada', 'secret')")
    answer = await client.get("/users/me", headers={"X-Token": "secret"})
    assert answer.json() == {"name": "Ada"}
'''
USERS_ROUTE = '''"""Users."""

from fastapi import APIRouter

from p.users import CurrentUser

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me")
async def who_am_i(user: CurrentUser) -> dict[str, str]:
    """Answer who asks."""
    return {"name": user.name}
'''
STATISTICS = '''"""Statistics of what is stored."""

from fastapi import APIRouter
from sqlalchemy import func, select

from p.dependencies.database import DatabaseReader
from p.models.database import Note, Tag

router = APIRouter(prefix="/statistics", tags=["statistics"])

NOTES = select(func.count()).select_from(Note)
TAGS = select(func.count()).select_from(Tag)


@router.get("")
async def count_everything(reader: DatabaseReader) -> dict[str, int]:
    """Count notes and tags."""
    return {"notes": await reader.scalar(NOTES) or 0, "tags": await reader.scalar(TAGS) or 0}
'''
STATISTICS_TEST = '''"""Statistics."""

import httpx2


async def test_what_is_stored_is_counted(client: httpx2.AsyncClient) -> None:
    """Notes and tags."""
    await client.post("/notes", json={"title": "a"})
    assert (await client.get("/statistics")).json() == {"notes": 1, "tags": 0}
'''
ROUTES = "from p.routes import health, notes"
HANDLERS = "    add_failure_handlers(application)\n"

# After every tenth commit the project is brought to the template's next version.
COMMITS: dict[str, Change] = {
    # --- the first weeks
    "Say what it is for": instead("README.md", "A service that commits before it answers", "Notes of the field staff."),
    "Say it in pyproject, too": instead(
        "pyproject.toml", "A service that commits before it answers", "Notes of the field staff"
    ),
    "A model of tags": together(
        added("src/p/models/database/tag.py", TAG),
        instead(
            "src/p/models/database/__init__.py",
            'import Note\n\n__all__ = ["Base", "Note"]',
            'import Note\nfrom p.models.database.tag import Tag\n\n__all__ = ["Base", "Note", "Tag"]',
        ),
    ),
    "The revision for it": added("src/p/migrations/database/versions/0002_tags.py", TAGS_REVISION),
    "Routes for tags": together(
        added("src/p/routes/tags.py", TAGS),
        instead("src/p/app.py", ROUTES, f"{ROUTES}, tags"),
        instead("src/p/app.py", "(notes.router)\n", "(notes.router)\n    application.include_router(tags.router)\n"),
    ),
    "Test them": added("tests/test_tags.py", TAGS_TEST),
    "uv add structlog": instead("pyproject.toml", '    "uvicorn[', '    "structlog>=25",\n    "uvicorn['),
    "Longer titles": instead("src/p/routes/notes.py", "max_length=200", "max_length=250"),
    "No print": instead("pyproject.toml", '"SIM", "TRY"', '"SIM", "T20", "TRY"'),
    "A Makefile": added("Makefile", "test:\n\t.venv/bin/pytest\n"),
    # --- into production
    "What the load balancer asks": instead(
        "src/p/routes/health.py",
        '@router.get("/readyz"',
        '@router.get("/healthz")\nasync def healthz() -> dict[str, str]:\n'
        '    """Answer the load balancer."""\n    return await livez()\n\n\n@router.get("/readyz"',
    ),
    "Test that": added(
        "tests/test_health.py",
        "\n\nasync def test_the_load_balancer_gets_an_answer(client: httpx2.AsyncClient) -> None:\n"
        '    """The same as anybody."""\n    assert (await client.get("/healthz")).json() == {"status": "ok"}\n',
    ),
    "Number requests": together(
        added("src/p/request_ids.py", REQUEST_IDS),
        instead("src/p/app.py", "from p.resources", "from p.request_ids import RequestIds\nfrom p.resources"),
        instead("src/p/app.py", HANDLERS, f"    application.add_middleware(RequestIds)\n{HANDLERS}"),
    ),
    "Test the numbers": added("tests/test_request_ids.py", REQUEST_IDS_TEST),
    "Our clocks are UTC": instead("Dockerfile", "USER 1000\n", "USER 1000\nENV TZ=UTC\n"),
    "Deploy from CI": added(
        ".github/workflows/ci.yml",
        "\n  deploy:\n    needs: test\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo deploy\n",
    ),
    "Only three readers": instead(".env.example", "# DATABASE_POOL_SIZE=5", "DATABASE_POOL_SIZE=3"),
    "Closing may take longer here": instead(
        "src/p/settings.py", "close_timeout: Seconds = 5", "close_timeout: Seconds = 8"
    ),
    "Say 422 in our words": instead(
        "src/p/errors.py",
        'return problem(422, "the request is not valid: see `errors`", *entries)',
        'return problem(422, "not valid, and /docs says why", *entries)',
    ),
    "Leave uploads alone": added(".gitignore", "/uploads/\n"),
    # --- a second service, and a bit of order
    "A client for billing": command("new-resource", "billing", "--kind", "http"),
    "Billing is slow": instead(
        "src/p/dependencies/billing.py",
        '    base_url: HttpUrl = HttpUrl("http://localhost:8080")\n',
        '    base_url: HttpUrl = HttpUrl("http://localhost:8080")\n    timeout: Seconds = 10\n',
    ),
    "Import what that needs": instead(
        "src/p/dependencies/billing.py",
        "from p.resources import lent\n",
        "from p.resources import lent\nfrom p.settings import Seconds\n",
    ),
    "build_app, as in our other services": everywhere(r"\bcreate_app\b", "build_app"),
    "A package for tags": together(
        moved("src/p/routes/tags.py", "src/p/routes/tags/__init__.py"),
        added("src/p/routes/tags/words.py", '"""Words that no tag may have."""\n\nFORBIDDEN = {"all", "none"}\n'),
    ),
    "Forbid some words": together(
        instead(
            "src/p/routes/tags/__init__.py",
            "from fastapi import APIRouter",
            "from fastapi import APIRouter, HTTPException",
        ),
        instead(
            "src/p/routes/tags/__init__.py",
            "from p.models.database import Tag\n",
            "from p.models.database import Tag\nfrom p.routes.tags.words import FORBIDDEN\n",
        ),
        instead(
            "src/p/routes/tags/__init__.py",
            "    tag = Tag(word=sent.word)\n",
            "    if sent.word in FORBIDDEN:\n"
            '        raise HTTPException(422, "this word says nothing")\n    tag = Tag(word=sent.word)\n',
        ),
    ),
    "Tests of routes in a folder": moved("tests/test_tags.py", "tests/routes/test_tags.py"),
    "A model of users": together(
        added(
            "src/p/models/database/user.py",
            TAG.replace("A tag, by which notes are found", "Somebody who asks")
            .replace("class Tag", "class User")
            .replace("A word; no two tags have the same", "Somebody, known by a token")
            .replace('"tags"', '"users"')
            .replace("    word: Mapped[str]", "    name: Mapped[str]\n    token: Mapped[str]"),
        ),
        instead(
            "src/p/models/database/__init__.py",
            'import Tag\n\n__all__ = ["Base", "Note", "Tag"]',
            'import Tag\nfrom p.models.database.user import User\n\n__all__ = ["Base", "Note", "Tag", "User"]',
        ),
    ),
    "The revision for users": added(
        "src/p/migrations/database/versions/0003_users.py",
        TAGS_REVISION.replace("The table of tags", "The table of users")
        .replace('"0001"', '"0002"', 1)
        .replace('revision = "0002"', 'revision = "0003"', 1)
        .replace("tags", "users")
        .replace(
            '        sa.Column("word", sa.String(), nullable=False),\n',
            '        sa.Column("name", sa.String(), nullable=False),\n'
            '        sa.Column("token", sa.String(), nullable=False),\n',
        )
        .replace("word", "token"),
    ),
    "Who asks": together(
        added("src/p/users.py", USERS),
        added("src/p/routes/users.py", USERS_ROUTE),
        added("tests/routes/test_users.py", USERS_TEST),
        instead("src/p/app.py", f"{ROUTES}, tags", f"{ROUTES}, tags, users"),
        instead("src/p/app.py", "(tags.router)\n", "(tags.router)\n    application.include_router(users.router)\n"),
    ),
    # --- growing up
    "A cache of look-ups": command("new-resource", "lookups", "--kind", "memory", "--set", "max_entries=50"),
    "0.2.0": instead("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"'),
    "A changelog": added("CHANGELOG.md", "# Changes\n\n## 0.2.0\n\nTags, users.\n"),
    "Who to ask": instead("README.md", "## Deploy", "## Who to ask\n\nThe team of the field staff.\n\n## Deploy"),
    "Mail is a resource to us": instead("README.md", "| upstream |", "| mail | by hand | none | none |\n| upstream |"),
    "A fixture for tags": added(
        "tests/conftest.py",
        "\n\n@pytest.fixture\nasync def tag(client: httpx2.AsyncClient) -> int:\n"
        '    """Store a tag; returns its id."""\n'
        '    created: dict[str, int] = (await client.post("/tags", json={"word": "stored"})).json()\n'
        '    return created["id"]\n',
    ),
    "Use it": added(
        "tests/routes/test_tags.py",
        '\n\nasync def test_a_tag_has_a_number(tag: int) -> None:\n    """The first is one."""\n    assert tag == 1\n',
    ),
    "A mail server to develop with": added("compose.yaml", "services:\n  mail:\n    image: axllent/mailpit\n"),
    "Where mail goes": added(".env.example", "\n# Mail\nMAIL_URL=smtp://localhost:1025\n"),
    "Its setting": instead(
        "src/p/settings.py",
        "class AppSettings",
        'class MailSettings(Settings, env_prefix="MAIL_"):\n    """Where mail goes."""\n\n'
        '    url: str = "smtp://localhost:1025"\n\n\nclass AppSettings',
    ),
    # --- more of everything
    "Reviewed": instead(
        "src/p/migrations/database/versions/0001_notes.py", "def upgrade", "# reviewed by two of us\ndef upgrade"
    ),
    "Test it our way": added(
        "tests/test_lookups.py",
        '\n\ndef test_nothing_is_looked_up_yet() -> None:\n    """Until somebody asks."""\n    assert True\n',
    ),
    "Not the next major version": instead("pyproject.toml", '"fastapi>=0.165"', '"fastapi>=0.165,<1"'),
    "Scripts may print": instead(
        "pyproject.toml",
        "[tool.ruff.lint.isort]",
        '[tool.ruff.lint.per-file-ignores]\n"scripts/*" = ["T20"]\n\n[tool.ruff.lint.isort]',
    ),
    "A script": added("scripts/hello.py", '"""Says hello."""\n\nprint("hello")\n'),
    "Coverage": added("pyproject.toml", '\n[tool.coverage.run]\nsource = ["src"]\n'),
    "For agents": added("AGENTS.md", "- Ask before you touch anything about money.\n"),
    "That was never of use to us": gone("tests/test_errors.py"),
    "How it is built": added("docs/architecture.md", "# How it is built\n\nSee AGENTS.md.\n"),
    "Ein Wort auf Deutsch": added("README.de.md", "# P\n\nNotizen des Außendiensts.\n"),
    # --- the end of the year
    "Statistics": together(
        added("src/p/routes/statistics.py", STATISTICS),
        instead("src/p/app.py", f"{ROUTES}, tags, users", f"{ROUTES}, statistics, tags, users"),
        instead(
            "src/p/app.py", "(notes.router)\n", "(notes.router)\n    application.include_router(statistics.router)\n"
        ),
    ),
    "Test them with the others": added("tests/routes/test_statistics.py", STATISTICS_TEST),
    "Look-ups are fast enough": together(
        instead(
            "tests/test_lookups.py",
            '\n\ndef test_nothing_is_looked_up_yet() -> None:\n    """Until somebody asks."""\n    assert True\n',
            "",
        ),
        command("remove-resource", "lookups"),
    ),
    "The newest Python only, in CI": instead(
        ".github/workflows/ci.yml", 'python: ["3.11", "3.12", "3.13"]', 'python: ["3.13"]'
    ),
    "Readiness may take longer": instead(".env.example", "# APP_READY_TIMEOUT=2", "APP_READY_TIMEOUT=4"),
    "A word about sessions": instead(
        "src/p/sessions.py", "HasWritten = ", "# We looked here for a day in May: it asks the database\nHasWritten = "
    ),
    "Notes are field notes": instead("src/p/routes/notes.py", 'tags=["notes"]', 'tags=["field notes"]'),
    "Old notes are found by age": instead(
        "src/p/routes/notes.py",
        'BY_ID = select(Note).where(Note.id == bindparam("note_id"))\n',
        'BY_ID = select(Note).where(Note.id == bindparam("note_id"))\nFIRST = select(func.min(Note.id))\n',
    ),
    "Tell the first one": instead(
        "src/p/routes/notes.py",
        '@router.get("/export"',
        '@router.get("/first")\nasync def find_first(reader: DatabaseReader) -> int | None:\n'
        '    """Answer the id of the oldest note."""\n    return await reader.scalar(FIRST)\n\n\n@router.get("/export"',
    ),
    "1.0.0": instead("pyproject.toml", 'version = "0.2.0"', 'version = "1.0.0"'),
}
