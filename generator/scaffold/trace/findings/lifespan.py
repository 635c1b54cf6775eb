"""What a lifespan leaves open when it has ended, and how it ended."""

from collections.abc import Iterator, Sequence

from scaffold.trace.findings.connections import by_weight
from scaffold.trace.findings.finding import Culprit, Finding
from scaffold.trace.record import Event

Place = tuple[str | None, int | None]
NAME = "lifespan"


def judge_lifespan(events: Sequence[Event] | None) -> list[Finding]:
    """Return what is wrong with a lifespan, which no request shows; without events it didn't come to its end."""
    if events is None:
        return [_endless()]
    return [*_failed(events), *_open(events)]


def _endless() -> Finding:
    return Culprit(NAME, None, None).finding(
        "lifespan-goes-on",
        "it had not ended two seconds after it was told to: what is killed then closes nothing",
        "give each wait behind the yield a limit",
        is_note=True,
    )


def _failed(events: Sequence[Event]) -> Iterator[Finding]:
    for event in events:
        if event.what == "failed":
            yield Culprit(NAME, event.file, event.line).finding(
                "lifespan-fails-at-its-end",
                f"{event.error} ended it: what was to be closed behind that stays open, and the process ends as failed",
                "close each resource in a block of its own: async with, or an AsyncExitStack",
            )


def _open(events: Sequence[Event]) -> Iterator[Finding]:
    """Yield what was made and never closed; what is made at one place is closed as one."""
    made: dict[Place, list[Event]] = {}
    for event in events:
        if event.what == "made" and event.how is not None:
            made.setdefault((event.file, event.line), []).append(event)
    for (file, line), together in made.items():
        left = [event for event in together if event.how == "open"]
        if file is None or not left or any(event.how == "closed" for event in together):
            continue
        yield Culprit(NAME, file, line).finding(
            "never-closed",
            f"{min(left, key=by_weight).name} is open when the lifespan has ended: "
            "its connections are cut off with the process",
            "close it behind the yield, in finally, or enter it with async with",
            is_note=not any(event.known for event in left),
        )
