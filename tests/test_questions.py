"""The questions, at a terminal: by `scaffold new` and by plain Copier."""

import os
import sys
from pathlib import Path

import pexpect
import pytest
import yaml

ENTER = "\r"
DOWN = "\x1b[B"
QUESTIONS = ["Name of the project", "What it does", "Its author", "Database", "Cache", "HTTP clients"]
QUESTIONS += ["The example", "Structured logs", "OpenTelemetry", "Metrics", "Known hosts", "A Dockerfile"]
QUESTIONS += ["Kubernetes manifests", "A container to develop in", "Formatter", "Continuous integration"]
QUESTIONS += ["Updates of requirements"]


class Terminal:
    """A terminal of 80 columns with a command in it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.child: pexpect.spawn[str] = pexpect.spawn(
            sys.executable,
            ["-m", *arguments],
            cwd=str(folder),
            # A terminal would say where its cursor is; this one is not asked, instead of waited for.
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf-8",
            timeout=20,
            dimensions=(24, 80),
        )

    def answer(self, question: str, answer: str = ENTER) -> None:
        """Wait for a question and answer it."""
        self.child.expect(question)
        self.child.send(answer)

    def end(self) -> int | None:
        """Wait for the command to end; returns its exit code."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


def start(command: str, template: Path, folder: Path) -> Terminal:
    """Start one of the two ways to make a project."""
    if command == "scaffold":
        return Terminal(folder, "scaffold", "new", "my-api", "--no-install", "--template", str(template))
    return Terminal(folder, "copier", "copy", str(template), "my-api")


def answers(folder: Path) -> dict[str, object]:
    """Return the answers of the project that was made."""
    found: dict[str, object] = yaml.safe_load((folder / "my-api/.copier-answers.yml").read_text())
    return found


@pytest.mark.parametrize("command", ["scaffold", "copier"])
def test_enter_takes_the_defaults(template: Path, tmp_path: Path, command: str) -> None:
    """Every question has a good one."""
    terminal = start(command, template, tmp_path)
    for question in QUESTIONS:
        terminal.answer(question)
    assert terminal.end() == 0
    assert answers(tmp_path)["project_name"] == "my-api"
    assert answers(tmp_path)["resources"] == {
        "cache": {"kind": "memory"},
        "database": {"kind": "sqlite"},
        "upstream": {"kind": "http"},
    }


@pytest.mark.parametrize("command", ["scaffold", "copier"])
def test_arrow_keys_choose_and_a_wrong_answer_is_asked_again(template: Path, tmp_path: Path, command: str) -> None:
    """With the reason."""
    terminal = start(command, template, tmp_path)
    terminal.answer("Name of the project", "\x15" + "1st" + ENTER)
    terminal.child.expect("a name starts with a letter")
    terminal.child.send("\x15" + "Billing API" + ENTER)
    terminal.answer("What it does")
    terminal.answer("Its author", "Ada" + ENTER)
    terminal.answer("Database", DOWN + ENTER)
    terminal.answer("Cache", DOWN + DOWN + ENTER)
    terminal.answer("HTTP clients", "\x15" + "mail, Search" + ENTER)
    terminal.child.expect("is no name for a client")
    terminal.child.send("\x15" + "mail, search" + ENTER)
    terminal.answer("Structured logs", "y")
    terminal.answer("OpenTelemetry")
    terminal.answer("Metrics", "n")
    terminal.answer("Known hosts")
    terminal.answer("A Dockerfile", "n")
    terminal.answer("A container to develop in", "y")
    terminal.answer("Formatter")
    terminal.answer("Continuous integration", DOWN + ENTER)
    terminal.answer("Updates of requirements")
    assert terminal.end() == 0
    found = answers(tmp_path)
    assert found["resources"] == {"mail": {"kind": "http"}, "search": {"kind": "http"}}
    assert (found["example"], found["docker"], found["ci"], found["author"]) == ("none", False, "none", "Ada")
    assert (found["operations"], found["telemetry"], found["metrics"]) == (True, False, False)
    assert (found["devcontainer"], found["pre_commit"]) == (True, False)
    # Without a Dockerfile nobody is asked for what runs its image.
    assert found["kubernetes"] is False


def test_what_flags_answer_is_not_asked(template: Path, tmp_path: Path) -> None:
    """The rest is."""
    flags = ("--name", "a", "--database", "none", "--client", "none", "--data", "author=", "--data", "description=b")
    more = ("--data", "ci=none", "--data", "docker=no", "--no-install", "--template", str(template))
    rest = ("operations", "telemetry", "metrics", "security", "devcontainer", "pre_commit", "renovate")
    chosen = [argument for name in rest for argument in ("--data", f"{name}=no")]
    terminal = Terminal(tmp_path, "scaffold", "new", "my-api", *flags, *more, *chosen)
    terminal.answer("Cache", DOWN + DOWN + ENTER)
    assert terminal.end() == 0
    assert answers(tmp_path)["resources"] == {}


@pytest.mark.parametrize("question", range(len(QUESTIONS)), ids=QUESTIONS.__getitem__)
def test_ctrl_c_at_a_question_leaves_nothing(template: Path, tmp_path: Path, question: int) -> None:
    """Exit code 130, no traceback."""
    terminal = asked(question, template, tmp_path)
    terminal.child.sendcontrol("c")
    check_nothing_was_made(terminal, tmp_path, 130, "scaffold: interrupted")


@pytest.mark.parametrize("question", ["Name of the project", "A Dockerfile"])
def test_the_end_of_input_leaves_nothing(template: Path, tmp_path: Path, question: str) -> None:
    """Ctrl-D is no answer; where one is chosen with arrow keys it is heard as little as any other key."""
    terminal = asked(QUESTIONS.index(question), template, tmp_path)
    terminal.child.send("\x15")
    terminal.child.sendeof()
    check_nothing_was_made(terminal, tmp_path, 2, "scaffold: the input ended before every question was answered")


def asked(question: int, template: Path, folder: Path) -> Terminal:
    """Return a terminal at a question, those before answered with their defaults."""
    terminal = start("scaffold", template, folder)
    for text in QUESTIONS[:question]:
        terminal.answer(text)
    terminal.child.expect(QUESTIONS[question])
    return terminal


def check_nothing_was_made(terminal: Terminal, folder: Path, code: int, sentence: str) -> None:
    """Assert how it ended, and that it said so."""
    assert terminal.end() == code
    said = str(terminal.child.before)
    assert sentence in said
    assert "Traceback" not in said
    assert os.listdir(folder) == []
