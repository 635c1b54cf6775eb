"""Renders the template with Copier, whose errors become refusals here."""

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from copier import VcsRef, _main, run_copy, run_recopy
from copier.errors import CopierError, CopierWarning, InteractiveSessionError
from jinja2 import TemplateError
from plumbum import ProcessExecutionError

from scaffold.errors import Refusal
from scaffold.project import ANSWERS
from scaffold.scratch import temporary_files_in
from scaffold.template import Template

INVALID = re.compile(
    r"(?:Validation error|Invalid choice) for (?:question )?'(?P<question>\w+)': (?P<reason>.*)", re.DOTALL
)

# For each file Copier asks git whether the index has to be told of its mode: a fifth of the time for a project whose
# files nobody tracks yet. Its own name, so it may be gone one day; then this saves nothing, and breaks nothing.
PER_FILE = "_sync_git_index_executable_bit"
if hasattr(_main.Worker, PER_FILE):
    setattr(_main.Worker, PER_FILE, lambda *_: None)


def render(template: Template, destination: Path, answers: Mapping[str, object], *, ask: bool) -> None:
    """Make a project in a folder that isn't there yet.

    Questions without an answer are asked on the terminal, or take their default. Raises Refusal
    for an answer that the template refuses and for anything else Copier says no to.
    """
    with _refusals(), temporary_files_in(destination.parent):
        run_copy(
            template.source,
            destination,
            data=dict(answers),
            vcs_ref=template.ref,
            defaults=not ask,
            quiet=True,
        )


def render_again(answers: str, data: Mapping[str, object], ref: str | None, folder: Path) -> Path:
    """Make in a new folder what the template makes of an answers file, some answers replaced by data.

    Without a ref it is the version that the answers name. Raises Refusal as `render` does.
    """
    folder.mkdir()
    (folder / ANSWERS).write_text(answers, "utf-8")
    with _refusals(), temporary_files_in(folder.parent):
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
def _refusals() -> Iterator[None]:
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
