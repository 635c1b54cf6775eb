"""A resource gets another name, and everything that was written about it comes along."""

import json
import re
from pathlib import Path

import pytest
from projects import commit_all, files, given, make
from scaffold.cli import run

from changing.conftest import MakeProject, Project

ROUTE = '''"""Own."""

from p.dependencies.database import Database, DatabaseReader, get_database
from p.dependencies.upstream import Upstream, UpstreamSettings


async def own(upstream: Upstream, reader: DatabaseReader, database: Database) -> None:
    """Take what is lent."""


SETTINGS = UpstreamSettings, "UPSTREAM_BASE_URL", "UPSTREAM_OWN", get_database  # of Upstream
'''


@pytest.mark.parametrize(("name", "new"), [("cache", "a_store"), ("database", "db10"), ("upstream", "billing")])
def test_it_is_what_it_had_been_under_that_name(
    project: Project, template: Path, tmp_path: Path, name: str, new: str
) -> None:
    """Byte by byte, the example that uses it included; and back again."""
    before = project.files()
    project.change("rename-resource", name, new)
    assert project.files() == files(make(template, tmp_path / "at-once", **given(project.answers())))
    assert new in project.resources()
    assert name not in project.resources()
    project.change("rename-resource", new, name)
    assert project.files() == before
    assert project.git("status", "--porcelain") == ""


def test_what_was_written_comes_along(project: Project) -> None:
    """Where it stands, and under the new names; settings of one's own and variables are called what they were."""
    project.write("src/p/routes/own.py", ROUTE)
    project.write("src/p/migrations/database/versions/0002_own.py", "OWN = 1\n")
    project.write("src/p/models/database/own.py", "OWN = 1\n")
    own = '\n\nasync def ask(client: Upstream) -> object:\n    return lent(client, "upstream", HTTPService)\n'
    project.write("src/p/dependencies/upstream.py", project.read("src/p/dependencies/upstream.py") + own)
    project.edit(".env.example", "UPSTREAM_BASE_URL=http://localhost:8080\n", "UPSTREAM_BASE_URL=http://here\n")
    ended = project.change("rename-resource", "database", "ledger")
    assert (
        "warning: LEDGER_URL is sqlite:///ledger.db where nothing sets it, and was sqlite:///database.db: "
        "set it, or move what is there\n"
    ) in ended.err
    ended = project.change("rename-resource", "upstream", "zulu")
    assert ended.err.count("warning") == 1
    assert "warning: settings that began with UPSTREAM_ begin with ZULU_ now, wherever they are set" in ended.err
    assert project.read("src/p/routes/own.py") == (
        ROUTE.replace("dependencies.database", "dependencies.ledger")
        .replace("Database", "Ledger")
        .replace("get_database", "get_ledger")
        .replace("dependencies.upstream", "dependencies.zulu")
        .replace("Upstream", "Zulu")
        .replace("of Zulu", "of Upstream")
        .replace("UPSTREAM_BASE_URL", "ZULU_BASE_URL")
    )
    assert project.read("src/p/dependencies/zulu.py").endswith(
        own.replace("Upstream", "Zulu").replace("upstream", "zulu")
    )
    assert "ZULU_BASE_URL=http://here\n" in project.read(".env.example")
    for path in ("migrations/ledger/versions/0002_own.py", "models/ledger/own.py"):
        assert project.read(f"src/p/{path}") == "OWN = 1\n"
    assert not (project.folder / "src/p/models/database").exists()


def test_another_whose_name_begins_alike_keeps_its_own(project: Project, template: Path, tmp_path: Path) -> None:
    """Its settings begin alike, too."""
    project.change("new-resource", "upstream_two", "--kind", "http")
    project.write("src/p/own.py", f'{ROUTE}OTHER = "UPSTREAM_TWO_BASE_URL"\n')
    project.change("rename-resource", "upstream", "billing")
    assert 'OTHER = "UPSTREAM_TWO_BASE_URL"\n' in project.read("src/p/own.py")
    made = files(make(template, tmp_path / "at-once", **given(project.answers())))
    assert {path: entry for path, entry in project.files().items() if path != "src/p/own.py"} == made


# What a module of the user's says before `upstream` becomes `billing`, and afterwards.
MODULES = {
    "the module whole": (
        "from p.dependencies import upstream\n\nUSED = upstream.Upstream, upstream.OWN\n",
        "from p.dependencies import billing\n\nUSED = billing.Billing, billing.OWN\n",
    ),
    "its dotted name": (
        "import p.dependencies.upstream\n\nUSED = p.dependencies.upstream.get_upstream\n",
        "import p.dependencies.billing\n\nUSED = p.dependencies.billing.get_billing\n",
    ),
    "in several lines": (
        "from p.dependencies.upstream import (\n    Upstream,\n    get_upstream as ask,\n)\n\nUSED = Upstream, ask\n",
        "from p.dependencies.billing import (\n    Billing,\n    get_billing as ask,\n)\n\nUSED = Billing, ask\n",
    ),
    "relative": (
        "from ..dependencies.upstream import Upstream\n\nUSED = Upstream\n",
        "from ..dependencies.billing import Billing\n\nUSED = Billing\n",
    ),
    "strings and comments": (
        'from p.dependencies.upstream import Upstream\n\nUSED = Upstream, "Upstream-Id", "no Upstream"  # Upstream\n',
        'from p.dependencies.billing import Billing\n\nUSED = Billing, "Upstream-Id", "no Upstream"  # Upstream\n',
    ),
    "what looks like it": (
        "from p.dependencies.upstream import Upstream\n\nUSED = Upstream, f(upstream=1).Upstream\nUPSTREAM_URL = 3\n",
        "from p.dependencies.billing import Billing\n\nUSED = Billing, f(upstream=1).Upstream\nUPSTREAM_URL = 3\n",
    ),
    "exported": (
        'from p.dependencies.upstream import Upstream\n\n__all__ = ["Upstream"]\n',
        'from p.dependencies.billing import Billing as Upstream\n\n__all__ = ["Upstream"]\n',
    ),
    "beside one that is called so": (
        "from p.dependencies.upstream import Upstream\nfrom p.own import Billing\n\nUSED = Upstream, Billing\n",
        (
            "from p.dependencies.billing import Billing as Upstream\nfrom p.own import Billing\n\n"
            "USED = Upstream, Billing\n"
        ),
    ),
    "looked up": (
        (
            "from p.dependencies import RESOURCES\nfrom p.resources import lent as get\n\n"
            'USED = RESOURCES["upstream"], get(1, "upstream")\n'
        ),
        (
            "from p.dependencies import RESOURCES\nfrom p.resources import lent as get\n\n"
            'USED = RESOURCES["billing"], get(1, "billing")\n'
        ),
    ),
    "patched": (
        'TARGET = "p.dependencies.upstream.get_upstream"\n',
        'TARGET = "p.dependencies.billing.get_billing"\n',
    ),
    "set": ('SET = "UPSTREAM_BASE_URL", "UPSTREAM_OWN"\n', 'SET = "BILLING_BASE_URL", "UPSTREAM_OWN"\n'),
    "not its": (
        '"""Of p.dependencies.upstream."""\n\n\ndef get_upstream(Upstream):\n    return Upstream\n',
        '"""Of p.dependencies.upstream."""\n\n\ndef get_upstream(Upstream):\n    return Upstream\n',
    ),
    "not Python": ("from p.dependencies.upstream import (\n", "from p.dependencies.upstream import (\n"),
}


@pytest.fixture(scope="module")
def renamed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each of the modules says after the rename; with CRLF and a mark it says the same."""
    folder = commit_all(make(template, tmp_path_factory.mktemp("modules") / "p", project_name="P"))
    for number, (before, _) in enumerate(MODULES.values()):
        (folder / f"src/p/routes/own{number}.py").write_bytes(before.encode())
        (folder / f"src/p/routes/crlf{number}.py").write_bytes(b"\xef\xbb\xbf" + before.replace("\n", "\r\n").encode())
    commit_all(folder)
    assert run(["rename-resource", "upstream", "billing", "--project", str(folder), "--no-install"]) == 0
    found = {name: (folder / f"src/p/routes/own{number}.py").read_text() for number, name in enumerate(MODULES)}
    for number, name in enumerate(MODULES):
        crlf = (folder / f"src/p/routes/crlf{number}.py").read_bytes()
        assert crlf == b"\xef\xbb\xbf" + found[name].replace("\n", "\r\n").encode()
    return found


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_the_users(renamed: dict[str, str], name: str) -> None:
    """What it imports has the new name in it, and nothing else."""
    assert renamed[name] == MODULES[name][1]


def test_what_others_import_from_a_module_keeps_its_name(project: Project) -> None:
    """It is not the resource's there."""
    project.write("src/p/deps.py", "from p.dependencies.upstream import Upstream\n\nHERE = Upstream\n")
    project.write("src/p/own.py", "from p.deps import Upstream\n")
    project.change("rename-resource", "upstream", "billing")
    kept = "from p.dependencies.billing import Billing as Upstream\n\nHERE = Upstream\n"
    assert project.read("src/p/deps.py") == kept
    assert project.read("src/p/own.py") == "from p.deps import Upstream\n"


def test_an_edited_example_takes_the_new_name(project: Project) -> None:
    """A line of the user's in a function whose parameter is called like the resource."""
    project.edit(
        "src/p/routes/notes.py",
        "    tasks.add_task(delete_pages)\n",
        '    tasks.add_task(delete_pages)\n    await cache.forget("notes:count")\n',
    )
    project.change("rename-resource", "cache", "store")
    assert '    await store.forget("notes:count")\n' in project.read("src/p/routes/notes.py")


def test_tables_and_revisions_stay_what_they_are(project: Project) -> None:
    """A table may be called like its database; a revision may be applied somewhere."""
    model = 'from p.models.database.base import Base\n\n\nclass Own(Base):\n    __tablename__ = "database"\n'
    revision = 'from p.models.database import Note\n\nrevision = "0002"\nUSED = Note, "database", "DATABASE_URL"\n'
    project.write("src/p/models/database/own.py", model)
    project.write("src/p/migrations/database/versions/0002_own.py", revision)
    ended = project.change("rename-resource", "database", "ledger")
    assert project.read("src/p/models/ledger/own.py") == model.replace("models.database", "models.ledger")
    assert project.read("src/p/migrations/ledger/versions/0002_own.py") == revision
    assert "src/p/migrations/ledger/versions/0002_own.py still says database" in ended.err


def test_edits_stay_in_their_sections(project: Project) -> None:
    """Of the example of an environment, and of Alembic's settings, whose sections come in another order."""
    project.change("new-resource", "reports", "--kind", "sqlite")
    project.edit("alembic.ini", "migrations/database\n", "migrations/database\nversion_locations = %(here)s/own\n")
    project.edit(".env.example", "DATABASE_URL=", "# mine\nDATABASE_URL=")
    project.change("rename-resource", "database", "zeta")
    assert "migrations/zeta\nversion_locations = %(here)s/own\n" in project.read("alembic.ini")
    assert "# mine\nZETA_URL=sqlite:///zeta.db\n" in project.read(".env.example")
    assert "[post_write_hooks]" in project.read("alembic.ini").partition("[zeta]")[2]
    refused = project.scaffold("remove-resource", "zeta", "--dry-run")
    assert refused.code == 1
    assert "conflict alembic.ini" in refused.out


def test_what_still_says_the_old_name_is_told(project: Project) -> None:
    """A person has to look whether it means the resource."""
    project.write("Makefile", "migrate:\n\talembic -n database upgrade heads\n")
    project.write("deploy.sh", "export DATABASE_URL=postgresql://there\n")
    project.write("src/p/own.py", 'OWN = {"other": 1}["database"]\n')
    project.write("docs/own.md", "Our database is fast.\n")
    ended = project.change("rename-resource", "database", "ledger")
    told = re.findall(
        r"(?m)^scaffold: warning: (\S+) still says database: see whether it means what is ledger now$", ended.err
    )
    assert told == ["Makefile", "deploy.sh", "src/p/own.py"]


@pytest.mark.parametrize(
    ("name", "new", "why"),
    [
        ("upstrem", "billing", "there is no resource upstrem, did you mean upstream?"),
        ("upstream", "cache", "there is a resource cache, of kind memory: choose another name"),
        ("upstream", "upstream", "there is a resource upstream, of kind http: choose another name"),
        ("upstream", "class", "'class' is taken by Python or by the generated code"),
        ("upstream", "Billing", "'Billing' is no name for a resource"),
        ("upstream", "p", "the project's package is called p"),
    ],
)
def test_a_name_that_cannot_be_is_refused(project: Project, name: str, new: str, why: str) -> None:
    """In one line, and nothing is written."""
    before = project.files()
    refused = project.scaffold("rename-resource", name, new)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert refused.err.startswith(f"scaffold: {why}")
    assert project.files() == before


@pytest.mark.parametrize(
    "path", ["tests/test_billing.py", "src/p/dependencies/billing/__init__.py", "src/p/models/billing.py"]
)
def test_a_file_in_the_way_is_refused(project: Project, path: str) -> None:
    """It would be two files in one, or hide one."""
    project.write(path, "OWN = 1\n")
    before = project.files()
    refused = project.scaffold("rename-resource", "upstream", "billing")
    assert refused.code == 2
    assert refused.err == f"scaffold: {path} is in the way: move it, or choose another name\n"
    assert project.files() == before


def test_a_file_that_git_does_not_know_is_refused(project: Project) -> None:
    """It would stay behind, where nobody looks for it."""
    path = "src/p/migrations/database/versions/0002_own.py"
    (project.folder / path).write_text("OWN = 1\n")
    refused = project.scaffold("rename-resource", "database", "ledger")
    assert refused.code == 2
    assert refused.err.startswith(f"scaffold: {path} would stay behind, git doesn't know of it: git add it first")


def test_a_submodule_that_would_move_is_refused(project: Project, make_project: MakeProject) -> None:
    """Git would have to know of its new place, too."""
    other = make_project("nothing", "other")
    place = "src/p/models/database/shared"
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.folder), place)
    project.commit()
    refused = project.scaffold("rename-resource", "database", "ledger")
    assert refused.code == 2
    assert refused.err.startswith(f"scaffold: {place} is a submodule in a folder that would move")


def test_a_dry_run_says_the_same(make_project: MakeProject) -> None:
    """And writes nothing."""
    project = make_project()
    before = project.files()
    tried = json.loads(project.change("rename-resource", "database", "ledger", "--dry-run", "--json").out)
    assert project.files() == before
    done = json.loads(project.change("rename-resource", "database", "ledger", "--json").out)
    assert tried["files"] == done["files"]
    assert {"path": "src/p/dependencies/ledger.py", "change": "create"} in done["files"]
