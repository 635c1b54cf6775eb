"""An installed command brings its template: it works anywhere, offline, and what it makes is nobody's special case."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from changing.releases import ask_another_question, change_a_function, edit, rendered
from projects import clean_environment, commit_all, files
from scaffold.versions import comes_after
from wheels import CANONICAL, Installed, build, built, give_version, install, repository_of_this


@dataclass(frozen=True)
class Commands:
    """A repository with three releases and a commit after them, and commands installed from wheels of some."""

    repository: Path
    first: Installed
    second: Installed
    unreleased: Installed


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Build and install them."""
    folder = tmp_path_factory.mktemp("wheels")
    repository = repository_of_this(folder / "repository")
    nowhere = folder / "nowhere"

    def installed(name: str) -> Installed:
        return install(built(repository, folder / f"dist-{name}"), folder / name, nowhere)

    give_version(repository, "0.1.0")
    first = installed("first")
    change_a_function(repository)
    give_version(repository, "0.2.0")
    second = installed("second")
    edit(repository, "template/project/README.md.jinja", "## Deploy", "## Deployment")
    commit_all(repository)
    unreleased = installed("unreleased")
    ask_another_question(repository)
    give_version(repository, "0.3.0")
    return Commands(repository, first, second, unreleased)


def in_place_of_the_url(repository: Path) -> dict[str, str]:
    """Return what lets git find a repository by the canonical URL."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"{CANONICAL}.git",
    }


def answers(project: Path) -> dict[str, object]:
    """Return what a project is made of."""
    found = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert isinstance(found, dict)
    return found


def copier(project: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run plain Copier in a project."""
    return subprocess.run(
        [sys.executable, "-m", "copier", *arguments],
        cwd=project,
        env={**clean_environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_works_offline_outside_of_any_clone(commands: Commands, tmp_path: Path) -> None:
    """Create, add, update with the next command; the result is what the repository makes of the same answers."""
    project = commands.first.folder / "shop"
    assert "Created shop" in commands.first.done("new", "shop", "--defaults", "--no-install")
    assert (answers(project)["_src_path"], answers(project)["_commit"]) == (CANONICAL, "v0.1.0")
    commands.first.done("new-resource", "reports", "--kind", "sqlite", "--project", "shop", "--no-install")
    commands.second.done("update", "shop", "--no-install")
    assert (answers(project)["_src_path"], answers(project)["_commit"]) == (CANONICAL, "v0.2.0")
    given = {name: answer for name, answer in answers(project).items() if not name.startswith("_")}
    same = rendered(commands.repository, "v0.2.0", tmp_path / "same", **given)
    differing = {path for path, content in files(project).items() if files(same).get(path) != content}
    assert differing == {".copier-answers.yml"}
    assert files(project).keys() == files(same).keys()


def test_later_and_elsewhere_plain_copier_goes_on(commands: Commands) -> None:
    """From the repository that the answers name: their versions are its own."""
    project = commands.second.folder / "later"
    commands.second.done("new", "later", "--defaults", "--no-install")
    real = in_place_of_the_url(commands.repository)
    checked = copier(project, "check-update", "--output-format", "json", **real)
    assert '"latest_version": "0.3.0"' in checked.stdout, checked
    ended = copier(project, "update", "--defaults", "--quiet", **real)
    assert ended.returncode == 0, ended
    assert answers(project)["_commit"] == "v0.3.0"
    assert "Say who is served" in (project / "src/later/resources.py").read_text()


def test_it_leaves_the_mirrors_of_its_user_alone(commands: Commands, tmp_path: Path) -> None:
    """Copier would take releases out of them that the bundle doesn't have."""
    ended = commands.first.run("new", "mirrors", "--defaults", "--no-install", COPIER_CACHE_DIR=str(tmp_path / "own"))
    assert ended.returncode == 0, ended
    assert not (tmp_path / "own").exists()
    assert [path.name for path in (commands.first.folder / "mirrors").glob("*.git")] == [".git"]


def test_it_lists_what_it_brings(commands: Commands) -> None:
    """Kinds and questions, as from a clone."""
    said = commands.first.done("new", "--help")
    assert "\n  postgresql  database: " in said
    assert "\n  telemetry " in said


def test_a_command_that_is_no_release_says_so(commands: Commands) -> None:
    """By a name that the repository knows, in its version and in what it makes."""
    assert commands.second.done("--version") == "scaffold 0.2.0\n"
    said = commands.unreleased.done("--version")
    assert said.startswith("scaffold 0.2.0, not a release: its template is v0.2.0-1-g")
    commands.unreleased.done("new", "between", "--defaults", "--no-install")
    recorded = str(answers(commands.unreleased.folder / "between")["_commit"])
    assert said.endswith(f"{recorded}\n")
    head = subprocess.check_output(["git", "rev-parse", "v0.3.0~1"], cwd=commands.repository, text=True)
    named = subprocess.check_output(["git", "rev-parse", f"{recorded}^{{commit}}"], cwd=commands.repository, text=True)
    assert head == named
    commands.unreleased.done("status", "between")


def test_a_project_newer_than_the_command_is_refused(commands: Commands) -> None:
    """In one line that says what to do; so is a version that isn't there, and one before."""
    commands.second.done("new", "newer", "--defaults", "--no-install")
    newer = "v0.2.0 of the template is newer than this command, which is of v0.1.0: install a newer one"
    unknown = "v0.1.O is none of the versions that this command brings, did you mean v0.1.0?; these are v0.1.0, v0.2.0"
    older = "and v0.1.0 is older: there is no way back: git revert what brought it"
    for command, arguments, line in (
        (commands.first, ("update", "newer"), newer),
        (commands.first, ("new-resource", "r", "--kind", "http", "--project", "newer"), newer),
        (commands.first, ("new", "x", "--defaults", "--ref", "v0.2.0"), newer),
        (commands.second, ("update", "newer", "--ref", "v0.1.O"), unknown),
        (commands.second, ("update", "newer", "--ref", "v0.1.0"), older),
    ):
        ended = command.run(*arguments)
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended
        assert line in ended.stderr


def test_what_it_does_not_bring_is_fetched(commands: Commands) -> None:
    """A project made from a commit between releases, which the next command doesn't bring."""
    commands.unreleased.done("new", "strange", "--defaults", "--no-install")
    real = in_place_of_the_url(commands.repository)
    ended = commands.second.run("new", "strange2", "--defaults", "--no-install", "--ref", "v0.3.0~1", **real)
    assert ended.returncode == 0, ended
    assert "_commit: v0.2.0-1-g" in (commands.second.folder / "strange2/.copier-answers.yml").read_text()


@pytest.mark.parametrize(
    ("version", "other", "after"),
    [
        ("v0.10.0", "v0.9.0", True),
        ("v0.9.0", "v0.9.0", False),
        ("v0.9.0-3-g12345a6", "v0.9.0", True),
        ("v0.9.0-3-g12345a6", "v0.10.0", False),
        ("1234567", "v0.1.0", None),  # a hash
        ("v0.1.0", "12345a6", None),
        ("main", "v0.1.0", None),
    ],
)
def test_versions_are_ordered_by_their_names(version: str, other: str, after: bool | None) -> None:
    """Where these tell: the releases of a bundle have no history."""
    assert comes_after(version, other) is after


def heads(wheel: Path) -> dict[str, str]:
    """Return the commits in a wheel's bundle, by their names."""
    with zipfile.ZipFile(wheel) as packed:
        head = packed.read("scaffold/template.bundle").partition(b"\n\n")[0].decode()
    return {name: commit for commit, name in (line.split(" ") for line in head.splitlines()[1:])}


def contents(wheel: Path) -> dict[str, list[bytes]]:
    """Return the lines of a wheel's files, sorted: the list of them is in the order in which they were found."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: sorted(packed.read(name).splitlines()) for name in packed.namelist()}


def partial_clone(repository: Path, folder: Path) -> Path:
    """Return a clone that has fetched only what its newest release needs, as pip makes it."""
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "config", setting, "true"], cwd=repository, check=True)
    command = ["git", "-c", "advice.detachedHead=false", "clone", "-q", "--filter=blob:none", "-b", "v0.2.0"]
    subprocess.run([*command, repository.as_uri(), str(folder)], check=True)
    return folder


def test_a_release_is_the_same_however_it_is_built(commands: Commands, tmp_path: Path) -> None:
    """From a clone, one without blobs, its sdist where no repository is, a clone without history."""
    for name, depth in (("clone", []), ("shallow", ["--depth", "1"])):
        clone = ["git", "-c", "advice.detachedHead=false", "clone", "-q", "-b", "v0.2.0", *depth]
        subprocess.run([*clone, commands.repository.as_uri(), str(tmp_path / name)], check=True)
    whole = built(tmp_path / "clone", tmp_path / "1")
    partial = built(partial_clone(commands.repository, tmp_path / "partial"), tmp_path / "5")
    assert contents(partial) == contents(whole)
    shallow = built(tmp_path / "shallow", tmp_path / "2")
    sdist = built(tmp_path / "clone", tmp_path / "3", "--sdist")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(unpacked), "--strip-components=1"], check=True)
    again = built(unpacked, tmp_path / "4")
    assert contents(again) == contents(whole)
    assert heads(whole).keys() == {"HEAD", "refs/tags/v0.1.0", "refs/tags/v0.2.0"}
    assert heads(shallow) == {name: commit for name, commit in heads(whole).items() if name != "refs/tags/v0.1.0"}
    status = subprocess.check_output(["git", "status", "--porcelain", "--ignored"], cwd=tmp_path / "clone", text=True)
    assert status == ""


def test_an_archive_without_releases_builds_nothing(commands: Commands, tmp_path: Path) -> None:
    """Which says what to build from."""
    archive = tmp_path / "archive"
    archive.mkdir()
    packed = subprocess.check_output(["git", "archive", "v0.2.0"], cwd=commands.repository)
    subprocess.run(["tar", "-x", "-C", str(archive)], input=packed, check=True)
    ended = build(archive, tmp_path / "dist")
    assert ended.returncode != 0
    assert "has no git repository and no generator/scaffold/template.bundle: build from a clone" in ended.stderr
    assert "Traceback" not in ended.stderr
