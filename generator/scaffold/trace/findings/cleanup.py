"""How dependencies with yield are entered and left, and what becomes of exceptions in them."""

from collections.abc import Iterator

from scaffold.trace.findings.finding import Culprit, Finding, culprit
from scaffold.trace.record import Trace


def judge(trace: Trace) -> Iterator[Finding]:
    """Yield what is wrong with the cleanup of a request."""
    yield from _never_entered(trace)
    yield from _never_left(trace)
    yield from _exceptions(trace)
    yield from _threads(trace)
    yield from _left_open(trace)
    for event in trace.all("blind"):
        yield Culprit("the probe", None, None).finding(
            "not-seen",
            f"something could not be looked at ({event.error}), and what is said here may lack it",
            "tell us of it, please",
            is_note=True,
        )


def _never_entered(trace: Trace) -> Iterator[Finding]:
    for event in trace.all("unentered"):
        yield Culprit(event.name or "a dependency", event.file, event.line, event.at).finding(
            "never-entered",
            "the endpoint gets a generator instead of what it yields: nothing is opened, and nothing will be closed",
            "make the decorator a generator function, too: FastAPI enters only those",
        )


def _never_left(trace: Trace) -> Iterator[Finding]:
    for event in trace.all("abandoned"):
        yield Culprit(event.name or "a generator", event.file, event.line, event.at).finding(
            "never-left",
            "the exception never reached it: what it opened is closed when the garbage collector finds it, if ever",
            "pass exceptions on: async with asynccontextmanager(function)() as value: yield value",
        )
    left = {event.dependency for event in trace.all("leaving")}
    for event in trace.all("yielded"):
        if event.dependency not in left:
            owner = culprit(trace, event)
            yield owner.finding(
                "never-left",
                "the code after its yield never ran: what it opened stays open, until the service has no more of it",
                "leave what holds it: whoever enters it has to exit it",
            )


def _exceptions(trace: Trace) -> Iterator[Finding]:
    decided = trace.decided
    leaving = {event.dependency: event for event in trace.all("leaving")}
    for event in trace.all("left"):
        owner = culprit(trace, event)
        before = leaving[event.dependency]
        if event.how == "swallowed":
            yield owner.finding(
                "swallows-exception",
                f"{before.error} ends in it: the user gets a 500 that nothing explains, or a success that is none",
                "raise again what an except behind the yield catches",
            )
        elif event.how == "failed" and decided is not None and decided.at < event.at and before.error is None:
            yield owner.finding(
                "cleanup-error-unseen",
                f"{event.error} came after the answer ({trace.status}) was decided: the user never learns of it",
                "do what can fail before the answer: in the endpoint, or in function scope",
            )
        elif event.how == "failed" and before.error is not None:
            yield owner.finding(
                "cleanup-error-hides",
                f"{event.error} takes the place of {before.error}: the user is told of the wrong failure",
                "catch what can fail in finally, and let the first exception through",
            )


def _left_open(trace: Trace) -> Iterator[Finding]:
    """Yield what a dependency made and never closed, for all that can be seen; of a session its connection counts."""
    yielded = {event.dependency: event for event in trace.all("yielded")}
    for event in trace.all("left"):
        made = yielded[event.dependency]
        if event.when == "open" and not made.lent and not (made.type or "").endswith("Session"):
            yield culprit(trace, made).finding(
                "never-closed",
                f"{made.type} is open when its dependency has ended: only the garbage collector may close it",
                "close it behind the yield, in finally, or enter it with async with",
                is_note=True,
            )


def _threads(trace: Trace) -> Iterator[Finding]:
    """Yield the generators that FastAPI runs in threads; wrong is what is then used in the event loop."""
    blocking = {event.resource: event.at for event in reversed(trace.all("use")) if event.in_loop}
    for dependency in trace.dependencies.values():
        if dependency.kind != "sync":
            continue
        blocks = dependency.number in blocking
        begun = next(event.at for event in trace.all("dependency") if event.resource == dependency.number)
        at = blocking.get(dependency.number, begun)
        yield Culprit(dependency.name, dependency.file, dependency.line, at).finding(
            "sync-generator",
            "it runs in threads, and is used in the event loop: every other request waits meanwhile"
            if blocks
            else "it runs in a thread: right where all that uses it does, wrong in an async endpoint",
            f"make {dependency.name} an async generator, or what uses it a plain def"
            if blocks
            else "nothing, as long as all that uses it is a plain def",
            is_note=not blocks,
        )
