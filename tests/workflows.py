"""Workflows of README.md: read, and their steps run as GitHub runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from projects import ROOT, clean_environment, run


def workflow(name: str) -> str:
    """Return the text of a workflow that README.md shows."""
    found = re.search(
        rf"^```yaml\n(name: {name}\n.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert found
    return found[1]


def step(text: str, name: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a step, with the commands that a folder has in `bin` before all others."""
    document = yaml.safe_load(text)
    [job] = document["jobs"].values()
    found = next(each for each in job["steps"] if each.get("name") == name)
    shell = [sys.executable, "-c"] if found.get("shell") == "python" else ["bash", "-e", "-c"]
    settings = {name: value for name, value in document.get("env", {}).items() if "GIT_" in name}
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [*shell, found["run"]],
        cwd=folder,
        env={**clean_environment(), **settings, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def install(folder: Path, name: str, script: str) -> None:
    """Give the steps that are run in a folder a command."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "bin" / name).write_text(script)
    (folder / "bin" / name).chmod(0o755)


def install_scaffold(folder: Path) -> None:
    """Give the steps that are run in a folder this command."""
    install(folder, "scaffold", f'#!/bin/sh\nexec {sys.executable} -m scaffold "$@"\n')


def check_schema(text: str, folder: Path) -> None:
    """Assert that a text is a workflow, as GitHub's schema has it."""
    (folder / "workflow.yml").write_text(text)
    ended = run(folder, "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "workflow.yml")
    assert ended.returncode == 0, ended.stdout
