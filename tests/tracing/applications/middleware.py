"""Middleware that commits before the answer leaves it, and middleware behind which a dependency commits late."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tracing.applications.notes import Session, create_tables
from tracing.applications.transactions import Late, a_note


class CommitBefore:
    """Commit, and then let the answer begin."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        async with Session() as session:
            scope.setdefault("state", {})["session"] = session

            async def send_committed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await session.commit()
                await send(message)

            await self.app(scope, receive, send_committed)


class CommitAfterwards(BaseHTTPMiddleware):
    """Commit when the rest has answered, before the answer is passed on."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer."""
        async with Session() as session:
            request.state.session = session
            response = await call_next(request)
            await session.commit()
            return response


class PassOn(BaseHTTPMiddleware):
    """Do nothing."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer."""
        return await call_next(request)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    await create_tables()
    yield


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield what the middleware has."""
    session: AsyncSession = request.state.session
    yield session


def with_(*middleware: Callable[[ASGIApp], ASGIApp]) -> FastAPI:
    """Return an application behind some middleware."""
    app = FastAPI(lifespan=lifespan)

    @app.post("/lent")
    async def write(session: Annotated[AsyncSession, Depends(get_session)]) -> None:
        session.add(a_note())
        await session.flush()

    @app.post("/late")
    async def late(session: Late) -> None:
        session.add(a_note())

    for each in middleware:
        app.add_middleware(each)
    return app


pure = with_(CommitBefore)
base = with_(CommitAfterwards)
passing = with_(PassOn, GZipMiddleware)
