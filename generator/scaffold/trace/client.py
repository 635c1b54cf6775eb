"""The client: one real request over a socket."""

import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from scaffold.errors import Refusal
from scaffold.trace.deadline import Deadline
from scaffold.trace.probe import Served
from scaffold.trace.record import Trace
from scaffold.trace.websocket import SWITCHING, converse

HEADER, RAISES = "X-Scaffold-Trace", "raises"
# What stands in place of a method for a WebSocket.
WEBSOCKET = "WEBSOCKET"
NO_SUCH_ROUTE, NO_SUCH_METHOD = 404, 405
# What may stand in a path and its query; the rest is quoted as a browser does.
ASCII = "/?%&=+:;,@!$'()*~[]"
INVALID = 422


class _EndlessError(Exception):
    """A response goes on and on."""


@dataclass(frozen=True)
class Request:
    """What is asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None = None
    # Whether the endpoint is to raise when it has done its work.
    raises: bool = False

    @property
    def label(self) -> str:
        """How a user names it."""
        return f"{self.method} {self.path}"


def ask(served: Served, request: Request, deadline: Deadline) -> Trace:
    """Send a request, and return what happened.

    Raises Refusal if the application has no such route, finds the request invalid, or isn't done before the deadline.
    """
    identity = secrets.token_hex(8)
    headers = {**request.headers, HEADER: f"{identity};{RAISES}" if request.raises else identity}
    try:
        if request.method == WEBSOCKET:
            status, body, location = converse(served.port, _quoted(request), headers, request.body, deadline), b"", ""
        else:
            status, body, location = _send(served.port, request, headers, deadline)
        events = served.events_of(identity, deadline)
    except _EndlessError:
        message = (
            f"{request.label} answered for {deadline.limit:g} s without an end: --timeout SECONDS gives it more, "
            "and what has none can't be traced"
        )
        raise Refusal(message) from None
    except TimeoutError:
        message = f"{request.label} was not over after {deadline.limit:g} s: --timeout SECONDS gives it more"
        raise Refusal(message, served.channel.output()) from None
    version = tuple(int(part) for part in served.versions["fastapi"].split(".")[:3] if part.isdigit())
    trace = Trace(request.method, request.path, status, events, version)
    if trace.first("endpoint") is None and trace.first("refused") is None:
        _check_reached(request, trace, body, location)
    return trace


def _quoted(request: Request) -> str:
    try:
        return quote(request.path, safe=ASCII)
    except UnicodeEncodeError as error:
        message = f"{request.label!r} can't be sent: {error}"
        raise Refusal(message) from None


def _send(port: int, request: Request, given: Mapping[str, str], deadline: Deadline) -> tuple[int, bytes, str]:
    """Return the answer's status, the beginning of its body, and where it redirects to; all of it is read.

    A connection that is lost before its answer is status 0.
    """
    headers = {"Accept": "*/*", **given}
    if request.body is not None:
        headers.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=deadline.left)
    answer = None
    try:
        body = None if request.body is None else request.body.encode()
        connection.request(request.method, _quoted(request), body, headers)
        answer = connection.getresponse()
        begin = answer.read1(1 << 16)
        while answer.read1(1 << 16):
            if deadline.passed:
                raise _EndlessError
    except (http.client.InvalidURL, ValueError) as error:
        message = f"{request.label!r} can't be sent: {error}"
        raise Refusal(message) from None
    except (http.client.HTTPException, ConnectionError):
        return (answer.status if answer is not None else 0), b"", ""
    finally:
        connection.close()
    return answer.status, begin, answer.headers.get("Location", "")


def _check_reached(request: Request, trace: Trace, body: bytes, location: str) -> None:
    if request.method == WEBSOCKET:
        if not trace.dependencies and trace.status != SWITCHING:
            message = f"{request.label}: there is no such socket, or uvicorn has no WebSocket library ({trace.status})"
            raise Refusal(message)
        return
    if trace.status == NO_SUCH_ROUTE and trace.first("routed") is None:
        message = f"{request.label}: this application has no such route ({trace.status})"
        raise Refusal(message)
    if trace.status == NO_SUCH_METHOD and not trace.dependencies:
        message = f"{request.label}: this application has no such {request.method} on that route ({trace.status})"
        raise Refusal(message)
    if location and trace.first("routed") is None:
        message = f"{request.label} was answered by a redirect to {location} ({trace.status}): trace that"
        raise Refusal(message)
    if trace.status == INVALID:
        message = f"{request.label} was refused as invalid ({INVALID}): {_problems(body)}"
        raise Refusal(message)


def _problems(body: bytes) -> str:
    """Return what FastAPI says is wrong, in a line."""
    try:
        found = json.loads(body)["detail"]
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:200]
