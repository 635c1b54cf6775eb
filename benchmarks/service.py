"""A service that answers everything at once, and says where it is; a program of its own."""

import asyncio

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"


class Service(asyncio.Protocol):
    """A connection to it; requests come whole, and have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what it answers to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self._transport.write(ANSWER)


async def main() -> None:
    """Serve until it is ended."""
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0)
    print(f"UPSTREAM_BASE_URL=http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
