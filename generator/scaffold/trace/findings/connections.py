"""Connections: given back, not held while nobody needs them, and not made anew for each request."""

from collections.abc import Iterator

from scaffold.trace.findings.finding import Finding, culprit
from scaffold.trace.record import Event, Trace

# What a user would name first of the things that are made together.
BY_WEIGHT = ("Engine", "ClientSession", "Client", "Pool")
A_STREAM = 2  # chunks
# What happens to a connection that somebody still needs.
NEEDS_IT = ("read", "write", "fetch", "use", "commit", "rollback")


def judge(trace: Trace) -> Iterator[Finding]:
    """Yield what is wrong with the connections of a request."""
    for event in trace.all("collected"):
        before = [each for each in trace.all("checkout") if each.at < event.at and each.connection == event.connection]
        if before:  # or else another request took it
            yield _not_returned(trace, before[-1], "only the garbage collector found its connection")
    for event in _held(trace, trace.events[-1].at):
        yield _not_returned(trace, event, "its connection is not back in the pool when the request is over")
    yield from _held_during_a_stream(trace)
    yield from _made_per_request(trace)


def _held(trace: Trace, at: int) -> list[Event]:
    """Return the events that took the connections which nobody had given back at a moment."""
    held: dict[int | None, list[Event]] = {}
    for event in trace.events:
        if event.at > at:
            break
        if event.what in ("checkout", "acquire"):
            held.setdefault(event.connection, []).append(event)
        elif event.what in ("checkin", "collected", "give back") and held.get(event.connection):
            held[event.connection].pop()
    return [event for events in held.values() for event in events]


def _resource(trace: Trace, event: Event) -> int | None:
    """Return the dependency for which a connection was taken, though it was taken when the endpoint used it."""
    joined = (each for each in trace.all("joined") if each.connection == event.connection and each.at >= event.at)
    return next((each.resource for each in joined), None)


def _not_returned(trace: Trace, taken: Event, what: str) -> Finding:
    owner = culprit(trace, taken, _resource(trace, taken))
    return owner.finding(
        "connection-not-returned",
        f"{what}: after as many requests as the pool has connections the service answers nothing more",
        "close it after the yield, in finally, or take it with async with",
    )


def _held_during_a_stream(trace: Trace) -> Iterator[Finding]:
    chunks = trace.all("chunk")
    if len(chunks) < A_STREAM:
        return
    begin = chunks[0].at
    end = next((event.at for event in trace.all("sent")), trace.events[-1].at)
    if any(begin < event.at < end and event.what in NEEDS_IT for event in trace.events):
        return
    for event in _held(trace, begin):
        owner = culprit(trace, event, _resource(trace, event))
        yield owner.finding(
            "held-during-stream",
            "its connection waits while a stream is sent that reads nothing from it: slow readers use the pool up",
            "close it before the stream begins, or read each page with a connection of its own",
        )


def _made_per_request(trace: Trace) -> Iterator[Finding]:
    made: dict[tuple[str | None, int | None], Event] = {}
    for event in trace.all("made"):
        place = (event.file, event.line)
        if event.known and (place not in made or by_weight(event) < by_weight(made[place])):
            made[place] = event
    for event in made.values():
        owner = culprit(trace, event)
        yield owner.finding(
            "created-per-request",
            f"each request makes {event.name} anew: each answer waits for connections that are thrown away",
            "make it once, in the lifespan, and lend it",
        )


def by_weight(event: Event) -> int:
    """Return how late a user would name something that was made among the things made with it."""
    return next((weight for weight, end in enumerate(BY_WEIGHT) if (event.name or "").endswith(end)), len(BY_WEIGHT))
