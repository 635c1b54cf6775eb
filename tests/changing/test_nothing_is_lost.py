"""What the user wrote is there afterwards, or in a marked conflict, or the command refused."""

import re
from collections import Counter

import pytest
from scaffold.merging import tree

from changing.conftest import Project

# One edit each: file, what stands there, what the user makes of it.
EDITS = {
    "a requirement at the end": (
        "pyproject.toml",
        '    "uvicorn[standard]',
        '    "aaa>=1",\n    "zzz>=1",\n    "uvicorn[standard]',
    ),
    "requirements in one line": ("pyproject.toml", "dev = [\n", 'own = ["b>=1", "c"]  # mine\ndev = [\n'),
    "a comment between requirements": ("pyproject.toml", '    "aiosqlite', '    # why this one\n    "aiosqlite'),
    "a higher version": ("pyproject.toml", '"httpx2>=2.16"', '"httpx2>=2.16,<3"'),
    "a table of tool's": ("pyproject.toml", "[tool.mypy]", "[tool.own]\nkey = 'x'\n\n[tool.mypy]"),
    "a setting of the application's": (
        ".env.example",
        "# APP_CLOSE_TIMEOUT=5\n",
        "# APP_CLOSE_TIMEOUT=5\n# APP_OWN=1\n",
    ),
    "a setting at the end": (
        ".env.example",
        "# UPSTREAM_HEALTH_PATH=\n",
        "# UPSTREAM_HEALTH_PATH=\nOWN=1\n",
    ),
    "another value": (".env.example", "CACHE_MAX_ENTRIES=1024", "CACHE_MAX_ENTRIES=2048"),
    "an ignored file at the end": (".gitignore", ".ruff_cache/\n", ".ruff_cache/\n/own\n"),
    "an own resource in the wiring": (
        "src/p/dependencies/__init__.py",
        "from p.resources import Resource\n",
        "from p.own import thing\nfrom p.resources import Resource\n",
    ),
    "an own row in the README": (
        "README.md",
        "| upstream | HTTP",
        "| own | by hand | `Own` | `OWN_…` |\n| upstream | HTTP",
    ),
    "a row at the end": (
        "README.md",
        "`UPSTREAM_…` |\n",
        "`UPSTREAM_…` |\n| zzz | by hand | `Zzz` | `ZZZ_…` |\n",
    ),
    "an own section in the README": ("README.md", "## Deploy", "## Own\n\nText.\n\n## Deploy"),
    "an own route in the application": ("src/p/app.py", "def create_app", "OWN = 1\n\n\ndef create_app"),
    "an own test helper": ("tests/conftest.py", "@pytest.fixture\ndef app", "OWN = 1\n\n\n@pytest.fixture\ndef app"),
    "an own error handler": ("src/p/errors.py", "# What the resources raise", "OWN = 1\n# What the resources raise"),
    "an edited example": (
        "src/p/routes/notes.py",
        "from p.",
        "# mine\nfrom p.",
    ),
    "an own section of Alembic": ("alembic.ini", "[database]", "# mine\n[database]"),
    "a comment in the answers": (".copier-answers.yml", "author: ''", "# mine\nauthor: ''"),
}


def lines(text: str) -> Counter[str]:
    """Return the lines of a text, without indentation and order."""
    return Counter(line.strip() for line in text.splitlines())


def edited(project: Project, edit: str) -> tuple[str, Counter[str]]:
    """Make an edit; returns the file and the lines that are the user's."""
    path, before, after = EDITS[edit]
    text = project.read(path)
    start = text.index(before)
    (project.folder / path).write_text(text[:start] + after + text[start + len(before) :])
    project.commit()
    return path, lines(project.read(path)) - lines(text)


def test_all_edits_at_once(project: Project) -> None:
    """None gets into another's way; a database changes every list there is."""
    made = [edited(project, edit) for edit in EDITS]
    project.change("new-resource", "zulu", "--kind", "http")
    project.change("new-resource", "alpha", "--kind", "sqlite")
    for path, mine in made:
        assert not mine - lines(project.read(path)), path


def test_all_edits_but_those_of_its_lines_when_a_resource_goes(project: Project) -> None:
    """One that stands beside what was edited."""
    made = [edited(project, edit) for edit in EDITS if edit not in ("an edited example", "an own row in the README")]
    project.change("remove-resource", "upstream")
    for path, mine in made:
        assert not mine - lines(project.read(path)), path
    assert not re.search(r"(?m)^    upstream,$", project.read("src/p/dependencies/__init__.py"))


def test_neighbouring_code_is_a_conflict_with_words(project: Project) -> None:
    """Both sides changed the same line: it stands there twice, between markers, and git knows."""
    project.change("remove-resource", "upstream")
    project.commit()
    project.edit("src/p/errors.py", "from p import sqlite_database", "from p import own, sqlite_database")
    tried = project.scaffold("new-resource", "billing", "--kind", "http", "--dry-run")
    assert (tried.code, tried.err.splitlines()[-1]) == (1, "scaffold: 1 would be in conflict")
    ended = project.scaffold("new-resource", "billing", "--kind", "http")
    assert ended.code == 1
    assert "conflict src/p/errors.py  (changed on both sides)" in ended.out
    assert "scaffold: 1 in conflict: edit what is marked, then git add" in ended.err
    text = project.read("src/p/errors.py")
    assert re.search(r"<{7} yours\n.*own.*\n={7}\n.*http_client.*\n>{7} template ", text, re.DOTALL)
    assert "UU src/p/errors.py" in project.git("status", "--porcelain")
    refused = project.scaffold("new-resource", "search", "--kind", "http")
    assert refused.code == 2
    assert refused.err.startswith("scaffold: there are conflicts to settle: edit src/p/errors.py, then git add")
    project.git("reset", "-q", "--hard")
    assert "own" in project.read("src/p/errors.py")
    assert not (project.folder / "src/p/dependencies/billing.py").exists()


def test_an_import_beside_one_of_the_templates_is_no_conflict(project: Project) -> None:
    """Git would have one: both sides changed lines that touch."""
    project.change("remove-resource", "upstream")
    project.commit()
    project.edit("src/p/errors.py", "import sqlite_database\n", "import sqlite_database\nfrom p.own import thing\n")
    project.change("new-resource", "billing", "--kind", "http")
    assert "from p import http_client, sqlite_database\nfrom p.own import thing\n" in project.read("src/p/errors.py")


def test_a_file_that_both_made_is_a_conflict(project: Project) -> None:
    """The user's is shown, and the template's."""
    project.write("src/p/dependencies/billing.py", "OWN = 1\n")
    ended = project.scaffold("new-resource", "billing", "--kind", "http")
    assert ended.code == 1
    assert "conflict src/p/dependencies/billing.py  (added here and by the template)" in ended.out
    assert "AA src/p/dependencies/billing.py" in project.git("status", "--porcelain")
    assert re.search(
        "<{7} yours\nOWN = 1\n={7}\n.*>{7} template", project.read("src/p/dependencies/billing.py"), re.DOTALL
    )


def test_a_line_that_would_be_lost_is_a_refusal(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a merge ever lose one, here by taking the template's side of everything."""
    project.edit("src/p/errors.py", "import sys\n", "import sys  # mine\n")
    before = project.files()
    monkeypatch.setattr(tree._Merge, "_merge_by_git", lambda merge, _hidden: merge.sides.theirs)
    monkeypatch.setattr(tree, "merge_for", lambda _path: None)
    refused = project.scaffold("new-resource", "billing", "--kind", "http")
    assert refused.code == 2
    assert refused.err.startswith("scaffold: src/p/errors.py would lose a line that is yours, 'import sys  # mine'")
    assert project.files() == before
    assert project.git("status", "--porcelain") == ""


def test_an_edited_resource_is_removed_only_by_force(project: Project) -> None:
    """The refusal shows the lines that would go, and nothing has changed."""
    project.edit("src/p/dependencies/upstream.py", "class UpstreamSettings", "OWN = 1\n\n\nclass UpstreamSettings")
    before = project.files()
    refused = project.scaffold("remove-resource", "upstream")
    assert refused.code == 2
    assert refused.err.startswith("scaffold: src/p/dependencies/upstream.py would go, and you have edited")
    assert "\n+OWN = 1\n" in refused.err
    assert project.files() == before
    assert project.git("status", "--porcelain") == ""
    project.change("remove-resource", "upstream", "--force")
    assert not (project.folder / "src/p/dependencies/upstream.py").exists()


def test_what_still_uses_a_resource_that_was_removed_is_told(project: Project) -> None:
    """It is the user's, and stays: the project can't start until it is changed."""
    project.write("src/p/routes/own.py", "from p.dependencies.upstream import Upstream\n\nUSED = Upstream\n")
    project.write("src/p/routes/other.py", "from p.dependencies import cache, upstream_two\n")
    for more in ("--dry-run",), ():
        ended = project.change("remove-resource", "upstream", *more)
        assert [line for line in ended.err.splitlines() if "warning" in line] == [
            "scaffold: warning: src/p/routes/own.py still uses upstream"
        ]


def test_deleted_files_do_not_come_back(project: Project) -> None:
    """Neither a file of every project nor one of a resource's, nor one that the template changes."""
    gone = [".env.example", "tests/test_health.py", "src/p/dependencies/upstream.py", "tests/test_upstream.py"]
    project.git("rm", "-q", *gone)
    project.commit()
    project.change("new-resource", "billing", "--kind", "http")
    assert not [path for path in gone if (project.folder / path).exists()]
    project.change("remove-resource", "upstream")
    assert not [path for path in gone if (project.folder / path).exists()]


def test_a_moved_file_takes_part(project: Project) -> None:
    """What the template changes reaches the file under the name that the user gave it, also where a line goes."""
    project.git("mv", "tests/test_promises.py", "tests/test_rules.py")
    project.git("mv", "src/p/dependencies/__init__.py", "src/p/wiring.py")
    project.commit()
    project.change("new-resource", "reports", "--kind", "sqlite")
    assert "reports" in project.read("tests/test_rules.py")
    assert not (project.folder / "tests/test_promises.py").exists()
    project.change("remove-resource", "upstream")
    assert "upstream" not in project.read("src/p/wiring.py")


def test_an_entry_added_by_hand_is_generated(project: Project) -> None:
    """With the next command, whichever it is."""
    project.edit(".copier-answers.yml", "resources:\n", "resources:\n    billing:\n        kind: http\n")
    project.change("new-resource", "search", "--kind", "http")
    assert (project.folder / "src/p/dependencies/billing.py").is_file()
    assert "billing" in project.read("src/p/dependencies/__init__.py")


def test_what_comes_takes_no_edit_of_what_goes(project: Project) -> None:
    """A module that goes looks as if it became the one that comes."""
    project.edit("tests/test_upstream.py", "class Service:", "OWN = 1\n\n\nclass Service:")
    project.edit(".copier-answers.yml", "resources:\n", "resources:\n    billing:\n        kind: http\n")
    refused = project.scaffold("remove-resource", "upstream")
    assert refused.code == 2
    assert refused.err.startswith("scaffold: tests/test_upstream.py would go, and you have edited")
    project.change("remove-resource", "upstream", "--force")
    assert "OWN" not in project.read("tests/test_billing.py")


def test_the_users_routes_are_never_touched(project: Project) -> None:
    """Nor are the example's, by what is added."""
    project.write("src/p/routes/own.py", "OWN = 1\n")
    before = {path: content for path, content in project.files().items() if "/routes/" in path}
    for kind in ("sqlite", "memory", "http"):
        project.change("new-resource", f"new_{kind}", "--kind", kind)
    assert {path: content for path, content in project.files().items() if "/routes/" in path} == before


def test_revisions_stay(project: Project) -> None:
    """They belong to the user once they are there, whatever becomes of the database."""
    revision = "src/p/migrations/database/versions/0001_notes.py"
    text = project.read(revision)
    project.edit(revision, "def upgrade", "# mine\ndef upgrade")
    project.write("src/p/migrations/database/versions/0002_own.py", "revision = '0002'\n")
    project.change("remove-resource", "database")
    assert project.read(revision) == text.replace("def upgrade", "# mine\ndef upgrade")
    assert (project.folder / "src/p/migrations/database/versions/0002_own.py").is_file()
    assert not (project.folder / "src/p/routes/notes.py").exists()
