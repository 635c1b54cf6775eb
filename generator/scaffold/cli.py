"""The command line: its commands, and the edge at which errors become one line and an exit code."""

import json
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from scaffold.commands.new import new
from scaffold.commands.new_resource import new_resource
from scaffold.commands.remove_resource import remove_resource
from scaffold.commands.rename_resource import rename_resource
from scaffold.commands.resources import resources
from scaffold.commands.trace import trace
from scaffold.commands.update import update
from scaffold.errors import PersonNeeded, Refusal, one_line

DONE, PERSON_NEEDED, REFUSED, BUG, INTERRUPTED = 0, 1, 2, 70, 130

# Typer's usage errors; only one of them has a public name.
USAGE_ERROR = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="scaffold",
    help="Create FastAPI projects whose resources are async generators with cleanup.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(new)
app.command()(new_resource)
app.command()(remove_resource)
app.command()(rename_resource)
app.command()(resources)
app.command()(trace)
app.command()(update)


def show_version(wanted: bool) -> None:
    """Print the version and end, if that is wanted."""
    if wanted:
        typer.echo(f"scaffold {version('copier-fastapi')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Create FastAPI projects whose resources are async generators with cleanup."""


def run(arguments: list[str]) -> int:
    """Carry out a command line; returns its exit code. An error that is ours shows a traceback."""
    try:
        code = app(arguments, prog_name="scaffold", standalone_mode=False)
    except Refusal as refusal:
        return refuse(refusal, as_json="--json" in arguments)
    except PersonNeeded as needed:
        typer.echo(f"scaffold: {one_line(str(needed))}", err=True)
        return PERSON_NEEDED
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge
        if isinstance(error, USAGE_ERROR):
            return usage_error(error)
        traceback.print_exc()
        return BUG
    return code if isinstance(code, int) else DONE


def refuse(refusal: Refusal, *, as_json: bool) -> int:
    """Show in one line what is wrong and what would be right; details may follow."""
    typer.echo(f"scaffold: {one_line(str(refusal))}", err=True)
    if refusal.details:
        typer.echo(refusal.details, err=True)
    if as_json:
        typer.echo(json.dumps({"error": str(refusal)}))
    return REFUSED


def usage_error(error: Exception) -> int:
    """Show what is wrong with the command line in one line; asked for nothing, help was shown."""
    message = str(getattr(error, "format_message", error.__str__)())
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message, err=True)
        return REFUSED
    typer.echo(f"scaffold: {one_line(' '.join(message.split()))}", err=True)
    return REFUSED


def main() -> None:
    """Be the command."""
    sys.exit(run(sys.argv[1:]))
