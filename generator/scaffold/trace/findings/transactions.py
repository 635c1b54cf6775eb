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
    commits = trace.all("commit")
    yield from _late(trace, commits)
    yield from _rolled_back(trace, commits)
    yield from _although_raised(trace, commits)
    yield from _unseen(trace)
    if BEFORE_THE_ANSWER <= trace.fastapi < AFTER_THE_ANSWER:
        yield from _late_after_an_upgrade(trace, commits)


def _unfinished(trace: Trace, when: str) -> list[Event]:
    """Return the connections and sessions with writes at a moment.

    A changed object that a request which only reads leaves behind may be changed for its answer alone.
    """
    found = [event for event in trace.all("unfinished") if event.when == when]
    return [event for event in found if not (event.changes_only and trace.reads)]


def _connections_of(trace: Trace, unfinished: Event) -> set[int | None]:
    if unfinished.session is None:
        return {unfinished.connection}
    return {event.connection for event in trace.all("joined") if event.session == unfinished.session}


def _ends(trace: Trace, commit: Event, unfinished: list[Event]) -> bool:
    """Return whether a commit ends one of the unfinished writes."""
    for each in unfinished:
        if commit.connection not in _connections_of(trace, each):
            continue
        between = [e for e in trace.events if each.at < e.at < commit.at and e.connection == commit.connection]
        # What a session holds is written only when it commits; what was written may be rolled back before.
        if any(e.what == "write" for e in between) if each.session else all(e.what != "rollback" for e in between):
            return True
    return False


def _late(trace: Trace, commits: list[Event]) -> Iterator[Finding]:
    """Yield the commits that a user's answer didn't wait for.

    Code inside the route is too late once that has decided; what middleware does before the answer
    leaves it can still become another answer. A stream may write after it was decided, until its end.
    """
    for commit in commits:
        moments = ("begun",) if commit.dependency is None else ("decided", "ended")
        passed = [each for each in moments if (moment := trace.first(each)) and moment.at < commit.at]
        if not passed:
            continue
        owner = culprit(trace, commit)
        if any(_ends(trace, commit, _unfinished(trace, each)) for each in passed):
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


def _unseen(trace: Trace) -> Iterator[Finding]:
    """Yield the late commits of what no database was seen behind."""
    decided = trace.decided
    if decided is None or trace.all("read", "write", "commit", "checkout"):
        return
    for call in trace.all("call"):
        if call.name == "commit" and call.leaving and call.at > decided.at:
            owner = culprit(trace, call)
            yield owner.finding(
                "late-commit-of-nothing",
                "it commits after the answer was decided, and no database was seen behind it",
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


def _rolled_back(trace: Trace, commits: list[Event]) -> Iterator[Finding]:
    """Yield the writes that were acknowledged, and that no commit has followed.

    An object that was only changed may have been changed for the answer: that is a note.
    """
    if trace.status >= FAILURE or trace.status == 0:
        return
    for each in [*_unfinished(trace, "decided"), *_unfinished(trace, "ended")]:
        connections = _connections_of(trace, each)
        if any(commit.at > each.at and commit.connection in connections for commit in commits):
            continue
        rollback = next((e for e in trace.all("rollback") if e.at > each.at and e.connection in connections), None)
        if rollback is None and not each.known:
            continue
        yield culprit(trace, rollback or each, each.resource).finding(
            "acknowledged-write-rolled-back",
            f"the answer was {trace.status}, and what it acknowledges was never committed: it is gone",
            "commit before the endpoint returns",
            is_note=each.changes_only,
        )


def _although_raised(trace: Trace, commits: list[Event]) -> Iterator[Finding]:
    if trace.status < FAILURE and not trace.is_cut_off:
        return
    unfinished = _unfinished(trace, "raised")
    for commit in commits:
        if unfinished and commit.at > unfinished[0].at and _ends(trace, commit, unfinished):
            yield culprit(trace, commit).finding(
                "commit-although-raised",
                f"an exception is on its way, the user is told of a failure ({trace.status}), and the work is stored",
                "commit behind the yield, not in finally: an exception must not reach it",
            )


def _late_after_an_upgrade(trace: Trace, commits: list[Event]) -> Iterator[Finding]:
    """Yield the commits after a yield that are in time only because of this version of FastAPI."""
    decided = trace.decided
    for commit in commits:
        in_time = decided is not None and commit.at < decided.at
        if commit.leaving and in_time and _wrote(trace, commit) and trace.first("raised") is None:
            owner = culprit(trace, commit)
            yield owner.finding(
                "safe-only-below-0.118",
                "it commits after its yield, which from FastAPI 0.118 on is after the answer",
                "commit in the endpoint, before it returns",
                is_note=True,
            )
