"""`scaffold update`: bring projects to another version of the template, or to other answers."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.access import kinds_of, template_of, to_change
from scaffold.changed_answers import changed_answers
from scaffold.commands.help import WithKindsAndQuestions
from scaffold.commands.options import DryRun, Json, NoInstall
from scaffold.errors import Refusal
from scaffold.fetching import fetched_once
from scaffold.several import Account, each
from scaffold.template import find_template, is_newer, is_older
from scaffold.version_notes import notes_since

if TYPE_CHECKING:
    from scaffold.change import Change
    from scaffold.report import Output


def update(
    project: Annotated[
        list[Path] | None, typer.Argument(metavar="PROJECT", help="Projects; by default where you are.")
    ] = None,
    ref: Annotated[
        str | None, typer.Option(metavar="REF", help="The template's version; by default its newest release.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(metavar="SRC", help="Where the template is now: a folder or URL of its repository.")
    ] = None,
    data: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Another answer. Repeatable.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME.OPTION=VALUE", help="An option of a resource, or its kind. Repeatable."),
    ] = None,
    no_install: NoInstall = False,
    dry_run: DryRun = False,
    json: Json = False,
    _help: WithKindsAndQuestions = False,
) -> None:
    """Bring projects up to date with the template; nothing that you wrote is lost."""
    from scaffold.report import Output

    output = Output(dry_run=dry_run, json=json, no_install=no_install)

    def bring(folder: Path, account: Account) -> None:
        _update(folder, ref, template, data or [], set_ or [], replace(output, document=account.document), account)

    each(project or [Path()], bring, as_json=json, template=template, ref=ref)


def _update(
    folder: Path,
    ref: str | None,
    source: str | None,
    data: list[str],
    settings: list[str],
    output: "Output",
    account: Account,
) -> None:
    with to_change(folder) as (project, repository), ExitStack() as stack:
        account.version = project.version
        # Both versions are looked for in it.
        wanted_versions = [project.version, *([ref] if ref else [])]
        stack.enter_context(fetched_once([(source or project.source, wanted_versions)]))
        if source is None:
            with template_of(project) as present:
                kinds_of(project, present)
        with find_template(source or project.source, ref, since=project.version) as target:
            older = is_older(target, project.version)
            if older and ref is not None:
                back = "there is no way back: git revert what brought it"
                message = f"the project is made from {project.version}, and {ref} is older: {back}"
                raise Refusal(message)
            versions = [] if older else notes_since(target, project.version)
            changed = changed_answers(project, target, versions, data, settings)
            from scaffold.change import Wanted, change
            from scaffold.report import conclude

            wanted = Wanted(
                changed.data,
                target,
                ref=None if older else target.ref,
                source=target.source,
                versions=versions,
                follow_moves=True,
                refuse_gone=False,
            )
            made = change(project, repository, wanted, dry_run=output.dry_run)
        if is_newer(target, project.version):
            account.version = f"{project.version} → {target.name}"
        account.result = _became(made, dry_run=output.dry_run)
        conclude(project, made, output, [], changed.warnings, notes=[*changed.renamed, *made.notes])


def _became(made: "Change", *, dry_run: bool) -> str:
    """Return in a few words what became of a project."""
    if made.conflicts:
        return f"{len(made.conflicts)} in conflict"
    if not made.files:
        return "nothing to change"
    changed = [what for what in made.files.values() if what != "keep"]
    return f"{len(changed)} file{'s' if len(changed) > 1 else ''} {'would change' if dry_run else 'staged'}"
