"""`copier copy` and `scaffold new` make the same files, byte for byte, and neither needs to be trusted."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Scaffold
from projects import files

CASES = {
    "defaults": ([], []),
    "nothing": (
        ["--database", "none", "--cache", "none", "--client", "none", "--data", "ci=none"],
        ["database=none", "cache=none", "clients=none", "ci=none"],
    ),
    "many": (
        ["--resource", "reports=sqlite", "--client", "b", "--client", "a", "--set", "a.base_url=https://a.example"],
        [
            "resources={reports: {kind: sqlite}, b: {kind: http}, database: {kind: sqlite}, cache: {kind: memory}, "
            + "a: {kind: http, base_url: 'https://a.example'}}"
        ],
    ),
    "clients": (["--client", "b", "--client", "a"], ["clients=[b, a]"]),
    "no example": (["--data", "example=no"], ["example=none"]),
    "free text": (
        ["--name", "My API", "--data", 'description="{{ a }}" {% b %} \\ \' 🎉 #}'],
        ["project_name=My API", 'description="{{ a }}" {% b %} \\ \' 🎉 #}'],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_both_make_the_same_files(template: Path, tmp_path: Path, scaffold: Scaffold, case: str) -> None:
    """For the same committed template and the same answers."""
    flags, data = CASES[case]
    made = scaffold("new", "scaffold/my-api", "--defaults", "--no-install", *flags)
    assert made.returncode == 0, made.stderr
    pairs = [part for pair in data for part in ("--data", pair)]
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", *pairs, str(template), "copier/my-api"]
    copied = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert copied.returncode == 0, copied.stderr
    assert files(tmp_path / "scaffold/my-api") == files(tmp_path / "copier/my-api")
