"""Any name is either right or refused: names that seek trouble, for resources, packages and projects."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn import LISTS, TEXTS, engine, profile, refusal_of_the_template
from hypothesis import given
from hypothesis import strategies as st
from projects import make, run_suite, tools_complain
from reserved import KINDS, LONGEST
from scaffold.answers import check_project_name, check_resource_name, pascal
from scaffold.cli import run
from scaffold.errors import Refusal
from scaffold.questions import Reserved

TAKEN = [*LISTS["keywords"], *LISTS["names"]]
# What somebody would type.
USUAL = ["billing", "search", "mail", "reports", "orders", "users", "queue", "primary", "replica", "events", "s3"]
# Names that sort in another way by their letters than by their numbers, or whose classes are called alike.
TRAPS = ["db2", "db10", "db02", "db_2", "db2_a", "db_10", "db", "dba", "x99999999999"]
TRAPS += ["a_1", "a1", "a1b", "a_1b", "a1_b"]
LONG = ["n" * LONGEST, "n" * (LONGEST + 1), "a" + "_1" * 11 + "b", "z" + "9" * 23]
STRANGE = ["", "1st", "_a", "a_", "a__b", "Billing", "a-b", "a b", "a.b", "none", "true", "null", "1e3"]
STRANGE += ["-x", "--", "a=b"]
STRANGE += ["a'b", 'a"b', "{{ a }}", "a/b", "..", "a\n", "\ta"]
# Letters that only look like those there may be, and what is no text at all.
STRANGE += ["\u00e9t\u00e9", "\uff41b", "\u212a", "\u017f", "a\u0301", "\u0430", "a\u200b", "\U0001f600", "\udcff"]
MODULES = sorted(sys.stdlib_module_names)


def mangled(name: str) -> st.SearchStrategy[str]:
    """Return names that nearly are one."""
    around = [name, f"{name}_", f"_{name}", f"{name}s", f"{name}1", f"{name}_1", f"my_{name}", f"get_{name}"]
    around += [name.upper()]
    around += [name.replace("_", ""), *(f"{name}_{ending}" for ending in LISTS["endings"])]
    return st.sampled_from(around)


WORDS = st.sampled_from([*TAKEN, *MODULES, *LISTS["modules"], *USUAL])
NAMES = st.one_of(
    st.sampled_from([*USUAL, *TRAPS, *LONG, *STRANGE]),
    WORDS,
    WORDS.flatmap(mangled),
    st.from_regex(r"[a-z](_?[a-z0-9]){0,23}", fullmatch=True),
    st.text(max_size=26).filter(lambda name: "\0" not in name),
)


def refusal_of_the_command(name: str) -> str:
    """Return why the command refuses a name for a resource; nothing if it takes it."""
    keywords, modules, names = (frozenset(LISTS[key]) for key in ("keywords", "modules", "names"))
    reserved = Reserved(keywords, modules, names, tuple(LISTS["endings"]))
    try:
        check_resource_name(name, reserved)
    except Refusal as refusal:
        return str(refusal)
    return ""


def test_command_and_template_take_the_same_names(pytestconfig: pytest.Config) -> None:
    """Plain Copier refuses what the command refuses, and nothing else."""

    @profile(400, long=pytestconfig.getoption("--long"))
    @given(NAMES)
    def agree(name: str) -> None:
        of_the_command = refusal_of_the_command(name)
        assert bool(of_the_command) == bool(refusal_of_the_template({name: {"kind": "http"}})), of_the_command

    agree()


def test_a_name_is_refused_in_one_line(
    template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    """As a resource, as a project, as a package: exit code 2, and nothing is written."""
    flags = ["new", str(tmp_path / "made"), "--defaults", "--no-install", "--template", str(template)]

    @profile(100, long=pytestconfig.getoption("--long"))
    @given(NAMES, st.sampled_from(["--client=", "--name=", "--data=package_name="]))
    def refused(name: str, flag: str) -> None:
        if not is_refused(flag, name):
            return
        code, said = run([*flags, f"{flag}{name}"]), capsys.readouterr()
        assert code == 2, said.out
        assert said.out == ""
        assert len(said.err.splitlines()) == 1, said.err
        assert "Traceback" not in said.err
        assert os.listdir(tmp_path) == []

    refused()


def is_refused(flag: str, name: str) -> bool:
    """Return whether a name is to be refused where a flag gives it."""
    if flag == "--client=":
        return bool(refusal_of_the_command(name)) and name != "none"
    if flag == "--name=":
        return bool(refusal_of_the_project(name))
    return bool(refusal_of_the_package(name))


def refusal_of_the_project(name: str) -> str:
    """Return why a project can't be called this, or its package by default."""
    try:
        check_project_name(name)
    except Refusal as refusal:
        return str(refusal)
    return refusal_of_the_package(package_of(name))


def package_of(name: str) -> str:
    """Return what the package of a project is called by default."""
    return engine().get_template("template/questions/package_name.jinja").render(project_name=name).strip()


def refusal_of_the_package(name: str) -> str:
    """Return why the template refuses a name for a package; nothing if it takes it."""
    validator = engine().get_template("template/questions/package_name_validator.jinja")
    return validator.render(package_name=name, reserved=[TEXTS]).strip()


@st.composite
def projects(draw: st.DrawFn) -> dict[str, object]:
    """Return answers with names that the command takes, for a project and resources of any kinds."""
    accepted = NAMES.filter(lambda name: not refusal_of_the_command(name))
    drawn = draw(st.lists(accepted, min_size=4, max_size=9, unique_by=pascal))
    name = draw(NAMES.filter(lambda name: not refusal_of_the_project(name)))
    resources = {each: {"kind": draw(st.sampled_from(KINDS))} for each in drawn}
    package = package_of(name)
    return {"project_name": name, "resources": {n: kind for n, kind in resources.items() if n != package}}


def test_a_name_that_is_taken_makes_a_good_project(
    template: Path,
    tmp_path: Path,
    bench: Path,
    record_property: Callable[[str, object], None],
    pytestconfig: pytest.Config,
) -> None:
    """It renders, its tools are content, it can be imported; the suite of one in ten is green."""
    made: list[Path] = []
    suites: list[Path] = []

    @profile(4, long=pytestconfig.getoption("--long"))
    @given(projects())
    def good(answers: dict[str, object]) -> None:
        project = make(template, tmp_path / str(len(made)), **answers)
        made.append(project)
        assert not tools_complain(project, bench)
        if len(made) % 10 == 4:
            suites.append(project)
            ended = run_suite(project, slow=False)
        else:
            ended = run_suite(project, "--collect-only")
        assert ended.returncode == 0, ended.stdout

    good()
    record_property("projects with drawn names", len(made))
    record_property("their suites", len(suites))
