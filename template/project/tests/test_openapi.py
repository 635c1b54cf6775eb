"""What the application says of itself, and clients are generated from."""

from collections import defaultdict

import pytest
from fastapi import FastAPI


def operations(app: FastAPI) -> dict[str, dict[str, object]]:
    """Return what is said of each operation, by method and path."""
    app.openapi_schema = None  # as it is now, with the routes of a test
    paths = app.openapi()["paths"].items()
    return {f"{method} {path}": said[method] for path, said in paths for method in said}


def names(app: FastAPI) -> dict[object, list[str]]:
    """Return where each name stands."""
    found = defaultdict(list)
    for where, said in operations(app).items():
        found[said["operationId"]].append(where)
    return found


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_no_two_operations_have_the_same_name(app: FastAPI) -> None:
    """Rename the function of one, or give its route a `name`: a client has a function of each."""
    alike = {name: places for name, places in names(app).items() if len(places) > 1}
    assert alike == {}

    @app.get("/lives")
    async def livez() -> None:
        pass

    assert names(app)["livez"] == ["get /livez", "get /lives"]


def test_an_operation_has_the_name_of_its_function(app: FastAPI) -> None:
    """And keeps it, whatever comes: a client that is made anew has the functions that it had."""
    before = names(app)
    assert {"livez", "readyz"} <= before.keys()

    @app.get("/livez/{part}")
    async def lives(part: str) -> str:
        return part

    assert names(app) == {**before, "lives": ["get /livez/{part}"]}


def test_every_operation_is_described_and_has_a_tag(app: FastAPI) -> None:
    """From its docstring; operations of one tag stand together, in clients too."""
    for where, said in operations(app).items():
        assert said.get("description"), where
        assert said.get("tags"), where
