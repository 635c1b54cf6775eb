"""Renders the template with Copier, whose errors become refusals here."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import yaml
from copier import run_copy
from copier.errors import CopierError, CopierWarning
from plumbum import ProcessExecutionError

from scaffold.errors import Refusal
from scaffold.template import Template

INVALID = re.compile(
    r"(?:Validation error|Invalid choice) for (?:question )?'(?P<question>\w+)': (?P<reason>.*)", re.DOTALL
)


def render(template: Template, destination: Path, answers: Mapping[str, object], *, ask: bool) -> None:
    """Make a project in a folder that isn't there yet.

    Questions without an answer are asked on the terminal, or take their default. Raises Refusal
    for an answer that the template refuses and for anything else Copier says no to.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CopierWarning)
            run_copy(
                template.source,
                destination,
                data=dict(answers),
                vcs_ref=template.ref,
                defaults=not ask,
                quiet=True,
            )
    except (CopierError, ValueError, yaml.YAMLError, ProcessExecutionError) as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Refusal(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """Return what Copier says in one line."""
    text = " ".join(str(error).split())
    invalid = INVALID.search(text)
    return f"{invalid['question']}: {invalid['reason']}" if invalid else text
