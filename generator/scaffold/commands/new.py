"""`scaffold new`: create a project."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from scaffold.answers import Given, answers
from scaffold.commands.help import WithKindsAndQuestions
from scaffold.errors import PersonNeeded
from scaffold.paths import with_home
from scaffold.scratch import scratch_folder
from scaffold.staging import check_destination, existing_ancestor, staged, terminated_as_interrupted
from scaffold.terminal import interactive, step


def new(
    destination: Annotated[
        Path, typer.Argument(metavar="DEST", help="Where: a folder that isn't there yet, or is empty.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the project; by default that of the folder, if it can be one.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="KIND|none", help="Kind of the resource `database`; by default sqlite.")
    ] = None,
    cache: Annotated[
        str | None, typer.Option(metavar="KIND|none", help="Kind of the resource `cache`; by default memory.")
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|none", help="An HTTP client; by default one, upstream. Repeatable."),
    ] = None,
    resource: Annotated[
        list[str] | None, typer.Option(metavar="NAME=KIND", help="A further resource. Repeatable.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME.OPTION=VALUE", help="An option of a resource. Repeatable."),
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="The answer to any other question. Repeatable.")
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing: what isn't given takes its default.")
    ] = False,
    template: Annotated[
        str | None, typer.Option(metavar="SRC", help="Another template: a folder or URL of its repository.")
    ] = None,
    ref: Annotated[
        str | None, typer.Option(metavar="REF", help="A version of the template; by default its newest release.")
    ] = None,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Install nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files that would be made.")] = False,
    _help: WithKindsAndQuestions = False,
) -> None:
    """Create a project, as a repository with its first commit, installed and ready to run."""
    given = Given(name, database, cache, client or [], resource or [], set_ or [], data or [])
    # Not resolve(): an empty folder may be reached through a link.
    place = Path(os.path.abspath(with_home(destination)))
    check_destination(place)
    asking = interactive() and not defaults
    if dry_run:
        list_files(place.name, given, template, ref, asking=asking)
        return
    with staged(place) as project:
        create(project, given, template, ref, asking=asking)
        repository = "" if no_git else make_repository(project, place)
    typer.echo(f"Created {destination}{repository}")
    problem = None if no_install else install_project(place, destination)
    typer.echo(next_commands(destination, installed=not no_install and problem is None))
    if problem:
        message = f"the project is there, but its installation failed: {problem}"
        raise PersonNeeded(message)


def create(project: Path, given: Given, source: str | None, ref: str | None, *, asking: bool) -> None:
    """Make the project's files in a folder that isn't there yet."""
    from scaffold.kinds import offered, read_kinds
    from scaffold.questions import read_questions, read_reserved
    from scaffold.template import find_template

    with find_template(source, ref) as template:
        kinds = offered(read_kinds(template))
        found = answers(given, kinds, read_questions(template), read_reserved(template))
        from scaffold.render import render

        if asking:
            render(template, project, found, ask=True)
            return
        with step("Making the files"):
            render(template, project, found, ask=False)


def list_files(name: str, given: Given, source: str | None, ref: str | None, *, asking: bool) -> None:
    """Make the project where nobody looks, and print what it has."""
    with terminated_as_interrupted(), scratch_folder() as scratch:
        project = scratch / name
        create(project, given, source, ref, asking=asking)
        for path in sorted(project.rglob("*")):
            if path.is_file():
                typer.echo(f"create  {path.relative_to(project)}")


def make_repository(project: Path, place: Path) -> str:
    """Make the first commit, unless the project stands in a repository; returns what to say of it."""
    from scaffold.git import inside_repository, start_repository

    if inside_repository(existing_ancestor(place)):
        return ", in the repository that is there: commit it with your own"
    if start_repository(project):
        return ", with its first commit"
    return ", with its first commit, by nobody in particular: git knows no user.name and user.email here"


def install_project(place: Path, destination: Path) -> str | None:
    """Install the project; returns what went wrong, or None. Interrupted it leaves the project as it is."""
    from scaffold.install import install, installer

    try:
        with step(f"Installing with {installer()}"):
            return install(place)
    except KeyboardInterrupt:
        typer.echo("scaffold: the project is there, its installation was interrupted", err=True)
        typer.echo(next_commands(destination, installed=False))
        raise


def next_commands(destination: Path, *, installed: bool) -> str:
    """Return the commands to type next."""
    install = "python3 -m venv .venv && .venv/bin/pip install -q -U pip && .venv/bin/pip install -q -e . --group dev"
    folder = f"./{destination}" if str(destination).startswith("-") else str(with_home(destination))
    servers = ".venv/bin/python tests/servers.py   # in another terminal; what it prints goes into .env"
    commands = [
        *([] if destination == Path() else [f"cd {shlex.quote(folder)}"]),
        *([] if installed else [install]),
        ".venv/bin/pytest",
        *([servers] if (with_home(destination) / "tests/servers.py").exists() else []),
        ".venv/bin/fastapi dev      # http://localhost:8000/docs",
    ]
    return "\n".join(["", "Next:", *(f"    {command}" for command in commands)])
