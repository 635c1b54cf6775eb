"""Stands where FastAPI runs an endpoint, and notes its begin and its end; one that is a generator it iterates over."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping
from contextlib import contextmanager
from types import AsyncGeneratorType, GeneratorType, ModuleType
from typing import TYPE_CHECKING, Callable, cast

from .frames import raised_at
from .record import RECORDING, Recording, describe, harmless, innermost, name_of, place_of
from .replacing import replace
from .requests import note_raised

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

# What FastAPI looks up when the dependencies of a request are to be called, and when its endpoint is.
SOLVE, RUN = "solve_dependencies", "run_endpoint_function"
_generators: set[int] = set()


class RaisedByTrace(RuntimeError):
    """What the endpoint raises with --raise, in place of its answer."""


def install() -> None:
    """Replace the names that FastAPI looks up when it runs an endpoint."""
    import fastapi.routing

    run = cast("Callable[..., Awaitable[object]]", getattr(fastapi.routing, RUN))

    @functools.wraps(run)
    async def run_watched(*, dependant: Dependant, values: Mapping[str, object], is_coroutine: bool) -> object:
        with _running(dependant, values, is_coroutine=is_coroutine):
            return await run(dependant=dependant, values=values, is_coroutine=is_coroutine)

    replace(fastapi.routing, RUN, run_watched)
    # Older versions know no endpoint that is a generator: they call what is decorated, whatever stands below it.
    if hasattr(fastapi.routing, "_is_async_gen_callable"):
        _watch_generators(fastapi.routing)


def _watch_generators(routing: ModuleType) -> None:
    """Let endpoints that are generators be noted: no function runs them, they are called where items are wanted."""
    solve: Callable[..., Awaitable[object]] = getattr(routing, SOLVE)

    @functools.wraps(solve)
    async def solve_watched(*, dependant: Dependant, **options: object) -> object:
        if RECORDING.get() is not None:
            _watch_generator(routing, dependant)
        return await solve(dependant=dependant, **options)

    replace(routing, SOLVE, solve_watched)


@contextmanager
def _running(dependant: Dependant, values: Mapping[str, object], *, is_coroutine: bool) -> Generator[None]:
    """Note what becomes of an endpoint, and raise at its end if the request wants that."""
    recording = RECORDING.get()
    if recording is None:
        yield
        return
    _note_endpoint(recording, dependant, values, is_coroutine=is_coroutine)
    try:
        yield
        if recording.raises:
            message = "raised by scaffold trace --raise"
            raise RaisedByTrace(message)
    except GeneratorExit:  # nobody wants more of it
        raise
    except BaseException as error:
        note_raised(recording)
        recording.add("raised", raised_at(error), error=describe(error))
        raise
    recording.add("returned")


@harmless
def _note_endpoint(
    recording: Recording, dependant: Dependant, values: Mapping[str, object], *, is_coroutine: bool
) -> None:
    """Note that the endpoint runs, and each generator that reaches it as one: nobody will enter or leave it."""
    endpoint = innermost(dependant.call)
    recording.add("endpoint", place_of(endpoint), name=name_of(endpoint), kind="async" if is_coroutine else "sync")
    for name, value in values.items():
        if isinstance(value, (AsyncGeneratorType, GeneratorType)):
            call = innermost(next((each.call for each in dependant.dependencies if each.name == name), None))
            recording.add("unentered", place_of(call), name=name_of(call))


@harmless
def _watch_generator(routing: ModuleType, dependant: Dependant) -> None:
    """Let an endpoint that is a generator be iterated over with notes, from now on."""
    call = dependant.call
    if call is None or id(dependant) in _generators:
        return
    if routing._is_async_gen_callable(call):
        dependant.call = _noting(call, dependant)
    elif routing._is_gen_callable(call):
        dependant.call = _noting_in_thread(call, dependant)
    else:
        return
    _generators.add(id(dependant))


def _noting(
    call: Callable[..., AsyncGenerator[object, None]], dependant: Dependant
) -> Callable[..., AsyncGenerator[object, None]]:
    @functools.wraps(call)
    async def items(**values: object) -> AsyncGenerator[object, None]:
        given = call(**values)
        try:
            with _running(dependant, values, is_coroutine=True):
                async for item in given:
                    yield item
        finally:
            if isinstance(given, AsyncGeneratorType):
                await given.aclose()

    return items


def _noting_in_thread(
    call: Callable[..., Generator[object, None, None]], dependant: Dependant
) -> Callable[..., Generator[object, None, None]]:
    @functools.wraps(call)
    def items(**values: object) -> Generator[object, None, None]:
        with _running(dependant, values, is_coroutine=False):
            yield from call(**values)

    return items
