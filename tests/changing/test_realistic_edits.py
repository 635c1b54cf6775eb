"""What people do to a generated project, each against a resource that comes, one that goes, and a new template."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from changing.conftest import Project
from changing.edits import (
    Change,
    added,
    check_it_parses,
    everywhere,
    gone,
    in_one_line,
    instead,
    lines,
    moved,
    together,
    with_crlf,
)
from changing.releases import PACKAGE, PROJECT, change_a_function, cloned, edit, made_from, move_a_test_module, release

RESOURCES = {
    "cache": {"kind": "redis"},
    "database": {"kind": "sqlite"},
    "ledger": {"kind": "postgresql"},
    "upstream": {"kind": "http"},
}
EXAMPLE = {"cache": "cache", "database": "database", "client": "upstream"}
COMMANDS = {
    "comes": ["new-resource", "billing", "--kind", "postgresql"],
    "goes": ["remove-resource", "ledger"],
    "follows": ["update", "--ref", "v0.2.0"],
}


@dataclass(frozen=True)
class Edit:
    """What somebody does, and the commands after which a person has to settle something, with the files."""

    change: Change
    conflicts: dict[str, list[str]]


def clean(change: Change) -> Edit:
    """Return an edit that no command has a conflict with."""
    return Edit(change, {})


EDITS = {
    # requirements and tools
    "uv add": clean(instead("pyproject.toml", '    "httpx2', '    "boto3>=1.40",\n    "httpx2')),
    "a requirement at the end": clean(
        instead("pyproject.toml", 'standard]>=0.54",\n', 'standard]>=0.54",\n    "zstd",\n')
    ),
    "a group": clean(instead("pyproject.toml", "[build-system]", 'docs = ["mkdocs>=1"]\n\n[build-system]')),
    "a comment above a requirement": clean(instead("pyproject.toml", '    "alembic', '    # schema\n    "alembic')),
    "two spaces in lists": clean(everywhere(r"(?m)^    \"", '  "', "pyproject.toml")),
    "a list in one line": clean(in_one_line("pyproject.toml", "dependencies")),
    "a pinned requirement": clean(instead("pyproject.toml", '"fastapi>=0.165"', '"fastapi==0.165.0"')),
    "a requirement that is gone": clean(instead("pyproject.toml", '    "fastapi-cli>=0.0.34",\n', "")),
    "a tool of one's own": clean(added("pyproject.toml", '\n[tool.coverage.run]\nsource = ["src"]\n')),
    "another line length": clean(instead("pyproject.toml", "line-length = 100", "line-length = 120")),
    "a stricter linter": clean(instead("pyproject.toml", '"TRY", "UP"', '"TRY", "UP", "S"')),
    "another version": clean(instead("pyproject.toml", 'version = "0.1.0"', 'version = "3.4.1"')),
    # services
    "a service": clean(instead("compose.yaml", "volumes:\n", "  mail:\n    image: axllent/mailpit\nvolumes:\n")),
    "a volume": clean(added("compose.yaml", "  uploads: {}\n")),
    "a profile": clean(instead("compose.yaml", "  cache:\n", '  cache:\n    profiles: ["cache"]\n')),
    "an anchor": clean(
        together(
            instead("compose.yaml", "services:\n", "x-common: &common\n  restart: always\nservices:\n"),
            instead("compose.yaml", "volumes:\n", "  worker:\n    <<: *common\n    build: .\nvolumes:\n"),
        )
    ),
    "an older server": Edit(instead("compose.yaml", "postgres:18", "postgres:17"), {"goes": ["compose.yaml"]}),
    # settings
    "a setting of one's own": clean(added(".env.example", "\n# Mail\nMAIL_URL=smtp://localhost\n")),
    "another default": clean(instead(".env.example", "# CACHE_TTL=60", "CACHE_TTL=600")),
    "settings in another order": clean(
        instead(
            ".env.example",
            "# APP_READY_TIMEOUT=2\n# APP_CLOSE_TIMEOUT=5\n",
            "# APP_CLOSE_TIMEOUT=5\n# APP_READY_TIMEOUT=2\n",
        )
    ),
    "settings without comments": clean(everywhere(r"(?m)^# (How|Whether).*\n", "", ".env.example")),
    "a field of the settings": clean(
        instead(
            "src/p/settings.py",
            "class AppSettings",
            'class MailSettings(Settings):\n    """Mail."""\n\n    url: str = ""\n\n\nclass AppSettings',
        )
    ),
    "a changed default": Edit(
        instead("src/p/settings.py", "close_timeout: Seconds = 5", "close_timeout: Seconds = 9"),
        {"follows": ["src/p/settings.py"]},
    ),
    # documentation
    "a section": clean(instead("README.md", "## Deploy", "## Who to ask\n\nThe team.\n\n## Deploy")),
    "a row": clean(instead("README.md", "| upstream |", "| mail | SMTP | `Mail` | `MAIL_…` |\n| upstream |")),
    "a translation": clean(added("README.de.md", "# P\n\nEin Dienst.\n")),
    "a title": clean(instead("README.md", "# P\n", "# Payments\n")),
    "a section that is gone": clean(everywhere(r"(?s)## The example\n.*?(?=## )", "", "README.md")),
    # wiring and application
    "a resource of one's own": clean(
        together(
            instead("src/p/dependencies/__init__.py", "from p.resources", "from p.mail import MAIL\nfrom p.resources"),
            instead("src/p/dependencies/__init__.py", "RESOURCES = {\n", 'RESOURCES = {\n    "aaa_mail": MAIL,\n'),
            added("src/p/mail.py", '"""Mail."""\n\nMAIL = None\n'),
        )
    ),
    "a route": clean(
        together(
            added("src/p/routes/users.py", '"""Users."""\n\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n'),
            instead("src/p/app.py", "from p.routes import health, notes", "from p.routes import health, notes, users"),
            instead(
                "src/p/app.py", "(notes.router)\n", "(notes.router)\n    application.include_router(users.router)\n"
            ),
        )
    ),
    "middleware": clean(
        instead("src/p/app.py", "    add_failure", "    application.add_middleware(GZipMiddleware)\n    add_failure")
    ),
    "a model": clean(
        together(
            added("src/p/models/database/user.py", '"""A user."""\n'),
            instead(
                "src/p/models/database/__init__.py",
                "from p.models.database.note",
                "from p.models.database import user\nfrom p.models.database.note",
            ),
        )
    ),
    "a renamed function": clean(everywhere(r"\bcreate_app\b", "make_app", "**/*.py")),
    "a function of one's own in a module": clean(
        added("src/p/resources.py", '\n\ndef names() -> list[str]:\n    """Return names."""\n    return []\n')
    ),
    "an error of one's own": clean(
        instead("src/p/errors.py", "# What the resources raise", "TEAPOT = 418\n\n# What the resources raise")
    ),
    "an edited example": clean(instead("src/p/routes/notes.py", "max_length=200", "max_length=300")),
    "a reformatted module": Edit(
        everywhere(r"(?m)^    ", "  ", "src/p/resources.py"), {"follows": ["src/p/resources.py"]}
    ),
    "lines that end as on Windows": clean(with_crlf("src/p/routes/health.py")),
    # files
    "a module that is split": clean(
        together(
            moved("src/p/routes/health.py", "src/p/routes/health/__init__.py"),
            added("src/p/routes/health/ready.py", '"""Readiness."""\n'),
        )
    ),
    "a moved package": clean(
        together(
            *(moved(f"src/p/routes/{name}.py", f"src/p/api/{name}.py") for name in ("__init__", "health", "notes")),
            everywhere(r"\bp\.routes\b", "p.api"),
        )
    ),
    "a moved test": clean(moved("tests/test_health.py", "tests/routes/test_health.py")),
    "a moved helper": clean(moved("tests/loopback.py", "tests/support/loopback.py")),
    "a deleted test": clean(gone("tests/test_lifecycle.py")),
    "a deleted example": clean(gone("src/p/routes/notes.py", "tests/test_notes.py")),
    "an edited migration": clean(
        instead("src/p/migrations/database/versions/0001_notes.py", "def upgrade", "# reviewed\ndef upgrade")
    ),
    "a migration": clean(added("src/p/migrations/database/versions/0002_users.py", '"""Users."""\n')),
    # delivery
    "an edited Dockerfile": clean(instead("Dockerfile", "USER 1000\n", "USER 1000\nENV TZ=UTC\n")),
    "another base image": Edit(
        instead("Dockerfile", "FROM python:3.13-slim", "FROM internal/python:3.13"), {"follows": ["Dockerfile"]}
    ),
    "a job": clean(added(".github/workflows/ci.yml", "  deploy:\n    runs-on: ubuntu-latest\n    steps: []\n")),
    "a step": clean(
        instead(".github/workflows/ci.yml", "      - run: mypy\n", "      - run: mypy\n      - run: vulture src\n")
    ),
    "a deleted workflow": clean(gone(".github/workflows/ci.yml")),
    "an ignored folder": clean(added(".gitignore", "/uploads/\n")),
    "a section of Alembic": clean(added("alembic.ini", "\n[archive]\nscript_location = archive\n")),
    "a note for agents": clean(added("AGENTS.md", "\n- Ask before you touch money.\n")),
}


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template of which v0.2.0 changes a bit of nearly everything."""
    repository = cloned(template, tmp_path_factory.mktemp("edits") / "template")
    change_a_function(repository)
    move_a_test_module(repository)
    for path, before, after in (
        (f"{PROJECT}/pyproject.toml.jinja", "ruff>=0.17", "ruff>=0.18"),
        (f"{PACKAGE}/settings.py.jinja", "close_timeout: Seconds = 5", "close_timeout: Seconds = 6"),
        (f"{PROJECT}/README.md.jinja", "## Deploy", "## Licence\n\nAsk.\n\n## Deploy"),
        (
            f"{PROJECT}/tests/test_health.py.jinja",
            "import pytest\n",
            "import pytest\n\n# Health, and nothing else.\n",
        ),
    ):
        edit(repository, path, before, after)
    for name, before, after in (
        ("Dockerfile", "python:3.13-slim", "python:3.14-slim"),
        ("ci.yml", "checkout@v5", "checkout@v6"),
    ):
        (place,) = [
            file
            for file in (repository / PROJECT).rglob("*")
            if file.is_file() and name in file.name and before in file.read_text()
        ]
        edit(repository, str(place.relative_to(repository)), before, after)
    release(repository, "v0.2.0")
    return repository


@pytest.fixture(scope="module")
def generated(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of v0.1.0 with two databases and a cache on servers."""
    folder = tmp_path_factory.mktemp("edits") / "p"
    return made_from(releases, "v0.1.0", folder, resources=RESOURCES, example=EXAMPLE)


@pytest.fixture
def project(generated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Return that project, to be edited."""
    shutil.copytree(generated, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", capsys)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each edit against one of the commands, in a long run against each of them."""
    if "command" not in metafunc.fixturenames:
        return
    commands = list(COMMANDS)
    all_of_them = metafunc.config.getoption("--long")
    chosen = {name: list(made.conflicts) or [commands[number % 3]] for number, (name, made) in enumerate(EDITS.items())}
    pairs = [(name, command) for name in EDITS for command in (commands if all_of_them else chosen[name])]
    metafunc.parametrize(("name", "command"), pairs)


def test_a_realistic_edit(project: Project, name: str, command: str) -> None:
    """Every line of it is there afterwards, and a conflict is one that a person would have, too."""
    before = lines(project)
    made = EDITS[name]
    made.change(project)
    project.commit()
    deleted = project.git("diff", "--name-only", "--no-renames", "--diff-filter=D", "HEAD~1").splitlines()
    mine = lines(project) - before
    ended = project.scaffold(*COMMANDS[command])
    conflicts = made.conflicts.get(command, [])
    assert ended.code == (1 if conflicts else 0), ended
    assert [path for path in re.findall(r"(?m)^conflict (\S+)", ended.out)] == conflicts
    assert not mine - lines(project)
    assert not [path for path in deleted if (project.folder / path).exists()]
    if not conflicts:
        check_it_parses(project)
