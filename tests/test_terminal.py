"""What a command says, where, and what it ends with: for somebody at a terminal, for a file, for a program."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
import yaml
from conftest import Scaffold
from projects import HEEDING_SIGNALS, ROOT
from scaffold.errors import BUG, DONE, INTERRUPTED, PERSON_NEEDED, REFUSED

NEW = ("new", "my-api", "--defaults")
OFFLINE = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "UV_NO_CACHE": "1"}


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    """DESIGN gives each a meaning."""
    assert (DONE, PERSON_NEEDED, REFUSED, BUG, INTERRUPTED) == (0, 1, 2, 70, 130)


def test_each_exit_code_comes_with_a_line_for_people_and_a_document_for_programs(scaffold: Scaffold) -> None:
    """Nothing goes wrong without a word, on either of the two."""
    assert scaffold(*NEW, **OFFLINE).returncode == PERSON_NEEDED
    # 0: nothing to say but what was done.
    ended = scaffold("new-resource", "mail", "--kind", "http", "--project", "my-api", "--no-install", "--json")
    assert ended.returncode == DONE
    assert re.fullmatch(r"Making the change: [\d.]+ s\n", ended.stderr)
    assert json.loads(ended.stdout)["problems"] == []
    # 1: it is done, and a person is needed for the rest.
    ended = scaffold("new-resource", "store", "--kind", "redis", "--project", "my-api", "--json", **OFFLINE)
    assert ended.returncode == PERSON_NEEDED, ended.stderr
    [problem] = json.loads(ended.stdout)["problems"]
    assert ended.stderr.splitlines()[-1] == f"scaffold: {problem}"
    # 2: nothing was written.
    for line in ("remove-resource mial", "remove-resource", "resources --projct .", "nothing"):
        ended = scaffold(*line.split(), "--json")
        assert ended.returncode == REFUSED
        assert f"scaffold: {json.loads(ended.stdout)['error']}\n" == ended.stderr


BUG_OF_OURS = """
from scaffold import cli
from scaffold.commands import resources
resources.look_at = lambda folder: folder.no_such_thing
cli.main()
"""


def test_a_bug_shows_a_traceback_and_has_a_code_of_its_own(tmp_path: Path) -> None:
    """So that nobody takes it for a mistake of theirs."""
    command = [sys.executable, "-c", BUG_OF_OURS, "resources", "--json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == BUG
    assert "Traceback" in ended.stderr
    assert json.loads(ended.stdout)["error"].startswith("this is a bug of scaffold's: AttributeError")


def test_interrupted_it_says_so(template: Path, tmp_path: Path) -> None:
    """Exit code 130, as a shell has it."""
    command = [sys.executable, "-c", HEEDING_SIGNALS, *NEW, "--template", str(template)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    while not os.listdir(tmp_path):  # it is at work as soon as there is a folder to work in
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, said
    assert said.splitlines()[-1] == "scaffold: interrupted"
    assert "Traceback" not in said


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}], ids=str)
def test_a_file_gets_text_only(scaffold: Scaffold, variables: dict[str, str]) -> None:
    """No colour, no spinner, nothing that is written over."""
    ended = scaffold(*NEW, "--no-install", **variables)
    refused = scaffold("new", "my-api", "--defaults")
    helped = scaffold("new", "--help")
    for said in (ended.stdout, ended.stderr, refused.stderr, helped.stdout):
        assert said
        assert not set(said) & {"\x1b", "\r", "\b"}


def test_a_terminal_of_80_columns_is_wide_enough(template: Path, tmp_path: Path) -> None:
    """Help is not cut off, and without colours there are none; a step that is under way may turn."""
    for arguments in (["--help"], ["new", "--help"], ["update", "--help"], ["new", "a", "--defaults", "--no-install"]):
        source = [] if "--help" in arguments else ["--template", str(template)]
        child = pexpect.spawn(
            sys.executable,
            ["-m", "scaffold", *arguments, *source],
            cwd=str(tmp_path),
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
            encoding="utf-8",
            timeout=20,
            dimensions=(24, 80),
        )
        said = str(child.read())
        assert "\x1b[3" not in said
        # A sentence may be longer: the terminal wraps it.
        assert "--help" not in arguments or max(map(len, said.splitlines())) <= 80
        assert not re.search(r"\w\.\.\.", said)


@pytest.mark.parametrize("command", ["new", "new-resource", "update"])
def test_help_lists_what_the_template_has(scaffold: Scaffold, command: str) -> None:
    """The kinds and their options from kind.yml, the questions from copier.yml."""
    said = scaffold(command, "--help").stdout
    words = " ".join(said.split())
    for path in (ROOT / "template/resources").glob("*/kind.yml"):
        kind = yaml.safe_load(path.read_text())
        assert f"{kind['kind']} {kind['role']}: {kind['description']}" in words
        for name, option in kind["options"].items():
            assert f"--set {name}=… {option['help']} ({option['default']})" in words
    if command != "new-resource":
        assert "ci Continuous integration: github, none" in words
        assert "docker A Dockerfile, and a compose.yaml if a resource needs a server: yes or no" in words


def test_a_wrong_option_is_asked_for_again(scaffold: Scaffold, tmp_path: Path) -> None:
    """With the reason; at a terminal every option of a kind is asked for, and Ctrl-C leaves nothing."""
    assert scaffold(*NEW, "--no-install").returncode == DONE
    command = ["-c", HEEDING_SIGNALS, "new-resource", "mail", "--kind", "http", "--no-install"]
    for last, code in (("https://mail.example", DONE), ("\x03", INTERRUPTED)):
        child = pexpect.spawn(sys.executable, command, cwd=str(tmp_path / "my-api"), encoding="utf-8", timeout=20)
        child.expect(re.escape("base_url (where the service is) [http://localhost:8080]: "))
        child.sendline("mail.example")
        child.expect("base_url=mail.example: has to be a URL such as https://billing.example")
        child.expect("base_url")
        child.send(last if code else f"{last}\r")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code, child.before
        staged = subprocess.check_output(["git", "status", "--porcelain"], cwd=tmp_path / "my-api", text=True)
        assert bool(staged) == (code == DONE)
        subprocess.run(["git", "reset", "-q", "--hard"], cwd=tmp_path / "my-api", check=True)


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("{} resources --project p > /dev/full", PERSON_NEEDED, "scaffold: output: No space left on device\n"),
        ("{} resources --project nowhere --json > /dev/full", PERSON_NEEDED, "scaffold: output: No space left"),
        ("{} resources --project p <&- >&-", DONE, ""),
        ("{} resources --project nowhere 2>&-", REFUSED, ""),
        ("PYTHONIOENCODING=latin-1 {} resources --project p > /dev/null", DONE, ""),
        ("mkdir gone && cd gone && rmdir ../gone && {} resources", REFUSED, "scaffold: the folder you are in is gone"),
    ],
)
def test_where_output_goes_is_no_reason_to_fail_without_a_word(
    scaffold: Scaffold, tmp_path: Path, shell: str, code: int, said: str
) -> None:
    """A full disk, closed streams, letters that an encoding lacks, a folder that is gone."""
    assert scaffold("new", "p", "--defaults", "--no-install").returncode == DONE
    line = shell.format(f"{shlex.quote(sys.executable)} -m scaffold")
    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_a_reader_that_leaves_ends_it_without_a_word(scaffold: Scaffold, tmp_path: Path) -> None:
    """With the code that shells have for that: 1 would mean that a person is needed."""
    assert scaffold("new", "p", "--defaults", "--no-install").returncode == DONE
    line = f"{shlex.quote(sys.executable)} -m scaffold resources --project p | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


IMPORTED = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from scaffold.__main__ import main
main()
"""


def test_interrupted_while_it_is_imported_it_says_so() -> None:
    """Ctrl-C straight after the command was typed."""
    ended = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "scaffold: interrupted\n")
