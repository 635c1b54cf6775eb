"""Later versions of the template, made by real edits of a clone of it."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from copier import run_copy
from projects import IDENTITY, commit_all, given

PROJECT = "template/project"
PACKAGE = f"{PROJECT}/src/{{{{ package_name }}}}"


def edit(repository: Path, path: str, before: str, after: str) -> None:
    """Change a file of the template."""
    text = (repository / path).read_text()
    assert before in text, f"{path} has no {before!r}"
    (repository / path).write_text(text.replace(before, after))


def edit_all(repository: Path, before: str, after: str) -> None:
    """Change something wherever it stands in the template."""
    changed = 0
    for path in (path for path in (repository / "template").rglob("*") if path.is_file()):
        text = path.read_text()
        changed += before in text
        path.write_text(text.replace(before, after))
    assert changed, f"no file has {before!r}"


def note(repository: Path, version: str, **notes: object) -> None:
    """Write what a version moved, renamed or dropped."""
    (repository / f"template/versions/{version}.yml").write_text(yaml.safe_dump(notes))


def release(repository: Path, tag: str) -> None:
    """Commit the template, and tag that."""
    for command in (["add", "-A"], [*IDENTITY, "commit", "-q", "--no-gpg-sign", "-m", tag], ["tag", tag]):
        subprocess.run(["git", *command], cwd=repository, check=True)


def cloned(template: Path, repository: Path) -> Path:
    """Return a copy of the template's repository, to be changed, whose present state is v0.1.0."""
    shutil.copytree(template, repository, symlinks=True)
    subprocess.run(["git", "tag", "v0.1.0"], cwd=repository, check=True)
    return repository


def rendered(repository: Path, ref: str, folder: Path, **answers: object) -> Path:
    """Make a project from a version."""
    run_copy(str(repository), folder, data={"project_name": "P", **answers}, vcs_ref=ref, defaults=True, quiet=True)
    return folder


def made_from(repository: Path, ref: str, folder: Path, **answers: object) -> Path:
    """Make a project from a version, and commit it."""
    commit_all(rendered(repository, ref, folder, **answers))
    return folder


def made_again(repository: Path, answers: Mapping[str, object], folder: Path) -> Path:
    """Make what a project's answers say, at once."""
    return rendered(repository, str(answers["_commit"]), folder, **given(answers))


def change_a_function(repository: Path) -> None:
    """Let a function do the same in another way."""
    edit(
        repository,
        f"{PACKAGE}/resources.py.jinja",
        '    """Return who is served: method, path and function."""',
        '    """Say who is served."""',
    )


def move_a_test_module(repository: Path) -> None:
    """Move a module of the tests, under another name."""
    (repository / f"{PROJECT}/tests/silent_client.py").rename(repository / f"{PROJECT}/tests/quiet.py")
    edit_all(repository, "from silent_client import", "from quiet import")


def move_modules(repository: Path) -> None:
    """Move a module of the package, too."""
    move_a_test_module(repository)
    (repository / f"{PACKAGE}/errors.py.jinja").rename(repository / f"{PACKAGE}/failures.py.jinja")
    edit_all(repository, "from {{ package_name }}.errors import", "from {{ package_name }}.failures import")
    edit_all(repository, 'package_name ~ ".errors"', 'package_name ~ ".failures"')


def rename_a_setting(repository: Path) -> None:
    """Give a setting another name, in the code, the tests and the example of an environment."""
    edit(repository, f"{PACKAGE}/settings.py.jinja", "close_timeout: Seconds", "closing_timeout: Seconds")
    edit(repository, f"{PACKAGE}/app.py.jinja", "settings.close_timeout", "settings.closing_timeout")
    edit_all(repository, "APP_CLOSE_TIMEOUT", "APP_CLOSING_TIMEOUT")


def drop_an_option(repository: Path) -> None:
    """Let a kind do without an option that projects may have set."""
    kind = "template/resources/memory"
    option = "options:\n  max_entries:\n    type: int\n    default: 1024\n    help: how many answers it keeps\n"
    edit(repository, f"{kind}/kind.yml", option, "options: {}\n")
    edit(repository, f"{kind}/env.jinja", "{{ r.options.max_entries }}", "1024")
    edit(repository, f"{kind}/dependency.py.jinja", "{{ r.options.max_entries }}", "1024")


def ask_another_question(repository: Path) -> None:
    """Ask for the licence, and tell it in the README."""
    question = "license:\n  type: str\n  help: Its license\n  default: MIT\n"
    edit(repository, "copier.yml", "# --- tooling\n", f"# --- tooling\n\n{question}")
    edit(repository, f"{PROJECT}/README.md.jinja", "## Deploy", "## License\n\n{{ license }}\n\n## Deploy")


def raise_requirements(repository: Path) -> None:
    """Ask for newer tools, in the project and in its continuous integration."""
    edit(repository, f"{PROJECT}/pyproject.toml.jinja", "ruff>=0.17", "ruff>=0.17.1")
    edit(
        repository,
        f'{PROJECT}/{{% if ci == "github" %}}.github{{% endif %}}/workflows/ci.yml.jinja',
        "checkout@v5",
        "checkout@v6",
    )


STEPS: dict[str, Callable[[Path], None]] = {
    "v0.2.0": change_a_function,
    "v0.3.0": move_modules,
    "v0.4.0": rename_a_setting,
    "v0.5.0": drop_an_option,
    "v0.6.0": ask_another_question,
    "v0.7.0": raise_requirements,
}
VERSIONS = ["v0.1.0", *STEPS]


def release_all(repository: Path) -> None:
    """Release a version for each step, one after the other."""
    for tag, step in STEPS.items():
        step(repository)
        release(repository, tag)
