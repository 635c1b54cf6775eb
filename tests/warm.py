"""Runs pytest in one project after the other, in processes forked from this one, which has imported what takes long.

A program: a line of its standard input names a project, a file for what is said, and what is told to pytest; a line
of its output is the code that pytest ended with.
"""

import importlib
import os
import runpy
import shlex
import sys

IMPORTED = ("alembic.command", "asyncpg", "fastapi", "httpx2", "pytest", "redis.asyncio", "sqlalchemy.ext.asyncio")


def serve() -> None:
    """Run what is asked for until there is no more input."""
    for module in IMPORTED:
        importlib.import_module(module)
    for line in sys.stdin:
        project, said, *options = shlex.split(line)
        child = os.fork()
        if child == 0:
            stand_in(project, said)
            sys.argv = ["pytest", *options]
            runpy.run_module("pytest", run_name="__main__", alter_sys=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def stand_in(project: str, said: str) -> None:
    """Be where `python -m pytest` would be, had it been started in the project."""
    with open(os.devnull) as nothing, open(said, "w") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(project)
    sys.path.insert(0, project)


if __name__ == "__main__":
    serve()
