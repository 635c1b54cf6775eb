"""What can't be used is refused: one line that says what is wrong, exit code 2, nothing written."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import Scaffold

REFUSALS = {
    # the command line
    "": "Usage",
    "nwe": "No such command 'nwe'. Did you mean 'new'?",
    "new": "Missing argument 'DEST'",
    "new a b": "unexpected extra argument",
    "new a --databse sqlite": "No such option: --databse (Possible options: --data, --database)",
    # names
    "new a --name 1st": "'1st' is no name for a project",
    "new a --name json": "project_name: json is taken by Python or by a package the project needs",
    "new a --name FastAPI": "project_name: fastapi is taken",
    "new a --data package_name=My": "package_name: My is no name for a package",
    "new a --client Billing": "'Billing' is no name for a resource",
    "new a --client a__b": "'a__b' is no name for a resource",
    "new a --client " + "a" * 25: "is no name for a resource",
    "new a --client class": "'class' is taken by Python or by the generated code",
    "new a --client app": "'app' is taken",
    "new a --client running": "'running' is taken",
    "new a --client health": "'health' is taken",
    "new a --client true": "'true' is taken",
    "new a --client database_pool": "'database_pool' is taken",
    "new a --resource none=sqlite": "'none' is taken",
    "new a --data resources={true_:{kind:http}}": "resources: ",
    "new a --client database_reader": "'database_reader' is taken",
    "new a --resource a_1=http --resource a1=http": "a1: another resource's class is called A1 too",
    # given twice
    "new a --client b --client b": "the resource b is given twice",
    "new a --client database": "choose another name for one of them, or leave out the first with --database none",
    "new a --resource upstream=http": "the resource upstream is given twice",
    "new a --name b --data project_name=c": "project_name is given twice",
    "new a --database sqlite --data database=none": "database is given twice",
    "new a --data ci=none --data ci=none": "--data ci is given twice",
    "new a --client none --client b": "--client none leaves no room for other clients",
    "new a --cache none --data resources={}": "--data resources=… names all resources",
    # kinds, options, answers
    "new a --database sqlit": "database sqlit: there is no such kind, did you mean sqlite?",
    "new a --database memory": "database memory: there is no such kind",
    "new a --resource b=htp": "--resource b=htp: there is no kind htp, did you mean http?",
    "new a --resource b": "--resource b: give NAME=KIND",
    "new a --set upstream.base_ul=x": "http has no option base_ul, did you mean base_url?",
    "new a --set upstream.base_url=x": "base_url=x: has to be a URL such as",
    "new a --set cache.max_entries=0": "max_entries=0: has to be a whole number above 0",
    "new a --set database.x=1": "sqlite has no option x",
    "new a --set base_url=x": "--set base_url=x: say of which resource",
    "new a --set upsteam.base_url=x": "--set upsteam.base_url: there is no resource upsteam, did you mean upstream?",
    "new a --data descripton=x": "--data descripton: there is no such question, did you mean description?",
    "new a --data docker=maybe": "--data docker=maybe: answer yes or no",
    "new a --data docker=no --data kubernetes=yes": "kubernetes: the manifests run the image of the Dockerfile: ",
    "new a --data ci=gitlab": "--data ci=gitlab: choose one of github, none",
    "new a --data description": "--data description: give KEY=VALUE",
    "new a --data kinds=[]": "--data kinds: there is no such question",
    "new a --data resources=[a]": "--data resources: resources has to map each name to a kind",
    "new a --data resources={b:{kind:x}}": "resources: ",
    "new a --data example={database:b}": "example: ",
    "new a --data resources={a:" + "[" * 5000 + "}": "--data resources: no YAML: it is nested too deeply",
    "new a --data resources={a:\u00a0" + "1" * 5000 + "}": "--data resources: no YAML: Exceeds the limit",
    "new a --data resources={a:\u00a0{kind:\u00a0http},a:\u00a0{kind:\u00a0memory}}": "a stands there twice",
    "new a --data example={": "--data example: no YAML",
    "new a --database none --data example=yes": "--data example=yes: the example stores notes in a database",
    "new a --set cache.max_entries=1 --set cache.max_entries=2": "--set cache.max_entries is given twice",
    "new a --set cache.kind=redis": "say the kind with --database, --cache or --resource cache=KIND",
    "new a --set upstream.base_url=http://x:99999": "base_url=http://x:99999: has to be a URL",
    # places
    "new full": "full is not empty: name a folder that is empty or isn't there yet",
    "new file": "file is a file",
    "new file/a": "file is no folder",
    "new ~no_such_user/a": "~no_such_user/a: there is no home for ~no_such_user: write ./~no_such_user/a if that",
    "new a --template= --ref v1": "--template= gives nothing: give a value, or leave it out",
    "new a --template \u00a0": "nothing is given after --template: give a value, or leave it out",
    "new a --template file:///nope": "template git+file:///nope can't be reached (fatal: ",
    "new dangling/a": "dangling is a link to nowhere",
    "new " + "a" * 300: "can't be made (File name too long)",
    "new a --template nowhere": "template nowhere can't be reached",
    "new a --template full": "is no git repository",
    "new a --ref v99": "has no v99: it has no releases yet",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a file and a folder that isn't empty."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "full/mine").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("line", REFUSALS, ids=lambda line: line[:50])
def test_it_is_refused_in_one_line(scaffold: Scaffold, place: Path, line: str) -> None:
    """The first line on stderr is the whole sentence; nothing is written."""
    # A word may have spaces, or be nothing but one.
    words = [word.replace("\u00a0", " ").removesuffix(" ") for word in line.split(" ") if word]
    ended = scaffold(*words, *(["--defaults", "--no-install"] if line.startswith("new a") else []))
    assert ended.returncode == 2, ended.stderr
    assert REFUSALS[line] in ended.stderr.splitlines()[0]
    assert ended.stdout == ""
    if line:
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert sorted(os.listdir(place)) == ["dangling", "file", "full"]
    assert os.listdir(place / "full") == ["mine"]


def test_free_text_on_more_than_one_line_is_refused(scaffold: Scaffold, tmp_path: Path) -> None:
    """A description is one line."""
    ended = scaffold("new", "a", "--defaults", "--data", "description=one\ntwo")
    assert (ended.returncode, ended.stderr) == (
        2,
        "scaffold: description: one line of text, without control characters\n",
    )
    assert os.listdir(tmp_path) == []


def test_without_git_it_says_so(scaffold: Scaffold, tmp_path: Path) -> None:
    """The template comes through git."""
    ended = scaffold("new", "a", "--defaults", PATH=str(tmp_path))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "git is not installed" in ended.stderr
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_to_is_refused(scaffold: Scaffold) -> None:
    """Also for root: nobody makes folders there."""
    ended = scaffold("new", "/proc/a", "--defaults", "--no-install")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "/proc can't be written to" in ended.stderr


BROKEN = {
    "copier.yml": ("", "copier.yml holds nothing"),
    "template/questions/reserved.yml": (None, "there is no template/questions/reserved.yml"),
    "template/questions/pascal.jinja": ("{% macro %}", "expected token"),
    "template/resources/http/kind.yml": ("[", "template/resources/http/kind.yml describes no kind"),
    "template/resources/memory/kind.yml": ("{}", "template/resources/memory/kind.yml describes no kind (KeyError"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_template_that_is_broken_is_refused(scaffold: Scaffold, template: Path, tmp_path: Path, path: str) -> None:
    """The line names the file that has to be mended."""
    clone, (text, said) = tmp_path / "clone", BROKEN[path]
    subprocess.run(["git", "clone", "-q", str(template), str(clone)], check=True)
    (clone / path).unlink()
    if text is not None:
        (clone / path).write_text(text)
    commit = ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-am", "broken"]
    subprocess.run(["git", *commit], cwd=clone, check=True)
    ended = scaffold("new", "a", "--defaults", "--no-install", "--template", str(clone))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
    assert said in ended.stderr
    assert os.listdir(tmp_path) == ["clone"]
