"""From events to steps: what a person reads, in order, with the state of each resource."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scaffold.trace.record import Dependency, Event, Trace

NONE, CREATED, YIELDED, IN_USE, CLOSING, CLOSED = "none", "created", "yielded", "in use", "closing", "closed"
LENT, FAILED, NOTHING_OPEN = "lent", "failed", "none active"
# Its dependency has ended: nobody closed it, or nobody could see whether somebody did.
LEFT_OPEN, ENDED = "open", "ended"
OPEN = (CREATED, YIELDED, IN_USE, CLOSING, LEFT_OPEN)


@dataclass(frozen=True)
class Step:
    """A row: what happened, to which resource, its state before and after, and when and where."""

    number: int
    event: Event
    action: str
    resource: str
    before: str
    after: str
    ms: float  # since the request began
    file: str | None
    line: int | None
    states: dict[str, str]


def steps_of(trace: Trace) -> list[Step]:
    """Return the steps of a request."""
    return _Story(trace).tell()


def labels_of(trace: Trace) -> dict[int, str]:
    """Return what each resource is called: its dependency's name, numbered where one is called twice."""
    labels: dict[int, str] = {}
    for number, dependency in trace.dependencies.items():
        alike = sum(1 for each in labels.values() if each.partition(" (")[0] == dependency.name)
        labels[number] = f"{dependency.name} ({alike + 1})" if alike else dependency.name
    return labels


class _Story:
    """The events of a request, told one after the other."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._labels = labels_of(trace)
        self._states = dict.fromkeys(trace.dependencies, NONE)
        self._variables: dict[int, str] = {}
        self._steps: list[Step] = []
        self._begun = trace.events[0].at
        self._endpoint = trace.first("endpoint")
        self._endpoint_uses = any(event.what == "use" and event.dependency is None for event in trace.events)
        self._writing: set[int] = set()
        self._on_the_wire = bool(trace.all("read", "write", "commit"))
        # Where the code after each yield begins.
        self._resumed = {event.dependency: event for event in reversed(trace.all("line"))}

    def tell(self) -> list[Step]:
        """Return the steps."""
        calls = self._trace.first("called")
        for event in self._trace.events:
            if event.what == "request" and calls is None:
                self._add(event, "request starts")
            tell = _TELLERS.get(event.what)
            for action, after in tell(self, event) if tell else ():
                self._add(event, action, event.dependency if event.resource is None else event.resource, after)
        return self._steps

    def _add(self, event: Event, action: str, number: int | None = None, after: str | None = None) -> None:
        place = self._resumed.get(event.dependency, event) if event.what == "leaving" else event
        before = self._all_states() if number is None else self._states[number]
        if number is not None and after is not None:
            self._states[number] = after
        if event.what == "done":
            after = self._what_stays()
        self._steps.append(
            Step(
                number=len(self._steps) + 1,
                event=event,
                action=action,
                resource="" if number is None else self._labels[number],
                before=before,
                after=after or before,
                ms=(event.at - self._begun) / 1e6,
                file=place.file,
                line=place.line,
                states={self._labels[each]: state for each, state in self._states.items()},
            )
        )

    def _all_states(self) -> str:
        return ", ".join(dict.fromkeys(state for state in self._states.values() if state != NONE)) or NONE

    def _what_stays(self) -> str:
        left = [self._labels[number] for number, state in self._states.items() if state in OPEN]
        return f"{', '.join(left)} still open" if left else NOTHING_OPEN

    def _dependency(self, event: Event) -> Dependency:
        return self._trace.dependencies[event.dependency if event.dependency is not None else 0]

    def _called(self, event: Event) -> Iterator[tuple[str, str | None]]:
        begin = "" if self._steps else "request starts, "
        yield f"{begin}{self._dependency(event).name}() is called", CREATED

    def _yielded(self, event: Event) -> Iterator[tuple[str, str | None]]:
        number = self._dependency(event).number
        self._variables[number] = event.name or event.type or "its value"
        yield f"{self._dependency(event).name} yields {self._variables[number]}", YIELDED

    def _refused(self, event: Event) -> Iterator[tuple[str, str | None]]:
        yield f"{self._dependency(event).name} raises {short(event.error)} before its yield", FAILED

    def _endpoint_runs(self, event: Event) -> Iterator[tuple[str, str | None]]:
        if not self._endpoint_uses:
            yield f"{event.name} runs", None

    def _use(self, event: Event) -> Iterator[tuple[str, str | None]]:
        user = "endpoint" if event.dependency is None else self._dependency(event).name
        what = self._variables.get(event.resource or 0, "it")
        if self._states[event.resource or 0] in (YIELDED, IN_USE):
            yield f"{user} uses {what}: .{event.name}", IN_USE

    def _raised(self, event: Event) -> Iterator[tuple[str, str | None]]:
        name = self._endpoint.name if self._endpoint else "the endpoint"
        yield f"{name} raises {short(event.error)}", None

    def _write(self, event: Event) -> Iterator[tuple[str, str | None]]:
        if event.connection is not None and not event.at_once:
            self._writing.add(event.connection)
        yield from ()

    def _commit(self, event: Event) -> Iterator[tuple[str, str | None]]:
        self._writing.discard(event.connection or 0)
        yield f"commit{self._by(event)}", None

    def _rollback(self, event: Event) -> Iterator[tuple[str, str | None]]:
        # A close after mere reading ends in a rollback, too: of nothing.
        if event.connection in self._writing:
            self._writing.discard(event.connection or 0)
            yield f"rollback{self._by(event)}", None

    def _call(self, event: Event) -> Iterator[tuple[str, str | None]]:
        if not self._on_the_wire:
            yield f"{event.name}{self._by(event)}", None

    def _by(self, event: Event) -> str:
        return "" if event.dependency is None else f" in {self._dependency(event).name}"

    def _response_begins(self, event: Event) -> Iterator[tuple[str, str | None]]:
        if self._trace.first("chunk") is not None:
            yield f"response begins ({event.status})", None

    def _sent(self, event: Event) -> Iterator[tuple[str, str | None]]:
        yield f"response sent ({self._trace.status})", None

    def _socket(self, event: Event) -> Iterator[tuple[str, str | None]]:
        yield f"socket: {event.name}", None

    def _leaving(self, event: Event) -> Iterator[tuple[str, str | None]]:
        because = f", with {short(event.error)}" if event.error else ""
        yield f"code after yield of {self._dependency(event).name} starts{because}", CLOSING

    def _close(self, event: Event) -> Iterator[tuple[str, str | None]]:
        number = event.resource or 0
        if self._states[number] != CLOSING:
            return
        how = "is awaited" if event.kind == "async" else "is called"
        yield f"{self._variables[number]}.{event.name}() {how}", CLOSED

    def _left(self, event: Event) -> Iterator[tuple[str, str | None]]:
        dependency = self._dependency(event)
        is_over = self._states[dependency.number] != CLOSING
        after = self._states[dependency.number] if is_over else self._at_its_end(event)
        if event.how == "swallowed":
            yield f"{dependency.name} swallows the exception", after
        elif event.how in ("failed", "translated"):
            yield f"{dependency.name} raises {short(event.error)}", after
        elif not is_over:
            yield f"{dependency.name} ends", after

    def _at_its_end(self, left: Event) -> str:
        yielded = next(event for event in self._trace.all("yielded") if event.dependency == left.dependency)
        return LENT if yielded.lent else {"closed": CLOSED, "open": LEFT_OPEN}.get(left.when or "", ENDED)

    def _done(self, _event: Event) -> Iterator[tuple[str, str | None]]:
        if self._trace.is_cut_off:
            yield f"response is cut off ({self._trace.status})", None
        yield "request complete", None


_TELLERS: dict[str, Callable[[_Story, Event], Iterator[tuple[str, str | None]]]] = {
    "called": _Story._called,
    "yielded": _Story._yielded,
    "refused": _Story._refused,
    "endpoint": _Story._endpoint_runs,
    "use": _Story._use,
    "raised": _Story._raised,
    "write": _Story._write,
    "commit": _Story._commit,
    "rollback": _Story._rollback,
    "call": _Story._call,
    "begun": _Story._response_begins,
    "sent": _Story._sent,
    "socket": _Story._socket,
    "leaving": _Story._leaving,
    "close": _Story._close,
    "left": _Story._left,
    "done": _Story._done,
}


def short(error: str | None) -> str:
    """Return an exception in a few words."""
    text = " ".join((error or "").split())
    return text if len(text) <= 40 else f"{text[:39]}…"
