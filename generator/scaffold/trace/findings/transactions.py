"""Writes and commits: whether what was answered is what is stored."""

from collections.abc import Iterator

from scaffold.trace.findings.finding import Culprit, Finding, culprit
from scaffold.trace.record import Event, Trace

# From this version on, code after a yield runs when the answer was sent; in 0.106 to 0.117 it ran before.
AFTER_THE_ANSWER = (0, 118)
BEFORE_THE_ANSWER = (0, 106)
FAILURE = 400


def judge(trace: Trace) -> Iterator[Finding]:
    """Yield what is wrong with the transactions of a request."""
    decided = trace.decided
    if decided is not None:
        late = [commit for commit in _commits(trace) if commit.at > decided.at]
        yield from _late(trace, late)
        yield from _rolled_back(trace, late)
        if BEFORE_THE_ANSWER <= trace.fastapi < AFTER_THE_ANSWER:
            yield from _late_after_an_upgrade(trace, decided)
    yield from _although_raised(trace)


def _commits(trace: Trace) -> list[Event]:
    """Return the commits that a database was told; where none is known of, those that were called so."""
    if trace.all("read", "write", "commit"):
        return trace.all("commit")
    return [event for event in trace.all("call") if event.name == "commit" and event.leaving]


def _unfinished(trace: Trace, when: str) -> list[Event]:
    """Return the connections and sessions with writes at a moment.

    A changed object that a request which only reads leaves behind may be changed for its answer alone.
    """
    found = [event for event in trace.all("unfinished") if event.when == when]
    return [event for event in found if not (event.changes_only and trace.reads)]


def _connections_of(trace: Trace, session: int | None) -> set[int | None]:
    return {event.connection for event in trace.all("joined") if event.session == session}


def _ends(trace: Trace, commit: Event, unfinished: list[Event]) -> bool:
    """Return whether a commit ends one of the unfinished writes."""
    if commit.what == "call":
        return not trace.reads
    since = unfinished[0].at if unfinished else commit.at
    between = [event for event in trace.events if since < event.at < commit.at]
    for each in unfinished:
        if each.connection is not None and each.connection == commit.connection:
            return not any(event.what == "rollback" and event.connection == commit.connection for event in between)
        if each.session is not None and commit.connection in _connections_of(trace, each.session):
            flushed = any(event.what == "write" and event.connection == commit.connection for event in between)
            if flushed:
                return True
    return False


def _late(trace: Trace, late: list[Event]) -> Iterator[Finding]:
    unfinished = _unfinished(trace, "decided")
    for commit in late:
        owner = culprit(trace, commit)
        if _ends(trace, commit, unfinished):
            yield owner.finding(
                "late-commit",
                f"the answer ({trace.status}) was decided before the commit: "
                "if it fails, the user has been told of a write that isn't stored",
                _commit_earlier(trace, owner),
            )
        elif commit.leaving and not _wrote(trace, commit):
            yield owner.finding(
                "late-commit-of-nothing",
                "it commits after the answer was decided: nothing this time, but a write is told too early",
                _commit_earlier(trace, owner),
                is_note=True,
            )


def _wrote(trace: Trace, commit: Event) -> bool:
    """Return whether something was written on a commit's connection since the last one's."""
    before = [event for event in trace.events if event.at < commit.at and event.connection == commit.connection]
    last = max((event.at for event in before if event.what in ("commit", "rollback")), default=0)
    return any(event.what == "write" and event.at > last for event in before)


def _commit_earlier(trace: Trace, owner: Culprit) -> str:
    if trace.fastapi and trace.fastapi < (0, 121):
        return "commit in the endpoint, before it returns"
    is_dependency = any(each.name == owner.name for each in trace.dependencies.values())
    if not is_dependency:
        return "commit before the endpoint returns"
    return f'commit in the endpoint, or ask for it with Depends({owner.name}, scope="function")'


def _rolled_back(trace: Trace, late: list[Event]) -> Iterator[Finding]:
    """Yield the writes that were acknowledged, and that no commit has followed."""
    if trace.status >= FAILURE or trace.status == 0:
        return
    for each in _unfinished(trace, "decided"):
        connections = {each.connection} if each.session is None else _connections_of(trace, each.session)
        if any(commit.connection in connections or commit.what == "call" for commit in late):
            continue
        rollback = next((e for e in trace.all("rollback") if e.at > each.at and e.connection in connections), None)
        if rollback is None and not each.known:
            continue
        owner = culprit(trace, rollback or each, each.resource)
        yield owner.finding(
            "acknowledged-write-rolled-back",
            f"the answer was {trace.status}, and what it acknowledges was never committed: it is gone",
            "commit before the endpoint returns",
        )


def _although_raised(trace: Trace) -> Iterator[Finding]:
    raised = trace.first("raised")
    if raised is None:
        return
    unfinished = _unfinished(trace, "raised")
    for commit in _commits(trace):
        if commit.at > raised.at and _ends(trace, commit, unfinished):
            owner = culprit(trace, commit)
            yield owner.finding(
                "commit-although-raised",
                f"the endpoint raised, the user is told of a failure ({trace.status}), and half of the work is stored",
                "commit behind the yield, not in finally: an exception must not reach it",
            )


def _late_after_an_upgrade(trace: Trace, decided: Event) -> Iterator[Finding]:
    """Yield the commits after a yield that are in time only because of this version of FastAPI."""
    for commit in _commits(trace):
        if commit.leaving and commit.at < decided.at and _wrote(trace, commit) and trace.first("raised") is None:
            owner = culprit(trace, commit)
            yield owner.finding(
                "safe-only-below-0.118",
                "it commits after its yield, which from FastAPI 0.118 on is after the answer",
                "commit in the endpoint, before it returns",
                is_note=True,
            )
