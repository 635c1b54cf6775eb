"""The workflow of README.md for a fleet: its steps, with real repositories and a stand-in for GitHub's own command."""

import shutil
import subprocess
from pathlib import Path

import pytest
from changing.releases import PACKAGE, change_a_function, cloned, edit, made_from, note, release
from projects import commit_all
from workflows import check_schema, install, install_scaffold, step, workflow

WORKFLOW = workflow("Update the fleet")
# Clones from a folder, and tells what was asked for.
GH = """#!/bin/sh
echo "$PWD: $*" >>"$HUB/asked"
case "$1 $2" in
"repo clone") exec git clone -q "$HUB/$3" "$4" ;;
"pr list") grep -s "/$(basename "$PWD"): pr create" "$HUB/asked" || true ;;
esac
"""


@pytest.fixture
def hub(template: Path, tmp_path: Path) -> Path:
    """Return a folder with three repositories of projects, one of which has edited what the template changes."""
    repository = cloned(template, tmp_path / "template")
    change_a_function(repository)
    edit(repository, f"{PACKAGE}/settings.py.jinja", "ready_timeout: Seconds = 2", "ready_timeout: Seconds = 3")
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


def test_it_opens_a_pull_request_for_each_that_follows(hub: Path, tmp_path: Path) -> None:
    """With the notes; once, and again the next week only what it pushes is new. What conflicts is left to a person."""
    runner = tmp_path / "runner"
    install(runner, "gh", GH)
    install_scaffold(runner)
    for _ in range(2):
        shutil.rmtree(runner / "services", ignore_errors=True)
        fleet = "acme/shop acme/desk acme/edited"
        cloned = step(WORKFLOW, "Clone", runner, HUB=str(hub), FLEET=fleet)
        assert cloned.returncode == 0, cloned.stderr
        updated = step(WORKFLOW, "Update", runner)
        assert updated.returncode == 1
        assert "services/acme/edited: 1 in conflict" in updated.stderr
        opened = step(WORKFLOW, "Open pull requests", runner, HUB=str(hub))
        assert opened.returncode == 0, opened.stderr
    asked = (hub / "asked").read_text()
    assert asked.count("pr create --title Follow the template --body v0.2.0: before deploying: take a breath\n") == 2
    for name, version in (("shop", "v0.2.0"), ("desk", "v0.2.0")):
        show = ["git", "show", "scaffold-update:.copier-answers.yml"]
        assert f"_commit: {version}" in subprocess.check_output(show, cwd=hub / "acme" / name, text=True)
    branches = subprocess.check_output(["git", "branch"], cwd=hub / "acme/edited", text=True)
    assert "scaffold-update" not in branches


def test_it_is_a_workflow(tmp_path: Path) -> None:
    """As GitHub's schema has it."""
    check_schema(WORKFLOW, tmp_path)
