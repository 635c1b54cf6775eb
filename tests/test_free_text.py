"""Text of the user's arrives as it was given, in every format that it stands in; it is never part of a program."""

import ast
import io
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

import pytest
import yaml
from conftest import Scaffold
from dotenv import dotenv_values
from drawn import engine, profile, refusal_of_the_template
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from projects import ROOT, commit_all, make, run, tools_complain
from pydantic import HttpUrl
from scaffold.answers import option_value
from scaffold.errors import Refusal
from scaffold.kinds import Kind, Option

KIND = ROOT / "tests/kinds/diskcache"
# What means something to one of the formats, to the template, or to a shell.
MARKS = [*"\"'`\\*_[]()<>{}#+-=.!|~&$%@:;,?/ ", '"""', "{{", "}}", "{%", "{#", "#}", "$(date)"]
MARKS += ["${HOME", "\\n", "\\u0041", "&amp;", "&#35;", "<b>", "</p>", "<!--", "](x)", "1. ", "1) ", "# ", "- "]
MARKS += ["---", "~~", "**", "__", "http://a.b", "a", "9", "null", "yes", "1.0", "2020-01-01", "a: b", " #"]
MARKS += ["\u00a0", "\u202e", "\u200b", "\ufeff", "\U0001f600", "e\u0301", "\u05d0"]
LINES = st.one_of(
    st.sampled_from(MARKS),
    st.lists(st.sampled_from(MARKS), max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029"), max_size=80),
).filter(lambda text: "${" not in text)
URLS = st.from_regex(r"https://billing\.example/([A-Za-z0-9._~!$&'()*+,;=:/-]|%[0-9A-F]{2}){0,20}", fullmatch=True)
# Addresses that nearly are one.
HOSTS = st.one_of(
    st.lists(st.sampled_from([*"a1-_.:/%[]{}@?#\\|^<> \n", "xn--", "127.0.0.1", "[::1]", "65536", ":80"])).map("".join),
    st.from_regex(r"[a-z0-9_.-]{1,12}(:[0-9]{1,5})?(/.{0,9})?", fullmatch=True),
)


def written(macro: str, text: str) -> str:
    """Return what the template makes of a text."""
    found = engine().from_string("{% import 'template/macros.jinja' as m %}{{ m[macro](text) | trim }}")
    return found.render(macro=macro, text=text)


def shown(markdown: str) -> list[str]:
    """Return what somebody reads of each block of Markdown; what isn't plain text is named."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    return [unescape(line.removeprefix("<p>").removesuffix("</p>")) for line in html.splitlines()]


@pytest.mark.parametrize("format_", ["py", "md", "env"])
def test_every_text_can_be_written(format_: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """A real parser reads the same again, and ruff would write Python's the same way."""
    read: dict[str, Callable[[str], object]] = {
        "py": ast.literal_eval,
        "md": lambda found: "\n".join(shown(found)),
        "env": lambda found: dotenv_values(stream=io.StringIO(f"A={found}\n"))["A"],
    }
    module = tmp_path / "literals.py"

    @profile(300, long=pytestconfig.getoption("--long"))
    @given(LINES)
    def arrives(text: str) -> None:
        found = written(format_, text)
        assert read[format_](found) == (text.strip() if format_ == "md" else text), found
        with module.open("a", encoding="utf-8") as literals:
            literals.write(f"a = {found}\n" if format_ == "py" else "")

    arrives()
    assert run(tmp_path, "ruff", "format", "--check", "literals.py").returncode == 0


def test_a_url_is_the_same_for_everybody(pytestconfig: pytest.Config) -> None:
    """Command and template take the same; what they take is one for the project, and is not encoded anew."""
    kind = Kind("http", "client", "", {"base_url": Option("url", "", "")})

    @profile(300, long=pytestconfig.getoption("--long"))
    @given(HOSTS.map("http://{}".format))
    def one(url: str) -> None:
        try:
            taken = option_value("base_url", url, kind) == url
        except Refusal:
            taken = False
        assert taken == (not refusal_of_the_template({"a": {"kind": "http", "base_url": url}})), url
        if taken:
            assert str(HttpUrl(url)).lower().rstrip("/") in (url.lower().rstrip("/"), url.lower().replace(":80", ""))
            assert dotenv_values(stream=io.StringIO(f"A={written('env', url)}\n"))["A"] == url

    one()


@pytest.fixture(scope="session")
def texts(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template with a kind that has a text for an option."""
    repository = tmp_path_factory.mktemp("texts") / "template"
    shutil.copytree(template, repository, ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(KIND, repository / "template/resources/diskcache")
    return commit_all(repository)


def test_every_text_arrives_in_a_project(texts: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """In TOML, Python, YAML, Markdown and .env of one project."""
    made: list[Path] = []

    @profile(6, long=pytestconfig.getoption("--long"))
    @given(LINES, LINES, st.lists(LINES, min_size=3, max_size=3), st.lists(URLS, min_size=3, max_size=3))
    def arrives(description: str, author: str, folders: list[str], urls: list[str]) -> None:
        resources = {f"c{number}": {"kind": "diskcache", "folder": text} for number, text in enumerate(folders)}
        resources |= {f"h{number}": {"kind": "http", "base_url": url} for number, url in enumerate(urls)}
        project = tmp_path / str(len(made))
        make(texts, project, description=description, author=author, resources=resources, project_name="P")
        made.append(project)
        check_texts(project, description, author, resources)

    arrives()


def check_texts(project: Path, description: str, author: str, resources: Mapping[str, Mapping[str, str]]) -> None:
    """Assert that every file says what was given."""
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    assert (answers["description"], answers["author"], answers["resources"]) == (description, author, resources)
    described = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert described["description"] == description.strip()
    assert described.get("authors", []) == ([{"name": author.strip()}] if author.strip() else [])
    blocks = (project / "README.md").read_text("utf-8").split("\n\n")
    assert (shown(blocks[1]) == [description.strip()]) == bool(description.strip())
    variables = dotenv_values(project / ".env.example", encoding="utf-8")
    for name, resource in resources.items():
        option = "folder" if resource["kind"] == "diskcache" else "base_url"
        assert variables[f"{name}_{option}".upper()] == resource[option]
        assert resource[option] in literals(project / f"src/p/dependencies/{name}.py")


def literals(module: Path) -> list[str]:
    """Return the texts in a module."""
    nodes = ast.walk(ast.parse(module.read_text("utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_a_long_text_arrives_through_the_command_and_stays(
    scaffold: Scaffold, template: Path, tmp_path: Path, bench: Path
) -> None:
    """Ten thousand characters; another resource changes nothing of it."""
    text = ("""'a' "b" \\ {{ c }} {% d %} #} *e* <f> & `g` $(h) \U0001f600 \u202e """ * 300)[:10_000]
    flags = ("--defaults", "--no-install", "--data", f"description={text}", "--data", f"author={text}")
    made = scaffold("new", "p", *flags)
    assert made.returncode == 0, made.stderr
    ended = scaffold("new-resource", "billing", "--kind", "http", "--project", "p", "--no-install")
    assert ended.returncode == 0, ended.stderr
    project = tmp_path / "p"
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    assert answers["resources"].keys() == {"database", "cache", "upstream", "billing"}
    described = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert (described["description"], described["authors"]) == (text.strip(), [{"name": text.strip()}])
    assert shown((project / "README.md").read_text("utf-8").split("\n\n")[1]) == [text.strip()]
    assert not tools_complain(project, bench)


@pytest.mark.parametrize("flag", ["--data=description=", "--data=author=", "--set=upstream.base_url=http://a/"])
@pytest.mark.parametrize("text", [b"a\tb", b"a\nb", b"a\x85b", b"\xff", "a\u2028b".encode()], ids=repr)
def test_what_no_format_can_carry_is_refused(template: Path, tmp_path: Path, flag: str, text: bytes) -> None:
    """A line that isn't one, and bytes that are no text."""
    flags = ["--defaults", "--no-install", "--template", str(template)]
    command: list[str | bytes] = [sys.executable, "-m", "scaffold", "new", "p", *flags]
    ended = subprocess.run([*command, flag.encode() + text], cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert os.listdir(tmp_path) == []
