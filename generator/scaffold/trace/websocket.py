"""The client's side of a WebSocket: the handshake, one message, and the end (RFC 6455)."""

import base64
import os
import secrets
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

from scaffold.trace.deadline import Deadline

SWITCHING = 101
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NORMAL = struct.pack(">H", 1000)
# A server that says nothing for so long (seconds) has said what it wanted to.
QUIET = 1.0


def converse(port: int, path: str, headers: Mapping[str, str], message: str | None, deadline: Deadline) -> int:
    """Open a WebSocket, send a message if there is one, hear what comes, and close it.

    Returns the status of the handshake, 101 if it was accepted. Raises TimeoutError.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=deadline.left) as connection:
        connection.sendall(_handshake(port, path, headers))
        with connection.makefile("rb") as received:
            status = _status(received)
            if status != SWITCHING:
                return status
            if message is not None:
                connection.sendall(_frame(TEXT, message.encode()))
            connection.settimeout(min(QUIET, deadline.left))
            with suppress(TimeoutError, ConnectionError):
                for kind, content in _frames(received):
                    if kind == PING:
                        connection.sendall(_frame(PONG, content))
                    if kind == CLOSE:
                        break
            with suppress(ConnectionError):
                connection.sendall(_frame(CLOSE, NORMAL))
    return status


def _handshake(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _status(received: BinaryIO) -> int:
    """Return the status of the answer to the handshake, and read its headers."""
    status = received.readline().split()
    while received.readline().strip():
        pass
    return int(status[1]) if len(status) > 1 else 0


def _frames(received: BinaryIO) -> Iterator[tuple[int, bytes]]:
    while len(head := received.read(2)) == 2:
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", received.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", received.read(8))
        yield head[0] & 0x0F, received.read(length)


def _frame(kind: int, content: bytes) -> bytes:
    """Return a frame as a client sends it: masked."""
    size = len(content)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = bytes([0x80 | 126]) + struct.pack(">H", size)
    else:
        length = bytes([0x80 | 127]) + struct.pack(">Q", size)
    mask = os.urandom(4)
    return bytes([0x80 | kind]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(content))
