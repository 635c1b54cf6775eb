"""This repository keeps the rules that it gives to projects."""

import pytest
from projects import ROOT, run


@pytest.mark.parametrize("command", [("ruff", "format", "--check"), ("ruff", "check"), ("mypy",)], ids=" ".join)
def test_its_tools_have_nothing_to_say(command: tuple[str, ...]) -> None:
    """Formatted, linted, strictly typed."""
    ended = run(ROOT, *command)
    assert ended.returncode == 0, ended.stdout
