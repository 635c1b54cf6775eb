"""Objects that don't like to be looked at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn

from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from tracing.applications.notes import Session, count, create_tables


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    await create_tables()
    yield


app = FastAPI(lifespan=lifespan)


class Frame:
    """What can't be compared, like a table of numbers."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> NoReturn:
        """Refuse."""
        raise ValueError


class Proxy:
    """What isn't configured yet."""

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse."""
        raise RuntimeError(name)


class Wordless(Exception):
    """What can't be described."""

    def __repr__(self) -> str:
        """Fail."""
        return str(1 / 0)


async def get_frame() -> AsyncIterator[Frame]:
    """Yield a frame."""
    yield Frame()


async def get_proxy() -> AsyncIterator[Proxy]:
    """Yield a proxy."""
    yield Proxy()


async def get_session() -> AsyncIterator[AsyncSession]:
    """Create, yield, close."""
    async with Session() as session:
        yield session


Used = Annotated[AsyncSession, Depends(get_session)]


@app.exception_handler(Wordless)
async def answer(_request: Request, _error: Exception) -> Response:
    """Answer it."""
    return Response(status_code=418)


@app.get("/frame")
async def frame(session: Used, _frame: Annotated[object, Depends(get_frame)]) -> int:
    """Use a session beside a frame."""
    return await count(session)


@app.get("/proxy")
async def proxy(session: Used, _proxy: Annotated[object, Depends(get_proxy)]) -> int:
    """Use a session beside a proxy."""
    return await count(session)


@app.get("/wordless")
async def wordless(session: Used) -> None:
    """Raise something that has no words."""
    await count(session)
    raise Wordless


class Draft:
    """What is no resource, though it has a word of one; a look at it may cost a statement."""

    looks = 0

    @property
    def closed(self) -> bool:
        """Count."""
        Draft.looks += 1
        return False

    @property
    def is_closed(self) -> bool:
        """Count."""
        Draft.looks += 1
        return False


async def get_draft() -> AsyncIterator[Draft]:
    """Yield a draft."""
    yield Draft()


@app.get("/draft")
async def draft(_draft: Annotated[Draft, Depends(get_draft)]) -> None:
    """Fail if one was ever looked at."""
    assert Draft.looks == 0
