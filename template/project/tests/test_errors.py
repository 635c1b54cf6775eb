"""What a client that sends garbage is told."""

from typing import Annotated

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Sent(BaseModel):
    """What a route takes."""

    title: Annotated[str, Field(max_length=10)]


@pytest.mark.parametrize("body", [b'{"title": "\\ud800"}', b'{"title": NaN}', b"{}", b"{"])
async def test_garbage_is_answered_422_and_not_repeated(
    app: FastAPI,
    client: httpx2.AsyncClient,
    body: bytes,
) -> None:
    """Also where no answer could carry it."""

    @app.post("/sent")
    async def take(sent: Sent) -> str:
        return sent.title

    answer = await client.post("/sent", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert all(entry.keys() == {"type", "loc", "msg"} for entry in answer.json()["detail"])
