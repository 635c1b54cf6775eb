"""The command line: its commands, and the edge at which errors become one line and an exit code."""

import os
import signal
import sys
import traceback
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from scaffold.bundle import brought
from scaffold.commands.new import new
from scaffold.commands.new_resource import new_resource
from scaffold.commands.remove_resource import remove_resource
from scaffold.commands.rename_resource import rename_resource
from scaffold.commands.resources import resources
from scaffold.commands.status import status
from scaffold.commands.trace import trace
from scaffold.commands.update import update
from scaffold.errors import BUG, DONE, INTERRUPTED, PERSON_NEEDED, REFUSED, PersonNeeded, Refusal, one_line
from scaffold.terminal import make_usable, print_json

# What a shell gives for a command that is ended by a pipe nobody reads.
UNREAD = 128 + signal.SIGPIPE

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
# Those that list what the template knows bring a --help of their own.
app.command(short_help="Create a project.", add_help_option=False)(new)
app.command(short_help="Add a resource to a project.", add_help_option=False)(new_resource)
app.command(short_help="Remove a resource from a project.")(remove_resource)
app.command(short_help="Call a resource something else.")(rename_resource)
app.command(short_help="List what a project has, and what it could have.")(resources)
app.command(short_help="Show versions, and who changed what.")(status)
app.command(short_help="Trace one request through its dependencies.")(trace)
app.command(short_help="Bring projects up to date.", add_help_option=False)(update)


def show_version(wanted: bool) -> None:
    """Print the version and end, if that is wanted."""
    if wanted:
        from importlib.metadata import version

        own = brought()
        unreleased = f", not a release: its template is {own.own}" if own and own.unreleased else ""
        typer.echo(f"scaffold {version('copier-fastapi')}{unreleased}")
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
    as_json = "--json" in arguments
    try:
        check_place()
        check_nothing_is_empty(arguments)
        code = app(arguments, prog_name="scaffold", standalone_mode=False)
    except Refusal as refusal:
        return failed(REFUSED, str(refusal), refusal.details, as_json=as_json)
    except PersonNeeded as needed:
        return failed(PERSON_NEEDED, str(needed), as_json=as_json and not needed.printed)
    except SystemExit:  # Typer's, where nobody reads
        return UNREAD
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except OSError as error:
        return failed(PERSON_NEEDED, f"{error.filename or 'output'}: {error.strerror}", as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the edge
        if isinstance(error, USAGE_ERROR):
            return usage_error(error, as_json=as_json)
        traceback.print_exc()
        return failed(BUG, f"this is a bug of scaffold's: {error!r}", as_json=as_json)
    if code == INTERRUPTED:  # Typer's own code for Ctrl-C too
        return failed(INTERRUPTED, "interrupted", as_json=as_json)
    return code if isinstance(code, int) else DONE


def check_place() -> None:
    """Raise Refusal where there is no folder to be in."""
    try:
        Path.cwd()
    except FileNotFoundError:
        message = "the folder you are in is gone: cd to one that is there"
        raise Refusal(message) from None


def check_nothing_is_empty(arguments: list[str]) -> None:
    """Raise Refusal for an argument that says nothing, as a variable does that isn't set."""
    for before, argument in pairwise(["scaffold", *arguments]):
        if argument in ("", "--template=", "--project=", "--ref="):
            what = f"{argument} gives nothing" if argument else f"nothing is given after {before}"
            message = f"{what}: give a value, or leave it out"
            raise Refusal(message)


def failed(code: int, sentence: str, details: str = "", *, as_json: bool = False) -> int:
    """Show in one line what is wrong and what would be right; details may follow. Returns the exit code."""
    sentence = one_line(sentence)
    typer.echo(f"scaffold: {sentence}", err=True)
    if details:
        typer.echo(details, err=True)
    if as_json:
        print_json({"error": sentence})
    return code


def usage_error(error: Exception, *, as_json: bool) -> int:
    """Show what is wrong with the command line in one line; asked for nothing, help was shown."""
    message = str(getattr(error, "format_message", error.__str__)())
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message, err=True)
        return REFUSED
    return failed(REFUSED, " ".join(message.split()), as_json=as_json)


def main() -> None:
    """Be the command."""
    make_usable()
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:  # nobody reads, or there is no room for more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = UNREAD if isinstance(error, BrokenPipeError) else failed(PERSON_NEEDED, f"output: {error.strerror}")
    sys.exit(code)
