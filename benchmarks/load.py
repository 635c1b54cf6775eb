"""Sends requests as fast as they are answered, over connections that stay open, and prints what it saw as JSON.

A process of its own, on another core than the server: `python -m benchmarks.load --help`. It says how much of its core
it took, so that nobody takes its limit for the server's.
"""

import asyncio
import json
import random
import socket
import time
from dataclasses import asdict, dataclass
from functools import partial
from statistics import quantiles
from typing import Annotated, cast

import httptools
import typer
import uvloop


@dataclass(frozen=True)
class Seen:
    """How many answers came, how many were none of 200; seconds that half and 99 % took at most; and its own share."""

    answers: int
    failures: int
    median: float
    late: float
    seconds: float
    own_share: float


class Load:
    """What all connections share: the requests they take in turn, the end, and what they saw."""

    def __init__(self, method: str, path: str) -> None:
        chance = random.Random()  # numbers that no cache knows
        body = b'{"title":"a title","body":"some text"}' if method == "POST" else b""
        self.requests = [
            f"{method} {path.replace('*', str(chance.randrange(1 << 30)))} HTTP/1.1\r\nhost: localhost\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
            for _ in range(20_000 if "*" in path else 1)
        ]
        self.times: list[float] = []
        self.failures = 0
        self.end = 0.0

    def next(self) -> bytes:
        """Return a request."""
        return self.requests[len(self.times) % len(self.requests)]


class Connection(asyncio.Protocol):
    """One that sends the next request when the answer to the last one has come."""

    def __init__(self, load: Load, ended: asyncio.Future[None]) -> None:
        self._load = load
        self._ended = ended
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none, but does what one does
        self._send()

    def _send(self) -> None:
        self._begun = time.perf_counter()
        self._transport.write(self._load.next())

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Note how long it took, and go on."""
        now = time.perf_counter()
        self._load.times.append(now - self._begun)
        self._load.failures += self._parser.get_status_code() != 200
        if now < self._load.end:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """End; what was cut off is a failure."""
        self._load.failures += time.perf_counter() < self._load.end
        self._ended.set_result(None)


async def read_slowly(port: int, path: str) -> None:
    """Ask for a stream, and take a little of it ten times a second; nothing much is sent ahead."""
    taking = socket.socket()
    taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    taking.setblocking(False)
    await asyncio.get_running_loop().sock_connect(taking, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=taking, limit=1024)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    while await reader.read(1024):
        await asyncio.sleep(0.1)


async def put(load: Load, port: int, seconds: float, connections: int, readers: int, settle: float) -> Seen:
    """Put the load on a server for so long, beside so many slow readers of a stream; say when it begins."""
    loop = asyncio.get_running_loop()
    reading = [asyncio.ensure_future(read_slowly(port, "/stream")) for _ in range(readers)]
    await asyncio.sleep(settle)
    print("it begins", flush=True)
    begun, before = time.perf_counter(), time.process_time()
    load.end = begun + seconds
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(partial(Connection, load, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    took, own = time.perf_counter() - begun, time.process_time() - before
    for each in reading:
        each.cancel()
    at = quantiles([*load.times, load.times[-1]], n=100)
    return Seen(len(load.times), load.failures, at[49], at[98], took, own / took)


def main(
    port: int,
    path: Annotated[str, typer.Argument(help="A * in it is another number each time")],
    method: str = "GET",
    connections: int = 1,
    seconds: float = 1,
    readers: int = 0,
    settle: Annotated[float, typer.Option(help="Seconds for readers to get what is sent ahead")] = 0,
) -> None:
    """Put a load on a server; print a line when it begins, and what was seen."""
    seen = uvloop.run(put(Load(method, path), port, seconds, connections, readers, settle))
    print(json.dumps(asdict(seen)))


if __name__ == "__main__":
    typer.run(main)
