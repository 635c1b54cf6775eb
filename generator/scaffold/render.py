"""Renders the template with Copier, whose errors become refusals here."""

import os
import re
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from copier import VcsRef, _main, run_copy, run_recopy
from copier.errors import CopierError, CopierWarning, InteractiveSessionError
from jinja2 import TemplateError
from plumbum import ProcessExecutionError, local

from scaffold.compiled import compile_all_once
from scaffold.errors import Refusal
from scaffold.project import ANSWERS
from scaffold.scratch import temporary_files_in
from scaffold.template import Template

INVALID = re.compile(
    r"(?:Validation error|Invalid choice) for (?:question )?'(?P<question>\w+)': (?P<reason>.*)", re.DOTALL
)

# Where Copier keeps mirrors of templates.
MIRRORS = "COPIER_CACHE_DIR"

# For each file Copier asks git whether the index has to be told of its mode: a fifth of the time for a project whose
# files nobody tracks yet. Its own name, so it may be gone one day; then this saves nothing, and breaks nothing.
PER_FILE = "_sync_git_index_executable_bit"
if hasattr(_main.Worker, PER_FILE):
    setattr(_main.Worker, PER_FILE, lambda *_: None)
compile_all_once()


def render(template: Template, destination: Path, answers: Mapping[str, object], *, ask: bool) -> None:
    """Make a project in a folder that isn't there yet.

    Questions without an answer are asked on the terminal, or take their default. Raises Refusal
    for an answer that the template refuses and for anything else Copier says no to.
    """
    with (
        _refusals(),
        temporary_files_in(destination.parent),
        _fetched_already(template, destination.with_name(f"{destination.name}.mirrors")),
    ):
        run_copy(
            template.source,
            destination,
            data=dict(answers),
            vcs_ref=template.ref,
            defaults=not ask,
            quiet=True,
        )


def render_again(answers: str, data: Mapping[str, object], template: Template, ref: str | None, folder: Path) -> Path:
    """Make in a new folder what the template makes of an answers file, some answers replaced by data.

    Without a ref it is the version that the answers name. `template` is where it is found. Raises
    Refusal as `render` does.
    """
    folder.mkdir()
    (folder / ANSWERS).write_text(answers, "utf-8")
    with _refusals(), temporary_files_in(folder.parent), _fetched_already(template, folder.with_name("mirrors")):
        run_recopy(
            folder,
            data=dict(data),
            vcs_ref=ref or VcsRef.CURRENT,
            defaults=True,
            overwrite=True,
            quiet=True,
        )
    return folder


@contextmanager
def _fetched_already(template: Template, mirrors: Path) -> Generator[None]:
    """Let Copier take a template that was fetched from where it lies now, by the URL that it records.

    It would keep a mirror of each URL for its user, and take out of that what this repository doesn't have: so it gets
    a folder of its own for mirrors. Git is told by variables, which plumbum has copied when it was imported.
    """
    if template.url is None:
        yield
        return
    count = int(local.env.get("GIT_CONFIG_COUNT") or 0)
    told = {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"url.{template.repository}.insteadOf",
        f"GIT_CONFIG_VALUE_{count}": template.url,
    }
    before = os.environ.get(MIRRORS)
    os.environ[MIRRORS] = str(mirrors)
    try:
        with local.env(**told):
            yield
    finally:
        if before is None:
            del os.environ[MIRRORS]
        else:
            os.environ[MIRRORS] = before


@contextmanager
def _refusals() -> Generator[None]:
    """Say in one line what Copier says no to."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CopierWarning)
            yield
    except InteractiveSessionError:
        message = "the input ended before every question was answered: answer with flags, or give --defaults"
        raise Refusal(message) from None
    except TemplateError as error:
        message = f"the template is broken: {' '.join(str(error).split())}: mend it, or give another with --ref"
        raise Refusal(message) from error
    except (CopierError, ValueError, RecursionError, yaml.YAMLError, ProcessExecutionError) as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Refusal(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """Return what Copier says in one line."""
    text = " ".join(str(error).split())
    invalid = INVALID.search(text)
    return f"{invalid['question']}: {invalid['reason']}" if invalid else text
