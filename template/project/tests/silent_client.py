"""A client that sends nothing more and hears nothing, where there is no server."""

import asyncio

from starlette.types import Message


async def receive_nothing() -> Message:
    """Wait for what never comes."""
    return await asyncio.Future[Message]()


async def send_nothing(_: Message) -> None:
    """Hear nothing."""
