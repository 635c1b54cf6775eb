"""The application, served by its own interpreter with the probe in it, and the channel to it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from scaffold.errors import Refusal
from scaffold.trace.deadline import Deadline
from scaffold.trace.record import Event
from scaffold.trace.target import Target

PACKAGE = Path(__file__).parent / "scaffold_probe"
SETTINGS = "SCAFFOLD_TRACE"
# Longer than an application may take to end when it is told to (seconds).
GRACE = 4.0

Said = dict[str, object]


@dataclass(frozen=True)
class Route:
    """A route that reads."""

    method: str
    path: str
    needs_input: bool


@dataclass(frozen=True)
class Served:
    """An application that answers on a port of this machine."""

    port: int
    versions: dict[str, str]
    routes: list[Route]
    channel: "Channel"

    def events_of(self, identity: str, deadline: Deadline) -> list[Event]:
        """Return what was recorded of a request; raises TimeoutError if it isn't over in time."""
        return self._recorded("recorded", identity, deadline)

    def end(self) -> list[Event] | None:
        """End the application, and return what was recorded of its lifespan; None if it doesn't end in time."""
        self.channel.end()
        with suppress(TimeoutError, Refusal):
            return self._recorded("ended", None, Deadline(GRACE))
        return None

    def _recorded(self, what: str, identity: str | None, deadline: Deadline) -> list[Event]:
        """Return the events that come with what is said of a request, or of the whole application."""
        while True:
            said = self.channel.hear(deadline)
            if said["said"] == what and said.get("identity") == identity:
                return [Event(**event) for event in cast("list[dict[str, object]]", said["events"])]  # type: ignore[arg-type]


class Channel:
    """What the probe says, a line of JSON at a time."""

    def __init__(self, connection: socket.socket, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        self._connection = connection
        self._process = process
        self._output = output
        self._buffer = b""

    def hear(self, deadline: Deadline) -> Said:
        """Return what it says next; raises TimeoutError, or Refusal if the application is gone."""
        while b"\n" not in self._buffer:
            self._connection.settimeout(deadline.left)
            received = self._connection.recv(1 << 16)
            if not received:
                message = f"the application ended by itself, with exit code {self._process.wait()}"
                raise Refusal(message, self.output())
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return cast("Said", json.loads(line))

    def end(self) -> None:
        """Tell the probe that nothing more is wanted of it."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def output(self) -> str:
        """Return what the application wrote to stdout and stderr."""
        return _read(self._output)


def _read(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode("utf-8", "replace").rstrip()


@contextmanager
def serve(target: Target, deadline: Deadline, *, lists_routes: bool) -> Generator[Served]:
    """Serve an application until the block ends.

    Raises Refusal if it can't be served, or not before the deadline.
    """
    token = secrets.token_hex(16)
    with (
        tempfile.TemporaryFile() as output,
        socket.create_server(("127.0.0.1", 0)) as listener,
        _started(target, listener.getsockname()[1], token, output, lists_routes=lists_routes) as process,
        _accepted(listener, process, output, deadline) as connection,
    ):
        channel = Channel(connection, process, output)
        try:
            if channel.hear(deadline).get("token") != token:
                message = "something else answered in the application's place: try again"
                raise Refusal(message)
            loaded = _expect("loaded", channel, target, deadline)
            listening = _expect("listening", channel, target, deadline)
        except TimeoutError:
            message = f"{target.label} had not started after {deadline.limit:g} s: --timeout SECONDS gives it more"
            raise Refusal(message, channel.output()) from None
        listed = cast("list[dict[str, object]]", loaded["routes"])
        routes = [Route(**route) for route in listed]  # type: ignore[arg-type]
        versions = cast("dict[str, str]", loaded["versions"])
        yield Served(cast("int", listening["port"]), versions, routes, channel)


@contextmanager
def _started(
    target: Target, port: int, token: str, output: IO[bytes], *, lists_routes: bool
) -> Generator[subprocess.Popen[bytes]]:
    """Run the probe in a session of its own, which Ctrl-C doesn't reach; it ends when the channel does."""
    settings = {
        "port": port,
        "token": token,
        "module": target.module,
        "name": target.name,
        "path": target.path,
        "all": lists_routes,
    }
    process = subprocess.Popen(
        [str(target.python), str(PACKAGE)],
        cwd=target.folder,
        env={**os.environ, SETTINGS: json.dumps(settings)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    # What the application itself started and forgot goes with it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _accepted(
    listener: socket.socket, process: subprocess.Popen[bytes], output: IO[bytes], deadline: Deadline
) -> Generator[socket.socket]:
    listener.settimeout(0.1)
    while not deadline.passed:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            with connection:
                yield connection
            return
        if process.poll() is not None:
            said = _read(output)
            last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
            message = f"the interpreter can't run the probe (Python 3.9 or newer does): {last}"
            raise Refusal(message, said)
    message = f"the interpreter had not started after {deadline.limit:g} s: --timeout SECONDS gives it more"
    raise Refusal(message)


def _expect(said: str, channel: Channel, target: Target, deadline: Deadline) -> Said:
    heard = channel.hear(deadline)
    if heard["said"] == said:
        return heard
    reason = " ".join(str(heard["reason"]).split())
    sentence = {
        "import": f"{target.label} can't be loaded: {reason}",
        "application": f"{reason}",
        "routes": f"the routes of {target.label} can't be listed: {reason}",
        "canary": f"on this version of FastAPI the probe doesn't see everything (missing: {reason}): update scaffold",
        "server": f"{reason}: install it there, or name another interpreter with --python PATH",
        "lifespan": f"{target.label} failed to start: {reason}",
    }[str(heard["step"])]
    if "No module named 'fastapi'" in reason:
        sentence = f"FastAPI isn't installed for {target.python}: name the project's interpreter with --python PATH"
    raise Refusal(sentence, str(heard["trace"] or channel.output()))
