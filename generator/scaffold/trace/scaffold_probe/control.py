"""The channel to the command: lines of JSON over a socket, since stdout and stderr are the application's."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from typing import Callable

GRACE = 2.0  # seconds


class Control:
    """The channel, once the command has taken it up."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._lock = threading.Lock()
        self.say({"said": "hello", "token": token})

    def say(self, message: Mapping[str, object]) -> None:
        """Tell the command something; one that is gone needs nothing."""
        line = (json.dumps(message) + "\n").encode()
        with self._lock:
            try:
                self._socket.sendall(line)
            except OSError:
                os._exit(1)

    def wait_for_the_end(self, stop: Callable[[], None]) -> None:
        """End when the command says so, or is gone, however it ended: a loop that is blocked can't hear it."""

        def wait() -> None:
            try:
                while self._socket.recv(1024):
                    pass
            except OSError:
                pass
            stop()
            time.sleep(GRACE)
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()
