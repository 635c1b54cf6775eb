"""What the probe recorded of one request."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """Something that happened, when, where, and in which dependency's code.

    `resource` is the dependency it happened to; `connection` and `session` are identities, alike if they are the same.
    """

    at: int  # nanoseconds
    what: str
    file: str | None = None
    line: int | None = None
    dependency: int | None = None
    leaving: bool = False
    resource: int | None = None
    connection: int | None = None
    session: int | None = None
    name: str | None = None
    type: str | None = None
    kind: str | None = None
    when: str | None = None
    how: str | None = None
    error: str | None = None
    status: int | None = None
    lent: bool = False
    known: bool = False
    at_once: bool = False
    in_loop: bool = True
    changes_only: bool = False


@dataclass(frozen=True)
class Dependency:
    """A dependency with yield that the request called."""

    number: int
    name: str
    kind: str
    file: str | None
    line: int | None


@dataclass(frozen=True)
class Trace:
    """One request: what was asked, what was answered, and what happened in the application meanwhile."""

    method: str
    path: str
    status: int
    events: list[Event]
    fastapi: tuple[int, ...] = ()
    dependencies: dict[int, Dependency] = field(init=False)

    def __post_init__(self) -> None:
        """Find the dependencies."""
        found = {
            event.resource: Dependency(event.resource, event.name or "", event.kind or "", event.file, event.line)
            for event in self.events
            if event.what == "dependency" and event.resource is not None
        }
        object.__setattr__(self, "dependencies", found)

    @property
    def reads(self) -> bool:
        """Whether it is a method that changes nothing."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    def first(self, what: str) -> Event | None:
        """Return the first event of a kind."""
        return next((event for event in self.events if event.what == what), None)

    def all(self, *kinds: str) -> list[Event]:
        """Return the events of some kinds, in order."""
        return [event for event in self.events if event.what in kinds]

    @property
    def is_cut_off(self) -> bool:
        """Whether it was answered with the begin of a response, and no end."""
        return self.first("begun") is not None and self.first("sent") is None

    @property
    def answered(self) -> Event | None:
        """When the answer was out: all of it, or as much of it as there was to be."""
        return self.first("begun" if self.is_cut_off else "sent")

    @property
    def decided(self) -> Event | None:
        """When the answer was decided: a failure after it can't change what the user is told."""
        return self.first("decided")
