"""Dependencies that treat exceptions well, and others that don't."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO, Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response

app = FastAPI()


class Light:
    """What is lent to a request, and needs no closing."""

    def work(self) -> str:
        """Be used."""
        return "done"


class Tool(Light):
    """What is lent to a request."""

    async def close(self) -> None:
        """Be closed."""


class BrokenTool(Tool):
    """What can't be closed."""

    async def close(self) -> None:
        """Fail."""
        message = "stuck"
        raise OSError(message)


async def get_tool() -> AsyncIterator[Tool]:
    """Create, yield, close."""
    tool = Tool()
    try:
        yield tool
    finally:
        await tool.close()


async def get_swallowing() -> AsyncIterator[Light]:
    """Catch everything."""
    with contextlib.suppress(Exception):
        yield Light()


async def get_swallowing_refusals() -> AsyncIterator[Light]:
    """Catch refusals only."""
    with contextlib.suppress(HTTPException):
        yield Light()


async def get_translating() -> AsyncIterator[Light]:
    """Raise an answer for an error."""
    try:
        yield Light()
    except ValueError as error:
        raise HTTPException(400) from error


async def get_translating_without_from() -> AsyncIterator[Light]:
    """Raise an answer for an error, without saying so."""
    try:
        yield Light()
    except ValueError:
        raise HTTPException(400)


async def get_broken() -> AsyncIterator[Tool]:
    """Fail while it is closed."""
    tool = BrokenTool()
    try:
        yield tool
    finally:
        await tool.close()


async def get_refusing() -> AsyncIterator[Light]:
    """Refuse before the yield."""
    if app.title:
        raise HTTPException(503)
    yield Light()


async def get_twice_closed() -> AsyncIterator[Tool]:
    """Close twice."""
    tool = Tool()
    try:
        yield tool
        await tool.close()
    finally:
        await tool.close()


def passing_on(function: Callable[[], AsyncIterator[Tool]]) -> Callable[[], AsyncIterator[Tool]]:
    """Decorate a generator in a way that leaves it suspended when the endpoint raises."""

    @functools.wraps(function)
    async def wrapper() -> AsyncIterator[Tool]:
        async for tool in function():
            yield tool

    return wrapper


def hiding(function: Callable[[], AsyncIterator[Light]]) -> Callable[[], object]:
    """Decorate a generator so that nobody sees that it is one."""

    def wrapper() -> object:
        return function()

    return wrapper


@passing_on
async def get_passed_on() -> AsyncIterator[Tool]:
    """Be decorated."""
    tool = Tool()
    try:
        yield tool
    finally:
        await tool.close()


@hiding
async def get_hidden() -> AsyncIterator[Light]:
    """Be decorated."""
    yield Light()


def get_sync() -> Iterator[Light]:
    """Be a plain generator."""
    yield Light()


def fail() -> None:
    """Raise what the endpoints raise."""
    message = "no"
    raise ValueError(message)


@app.get("/tool")
async def use(tool: Annotated[Tool, Depends(get_tool)]) -> str:
    """Use a tool."""
    return tool.work()


@app.get("/tool-raises")
async def use_and_raise(tool: Annotated[Tool, Depends(get_tool)]) -> None:
    """Use a tool, and raise."""
    tool.work()
    fail()


@app.get("/swallows")
async def swallows(_tool: Annotated[Tool, Depends(get_swallowing)]) -> None:
    """Raise what nobody hears."""
    fail()


@app.get("/swallows-nothing")
async def swallows_nothing(tool: Annotated[Tool, Depends(get_swallowing)]) -> str:
    """Raise nothing."""
    return tool.work()


@app.get("/swallows-refusal")
async def swallows_refusal(_tool: Annotated[Tool, Depends(get_swallowing_refusals)]) -> None:
    """Refuse, and nobody hears it."""
    raise HTTPException(404)


@app.get("/swallows-only-refusals")
async def swallows_only_refusals(_tool: Annotated[Tool, Depends(get_swallowing_refusals)]) -> None:
    """Raise what isn't caught."""
    fail()


@app.get("/translates")
async def translates(_tool: Annotated[Tool, Depends(get_translating)]) -> None:
    """Raise what becomes an answer."""
    fail()


@app.get("/translates-without-from")
async def translates_without_from(_tool: Annotated[Tool, Depends(get_translating_without_from)]) -> None:
    """Raise what becomes an answer."""
    fail()


@app.get("/hides")
async def hides(_tool: Annotated[Tool, Depends(get_broken)]) -> None:
    """Raise what another error takes the place of."""
    fail()


@app.get("/unseen")
async def unseen(tool: Annotated[Tool, Depends(get_broken)]) -> str:
    """Answer before the cleanup fails."""
    return tool.work()


@app.get("/seen")
async def seen(tool: Annotated[Tool, Depends(get_broken, scope="function")]) -> str:
    """Let the cleanup fail before the answer."""
    return tool.work()


@app.get("/refuses")
async def refuses(tool: Annotated[Tool, Depends(get_refusing)]) -> str:
    """Be refused."""
    return tool.work()


@app.get("/twice-closed")
async def twice_closed(tool: Annotated[Tool, Depends(get_twice_closed)]) -> str:
    """Use what is closed twice."""
    return tool.work()


@app.get("/passed-on")
async def passed_on(tool: Annotated[Tool, Depends(get_passed_on)]) -> str:
    """Use a tool through a decorator."""
    return tool.work()


@app.get("/passed-on-raises")
async def passed_on_raises(_tool: Annotated[Tool, Depends(get_passed_on)]) -> None:
    """Raise through a decorator that leaves its generator alone."""
    fail()


@app.get("/hidden")
async def hidden(tool: Annotated[object, Depends(get_hidden)]) -> str:
    """Get whatever comes."""
    return type(tool).__name__


@app.get("/sync-async")
async def sync_async(tool: Annotated[Tool, Depends(get_sync)]) -> str:
    """Use in the event loop what was made in a thread."""
    return tool.work()


@app.get("/sync-sync")
def sync_sync(tool: Annotated[Tool, Depends(get_sync)]) -> str:
    """Use in a thread what was made in one."""
    return tool.work()


class Conflict(Exception):
    """What the application has an answer for."""


@app.exception_handler(Conflict)
async def answer_conflict(_request: Request, _error: Exception) -> Response:
    """Answer it."""
    return Response(status_code=409)


@contextlib.contextmanager
def translating() -> Iterator[None]:
    """Raise one exception for another, elsewhere than in the dependency."""
    try:
        yield
    except ValueError:
        raise Conflict


async def get_translated() -> AsyncIterator[Light]:
    """Leave the translation to somebody else."""
    with translating():
        yield Light()


async def numbers() -> AsyncIterator[int]:
    """Yield more than anybody wants."""
    for number in range(10):
        yield number


async def get_first() -> AsyncIterator[int]:
    """Take the first of many."""
    async for number in numbers():
        first = number
        break
    yield first


def get_value() -> Iterator[int]:
    """Yield something that nobody waits for."""
    yield 1


def get_user(tool: Annotated[Tool, Depends(get_sync)]) -> str:
    """Use in a thread what was made in one."""
    return tool.work()


@app.get("/translated")
async def translated(_tool: Annotated[Tool, Depends(get_translated)]) -> None:
    """Raise what becomes an answer."""
    fail()


@app.get("/first")
async def first(number: Annotated[int, Depends(get_first)]) -> int:
    """Use one of many."""
    return number


@app.get("/sync-value")
async def sync_value(value: Annotated[int, Depends(get_value)]) -> int:
    """Use what can't block."""
    return value


@app.get("/sync-user")
async def sync_user(user: Annotated[str, Depends(get_user)]) -> str:
    """Leave the use to a thread."""
    return user


@app.get("/sync-both")
async def sync_both(_user: Annotated[str, Depends(get_user)], tool: Annotated[Tool, Depends(get_sync)]) -> str:
    """Use in the event loop what another dependency has used in a thread."""
    return tool.work()


kept: list[Tool] = []


async def get_unclosed() -> AsyncIterator[Tool]:
    """Forget to close it."""
    yield Tool()


async def get_closed_without_finally() -> AsyncIterator[Tool]:
    """Close it unless something is raised."""
    tool = Tool()
    yield tool
    await tool.close()


async def get_file() -> AsyncIterator[IO[bytes]]:
    """Forget to close what the language opens."""
    yield open(__file__, "rb")  # noqa: ASYNC230, SIM115 - that is the case


async def get_kept() -> AsyncIterator[Tool]:
    """Keep it for others."""
    kept.append(Tool())
    yield kept[0]


@app.get("/unclosed")
async def unclosed(tool: Annotated[Tool, Depends(get_unclosed)]) -> str:
    """Use it."""
    return tool.work()


@app.get("/without-finally")
async def without_finally(tool: Annotated[Tool, Depends(get_closed_without_finally)]) -> str:
    """Use it."""
    return tool.work()


@app.get("/without-finally-raises")
async def without_finally_raises(_tool: Annotated[Tool, Depends(get_closed_without_finally)]) -> None:
    """Raise."""
    fail()


@app.get("/file")
async def file(opened: Annotated[IO[bytes], Depends(get_file)]) -> int:
    """Read it."""
    return len(opened.read())


@app.get("/kept")
async def use_kept(tool: Annotated[Tool, Depends(get_kept)]) -> str:
    """Use it."""
    return tool.work()
