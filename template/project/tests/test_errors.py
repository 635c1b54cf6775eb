"""What the client of a request that fails is told."""

from collections.abc import AsyncGenerator
from http.client import responses
from typing import Annotated
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field


class Sent(BaseModel):
    """What a route takes."""

    title: Annotated[str, Field(max_length=10)]


@pytest.fixture
def failing(app: FastAPI) -> None:
    """Add routes that fail, in each way that is not a resource's."""

    @app.post("/sent")
    async def take(sent: Sent) -> str:
        return sent.title

    @app.get("/refused")
    async def refuse() -> None:
        raise HTTPException(403, "not yours", {"X-Why": "because"})

    @app.get("/refused/at/length")
    async def refuse_at_length() -> None:
        raise HTTPException(400, {"field": "title"})

    @app.get("/failed")
    async def fail() -> None:
        message = "a secret"
        raise RuntimeError(message)

    @app.get("/unchanged")
    async def be_unchanged() -> None:
        raise HTTPException(304)


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("GET", "/sent", 405, "Method Not Allowed"),
        ("POST", "/sent", 422, "the request is not valid: see `errors`"),
        ("GET", "/refused", 403, "not yours"),
        ("GET", "/refused/at/length", 400, "see `errors`"),
        ("GET", "/failed", 500, "it failed; the logs say why"),
    ],
)
async def test_every_failure_is_a_problem(
    client: httpx2.AsyncClient,
    method: str,
    path: str,
    status: int,
    detail: str,
) -> None:
    """It says what RFC 9457 has it say, and which request it was."""
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    told.pop("errors", None)
    assert told == {
        "type": "about:blank",
        "title": responses[status],
        "status": status,
        "detail": detail,
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.usefixtures("failing")
async def test_nothing_that_was_raised_is_lost(client: httpx2.AsyncClient) -> None:
    """Headers, a detail that is more than text, and a status that has no body."""
    assert (await client.get("/sent")).headers["allow"] == "POST"
    assert (await client.get("/refused")).headers["x-why"] == "because"
    assert (await client.get("/refused/at/length")).json()["errors"] == [{"field": "title"}]
    unchanged = await client.get("/unchanged")
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/refused", "/failed"])
async def test_a_request_keeps_its_id_or_gets_one(client: httpx2.AsyncClient, path: str) -> None:
    """One that is no id is not repeated."""
    chosen = uuid4().hex
    kept = await client.get(path, headers={"X-Request-ID": chosen})
    assert kept.headers.get_list("x-request-id") == [chosen]
    made = [await client.get(path, headers={"X-Request-ID": "<garbage>"}), await client.get(path)]
    ids = {answer.headers["x-request-id"] for answer in made}
    assert len(ids) == 2
    assert all(len(request_id) == 32 for request_id in ids)


@pytest.mark.usefixtures("failing")
def test_every_route_is_documented_with_its_problems(app: FastAPI) -> None:
    """So that a client that is made of it knows what a failure looks like."""
    document = app.openapi()
    problem = document["components"]["schemas"]["Problem"]
    assert {"title", "status", "detail", "request_id"} <= problem["properties"].keys()
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert operations
    for operation in operations:
        content = operation["responses"]["default"]["content"]["application/problem+json"]
        assert content == {"schema": {"$ref": "#/components/schemas/Problem"}}
        assert "422" not in operation["responses"]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("body", [b'{"title": "\\ud800"}', b'{"title": NaN}', b"{}", b"{"])
async def test_garbage_is_answered_422_and_not_repeated(
    client: httpx2.AsyncClient,
    body: bytes,
) -> None:
    """Also where no answer could carry it."""
    answer = await client.post("/sent", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert errors
    assert all(entry.keys() == {"type", "loc", "msg"} for entry in errors)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
async def test_a_body_that_is_too_large_is_refused(
    app: FastAPI,
    client: httpx2.AsyncClient,
    *,
    declared: bool,
) -> None:
    """If it says so before anything is done, also by a route that doesn't read it; else in time."""
    done: list[str] = []
    given = 0

    @app.post("/sent")
    async def take(request: Request) -> None:
        if not declared:
            await request.body()
        done.append("something")

    async def pieces() -> AsyncGenerator[bytes]:
        nonlocal given
        for _ in range(100):
            given += 2**16
            yield bytes(2**16)

    answer = await client.post("/sent", content=bytes(2**20 + 1) if declared else pieces())
    assert (answer.status_code, done) == (413, [])
    assert answer.headers["content-type"] == "application/problem+json"
    assert given <= 2**20 + 2**17
