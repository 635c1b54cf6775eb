"""One command for several projects: on all cores; what becomes of each is said, and the others go on when one fails."""

import io
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import cast

import typer

from scaffold.errors import BUG, PERSON_NEEDED, REFUSED, PersonNeeded, Refusal, one_line
from scaffold.fetching import fetched_once
from scaffold.git import GitError, git
from scaffold.paths import with_home
from scaffold.project import find_folder, read_project
from scaffold.scratch import scratch_folder, temporary_files_in
from scaffold.staging import terminated_as_interrupted
from scaffold.terminal import print_json, progress, show_no_steps, wrapped

Document = Mapping[str, object]
FORK = multiprocessing.get_context("fork")
INTERRUPT = signal.SIGUSR1
HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, INTERRUPT)


@dataclass
class Account:
    """What a command tells of a project: documents for a program; for a table its version, and what became of it."""

    document: Callable[[Document], None] = print_json
    version: str = ""
    result: str = ""


# What becomes of a project of which nothing is known yet; those that weren't begun are among them.
UNENDED = "interrupted: as it was, or done; the same command goes on"
Do = Callable[[Path, Account], None]
# By what is said to each: its process, and what it has to do.
Workers = dict[Connection, tuple[ForkProcess, list[int]]]


@dataclass(frozen=True)
class Ended:
    """How it ended for a project, and what was said."""

    folder: Path
    code: int = 0
    out: str = ""
    err: str = ""
    documents: list[Document] = field(default_factory=list)
    version: str = ""
    result: str = ""


def each(
    folders: Sequence[Path], do: Do, *, as_json: bool, template: str | None = None, ref: str | None = None
) -> None:
    """Do it for each project; a document that it makes is printed, or with others as one.

    `template` is where it is said to be now for all of them, `ref` to which version they go. Raises what `do` raises
    for one project; for several it is told beside the project, and Exit is raised at the end.
    """
    if len(folders) == 1:
        do(folders[0], Account())
        return
    import scaffold.change  # noqa: F401 - Copier, which takes its time: once for all

    found = dict(enumerate(Ended(folder, result=UNENDED) for folder in folders))
    try:
        with (
            terminated_as_interrupted(),
            scratch_folder() as place,
            temporary_files_in(place),  # also of those at work: whatever becomes of them, it goes
            fetched_once(_wanted(folders, template, ref)),
            closing(_all_ended(folders, do)) as ended,
        ):
            _show(folders, ended, found, as_json=as_json)
    except KeyboardInterrupt:
        if not as_json:
            _show_table(list(found.values()))
        raise
    all_ended = list(found.values())
    if as_json:
        print_json({"projects": [document for each in all_ended for document in each.documents]})
    else:
        _show_table(all_ended)
    if codes := [each.code for each in all_ended if each.code]:
        typer.echo(f"scaffold: {len(codes)} of {len(folders)} projects need a person", err=True)
        refused = len(codes) == len(folders) and set(codes) == {REFUSED}
        raise typer.Exit(BUG if BUG in codes else REFUSED if refused else PERSON_NEEDED)


def _show(
    folders: Sequence[Path], ended: Iterator[tuple[int, Ended]], found: dict[int, Ended], *, as_json: bool
) -> None:
    """Show what was said of each project, in the order in which they were given, and note down how each ended."""
    hidden = list(range(len(folders)))
    with progress(len(folders)) as advance:
        for number, each in ended:
            found[number] = each
            advance()
            while hidden and found[hidden[0]].result != UNENDED:
                shown = hidden.pop(0)
                typer.echo(f"{folders[shown]}:", err=as_json)
                typer.echo(found[shown].out, nl=False)
                typer.echo(found[shown].err, nl=False, err=True)


def _show_table(ended: Sequence[Ended]) -> None:
    folders = [str(each.folder) for each in ended]
    wide = [max(map(len, column)) for column in ([*folders, "project"], [*(each.version for each in ended), "version"])]
    typer.echo(f"\n{'project':{wide[0]}}  {'version':{wide[1]}}  result")
    for folder, each in zip(folders, ended, strict=True):
        for line in wrapped(f"{folder:{wide[0]}}  {each.version:{wide[1]}}  ", each.result):
            typer.echo(line)


def _all_ended(folders: Sequence[Path], do: Do) -> Generator[tuple[int, Ended]]:
    """Yield number and end of each project, as they end; a process for each core does one after the other.

    Those of one repository come one after the other: only one command can work on it. If this one is interrupted, or
    its reader is gone, those at work are interrupted too, and the others aren't begun.
    """
    waiting = deque(_by_repository(folders))
    workers: Workers = {}
    try:
        while waiting or workers:
            while waiting and len(workers) < _cores():
                _start(workers, waiting.popleft(), folders, do)
            for connection in cast("list[Connection]", wait(list(workers))):
                process, numbers = workers.pop(connection)
                ended, lives = _received(connection, folders[numbers[0]])
                following = numbers[1:] or (waiting.popleft() if waiting else [])
                if lives and following:
                    workers[connection] = process, following
                    _ask(connection, following[0])
                else:
                    _ask(connection, None)
                    connection.close()
                    process.join()
                    waiting.extendleft([following] if following else [])
                yield numbers[0], ended
    finally:
        _interrupt(workers)


def _start(workers: Workers, numbers: list[int], folders: Sequence[Path], do: Do) -> None:
    connection, its = FORK.Pipe()
    process = FORK.Process(target=_work, args=(folders, do, its, connection))
    workers[connection] = process, numbers  # before it is there: an interrupt at any moment finds it
    # An interrupt waits until the process knows what to do with it.
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)
    its.close()
    _ask(connection, numbers[0])


def _ask(connection: Connection, number: int | None) -> None:
    """Say which project is next, or that there is none; a process that was killed is found when it is listened to."""
    with suppress(OSError):
        connection.send(number)


def _interrupt(workers: Workers) -> None:
    """End what is still at work, and wait until it has put things right."""
    for connection, (process, _) in workers.items():
        _ask(connection, None)  # an interrupt may come where a library swallows it
        if process.pid and process.is_alive():
            os.kill(process.pid, INTERRUPT)
    for connection, (process, _) in workers.items():
        while process.pid and process.is_alive():
            with suppress(EOFError, OSError):  # what it has to say may be more than fits between us
                _ = connection.recv() if connection.poll(0.05) else None
            process.join(0.05)


def _received(connection: Connection, folder: Path) -> tuple[Ended, bool]:
    """Return how a project ended, and whether its process lives."""
    try:
        ended = connection.recv()
    except (EOFError, OSError):
        said = "it was killed: the next scaffold command there finishes what was decided"
        document = _problem(folder, said)
        return Ended(folder, PERSON_NEEDED, "", f"scaffold: {folder}: {said}\n", [document], result="was killed"), False
    assert isinstance(ended, Ended)
    return ended, True


def _work(folders: Sequence[Path], do: Do, connection: Connection, others: Connection) -> None:
    """Be a process that does what is asked for, until nobody asks any more.

    What interrupts the command may reach all its processes: it is the command that interrupts them, each once.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(INTERRUPT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)
    show_no_steps()
    others.close()
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):
        while (number := connection.recv()) is not None:
            connection.send(_done(folders[number], do))


def _done(folder: Path, do: Do) -> Ended:
    """Do it for a project; returns all that is to be said of it."""
    documents: list[Document] = []
    account = Account(documents.append)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code, problem, printed = _tried(folder, do, account)
        if problem:
            typer.echo(f"scaffold: {folder}: {problem}", err=True)
        if problem and not printed:
            documents.append(_problem(folder, problem))
    if not account.version:
        with suppress(Refusal, OSError):
            account.version = read_project(find_folder(folder)).version
    result = account.result or problem
    return Ended(folder, code, out.getvalue(), err.getvalue(), documents, account.version, result)


def _problem(folder: Path, problem: str) -> Document:
    return {"project": os.path.abspath(folder), "error": problem}


def _tried(folder: Path, do: Do, account: Account) -> tuple[int, str, bool]:
    """Do it; returns the exit code, what is wrong, and whether a program was told already."""
    try:
        do(folder, account)
    except Refusal as refusal:
        return REFUSED, one_line(str(refusal)), False
    except PersonNeeded as needed:
        return PERSON_NEEDED, one_line(str(needed)), needed.printed
    except OSError as error:
        return PERSON_NEEDED, one_line(f"{error.filename or 'output'}: {error.strerror}"), False
    except Exception as error:  # noqa: BLE001 - the edge
        traceback.print_exc()
        return BUG, f"this is a bug of scaffold's: {error!r}", False
    return 0, "", False


def _wanted(folders: Sequence[Path], template: str | None, ref: str | None) -> Iterator[tuple[str, list[str]]]:
    """Yield where the templates of projects are, and the versions that are known to be wanted, if these can be read."""
    for folder in folders:
        with suppress(Refusal, OSError):
            project = read_project(find_folder(folder))
            yield template or project.source, [project.version, *([ref] if ref else [])]


def _by_repository(folders: Sequence[Path]) -> list[list[int]]:
    """Return the numbers of projects, those of one repository together."""
    groups: dict[str, list[int]] = {}
    for number, folder in enumerate(folders):
        groups.setdefault(_repository(folder), []).append(number)
    return list(groups.values())


def _repository(folder: Path) -> str:
    try:
        return git("rev-parse", "--path-format=absolute", "--git-common-dir", at=with_home(folder).resolve())
    except (GitError, OSError, RuntimeError, Refusal):
        return f"none of its own: {folder}"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
