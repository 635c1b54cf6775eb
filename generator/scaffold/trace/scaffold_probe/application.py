"""The application that is traced: found by its name, and asked for its routes."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Protocol, cast

from .requests import Application

METHODS = ("get", "head")


class Routed(Protocol):
    """An application that knows its routes, as FastAPI's do."""

    routes: Sequence[object]

    def openapi(self) -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, object]]]]:
        """Describe its routes."""


class NoApplicationError(Exception):
    """There is no application where one was said to be; the message is the sentence for the user."""


def load(module: str, name: str) -> Application:
    """Return the application: a name in a module, or the first FastAPI object in it if no name is given.

    A function is a factory, and called. Raises NoApplicationError, or what the module raises.
    """
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        message = f"there is no module {error.name} in {os.getcwd()}: name another with --app MODULE:NAME"
        raise NoApplicationError(message) from None
    found: object = loaded
    for part in (name or _first(loaded, module)).split("."):
        if not hasattr(found, part):
            there = ", ".join(sorted(_names(loaded))) or "none"
            message = f"{module} has no {name}: of FastAPI's applications it has {there}"
            raise NoApplicationError(message)
        found = getattr(found, part)
    if inspect.iscoroutinefunction(found):
        message = f"{module}:{name} is an async function: name one that returns the application"
        raise NoApplicationError(message)
    if inspect.isroutine(found) or isinstance(found, functools.partial):
        found = found()
    if not callable(found):
        message = f"{module}:{name} is no application but {type(found).__name__}"
        raise NoApplicationError(message)
    return cast("Application", found)


def _names(module: ModuleType) -> list[str]:
    from fastapi import FastAPI

    return [name for name, value in vars(module).items() if isinstance(value, FastAPI)]


def _first(loaded: ModuleType, module: str) -> str:
    names = sorted(_names(loaded), key=lambda name: (name != "app", name != "api"))
    if not names:
        message = f"{module} has no application of FastAPI's: name it with --app MODULE:NAME"
        raise NoApplicationError(message)
    return names[0]


def routes(application: Routed, prefix: str = "") -> list[dict[str, str | bool]]:
    """Return the routes that read, of an application and of those mounted in it, and whether they need input."""
    found: list[dict[str, str | bool]] = []
    for path, operations in application.openapi()["paths"].items():
        for method in METHODS:
            if method in operations:
                needs = _needs_input(path, operations[method])
                found.append({"method": method.upper(), "path": prefix + path, "needs_input": needs})
    for route in application.routes:
        mounted = getattr(route, "app", None)
        if hasattr(mounted, "openapi") and not hasattr(route, "methods"):
            found += routes(cast("Routed", mounted), prefix + str(getattr(route, "path", "")))
    return found


def _needs_input(path: str, operation: Mapping[str, object]) -> bool:
    parameters = cast("Sequence[Mapping[str, object]]", operation.get("parameters", ()))
    body = cast("Mapping[str, object]", operation.get("requestBody", {}))
    return "{" in path or bool(body.get("required")) or any(each.get("required") for each in parameters)
