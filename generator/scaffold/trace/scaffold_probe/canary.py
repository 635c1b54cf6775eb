"""Asks a known application of one dependency whether the hooks see what they should on this FastAPI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

from .record import Event, Recording
from .requests import HEADER, Application, Message, Scope, traced

EXPECTED = [
    "request",
    "called",
    "yielded",
    "endpoint",
    "use",
    "returned",
    "decided",
    "sent",
    "leaving",
    "close",
    "left",
]


class Bird:
    """What is lent to the request."""

    def sing(self) -> str:
        """Be used."""
        return "tweet"

    async def close(self) -> None:
        """Be closed."""


async def get_bird() -> AsyncIterator[Bird]:
    """Yield a bird, and close it."""
    bird = Bird()
    try:
        yield bird
    finally:
        await bird.close()


def missing() -> list[str]:
    """Return what the hooks should have seen and didn't."""
    seen = {str(event["what"]) for event in asyncio.run(_events())}
    return [what for what in EXPECTED if what not in seen]


async def _events() -> list[Event]:
    from fastapi import Depends, FastAPI

    application = FastAPI()

    @application.get("/")
    async def sing(bird: object = Depends(get_bird)) -> str:
        assert isinstance(bird, Bird)
        return bird.sing()

    recorded: list[Recording] = []
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(HEADER, b"canary")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }
    served = cast("Application", application)
    await traced(served, recorded.append)(scope, _receive, _send)
    return recorded[0].events


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    pass
