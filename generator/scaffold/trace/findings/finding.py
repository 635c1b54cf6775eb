"""One verdict."""

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.trace.record import Dependency, Event, Trace


@dataclass(frozen=True)
class Finding:
    """Something wrong; a note is worth knowing, and fails nothing."""

    kind: str
    dependency: str
    file: str | None
    line: int | None
    message: str
    mend: str
    is_note: bool = False
    # When it happened, or began to (nanoseconds, as events have it).
    at: int = 0

    @property
    def place(self) -> tuple[str, str, str | None, int | None]:
        """What it is, and where: alike for what is found twice."""
        return self.kind, self.dependency, self.file, self.line


def once(verdicts: Iterable[Finding]) -> list[Finding]:
    """Return verdicts in their order, and what is found twice only once."""
    return list({each.place: each for each in reversed([*verdicts])}.values())[::-1]


@dataclass(frozen=True)
class Culprit:
    """Whose code it is: a dependency's, the endpoint's, or some other's."""

    name: str
    file: str | None
    line: int | None
    at: int = 0

    def finding(self, kind: str, message: str, mend: str, *, is_note: bool = False) -> Finding:
        """Return what is wrong with it."""
        return Finding(kind, self.name, self.file, self.line, message, mend, is_note, self.at)


def culprit(trace: Trace, event: Event, resource: int | None = None) -> Culprit:
    """Return whose code an event happened in, at its own line if that is known."""
    number = event.dependency if event.dependency is not None else resource
    dependency = None if number is None else trace.dependencies.get(number)
    owner: Dependency | Event | None = dependency or trace.first("endpoint")
    if owner is None:
        return Culprit("the application", event.file, event.line, event.at)
    if event.file is not None:
        return Culprit(owner.name or "the endpoint", event.file, event.line, event.at)
    return Culprit(owner.name or "the endpoint", owner.file, owner.line, event.at)
