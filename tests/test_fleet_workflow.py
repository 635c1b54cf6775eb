"""The workflow of README.md for a fleet: its steps, with real repositories and a stand-in for GitHub's own command."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from changing.releases import PACKAGE, change_a_function, cloned, edit, made_from, note, release
from projects import ROOT, clean_environment, commit_all, run

WORKFLOW = re.search(
    r"^```yaml\n(name: Update the fleet\n.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
# Clones from a folder, and tells what was asked for.
GH = """#!/bin/sh
echo "$PWD: $*" >>"$HUB/asked"
case "$1 $2" in
"repo clone") exec git clone -q "$HUB/$3" "$4" ;;
"pr list") grep -s "/$(basename "$PWD"): pr create" "$HUB/asked" || true ;;
esac
"""


@pytest.fixture
def workflow() -> str:
    """Return the workflow's text."""
    assert WORKFLOW
    return WORKFLOW[1]


@pytest.fixture
def hub(template: Path, tmp_path: Path) -> Path:
    """Return a folder with three repositories of projects, one of which has edited what the template changes."""
    repository = cloned(template, tmp_path / "template")
    change_a_function(repository)
    edit(repository, f"{PACKAGE}/settings.py", "ready_timeout: Seconds = 2", "ready_timeout: Seconds = 3")
    note(repository, "0.2.0", before_deploying=["take a breath"])
    release(repository, "v0.2.0")
    for name in ("shop", "desk", "edited"):
        project = made_from(repository, "v0.1.0", tmp_path / name)
        if name == "edited":
            module = project / "src/p/resources.py"
            module.write_text(module.read_text().replace("Return who is served: method, path and function.", "Mine."))
            commit_all(project)
        subprocess.run(["git", "clone", "-q", "--bare", str(project), str(tmp_path / "hub/acme" / name)], check=True)
    return tmp_path / "hub"


def step(workflow: str, name: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a step as GitHub does."""
    document = yaml.safe_load(workflow)
    found = next(each for each in document["jobs"]["update"]["steps"] if each.get("name") == name)
    shell = [sys.executable, "-c"] if found.get("shell") == "python" else ["bash", "-e", "-c"]
    settings = {name: value for name, value in document["env"].items() if "GIT_" in name}
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [*shell, found["run"]],
        cwd=folder,
        env={**clean_environment(), **settings, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_opens_a_pull_request_for_each_that_follows(workflow: str, hub: Path, tmp_path: Path) -> None:
    """With the notes; once, and again the next week only what it pushes is new. What conflicts is left to a person."""
    runner = tmp_path / "runner"
    (runner / "bin").mkdir(parents=True)
    (runner / "bin/gh").write_text(GH)
    (runner / "bin/gh").chmod(0o755)
    scaffold = f'#!/bin/sh\nexec {sys.executable} -m scaffold "$@"\n'
    (runner / "bin/scaffold").write_text(scaffold)
    (runner / "bin/scaffold").chmod(0o755)
    for _ in range(2):
        shutil.rmtree(runner / "services", ignore_errors=True)
        fleet = "acme/shop acme/desk acme/edited"
        cloned = step(workflow, "Clone", runner, HUB=str(hub), FLEET=fleet)
        assert cloned.returncode == 0, cloned.stderr
        updated = step(workflow, "Update", runner)
        assert updated.returncode == 1
        assert "services/acme/edited: 1 in conflict" in updated.stderr
        opened = step(workflow, "Open pull requests", runner, HUB=str(hub))
        assert opened.returncode == 0, opened.stderr
    asked = (hub / "asked").read_text()
    assert asked.count("pr create --title Follow the template --body v0.2.0: before deploying: take a breath\n") == 2
    for name, version in (("shop", "v0.2.0"), ("desk", "v0.2.0")):
        show = ["git", "show", "scaffold-update:.copier-answers.yml"]
        assert f"_commit: {version}" in subprocess.check_output(show, cwd=hub / "acme" / name, text=True)
    branches = subprocess.check_output(["git", "branch"], cwd=hub / "acme/edited", text=True)
    assert "scaffold-update" not in branches


def test_it_is_a_workflow(workflow: str, tmp_path: Path) -> None:
    """As GitHub's schema has it."""
    (tmp_path / "fleet.yml").write_text(workflow)
    ended = run(tmp_path, "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "fleet.yml")
    assert ended.returncode == 0, ended.stdout
