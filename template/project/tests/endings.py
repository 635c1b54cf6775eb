"""The ways in which a request can end."""

from dataclasses import dataclass

from fastapi import HTTPException


@dataclass(frozen=True)
class Ending:
    """How a request ends, and the status its client sees."""

    name: str
    status: int
    in_endpoint: Exception | None = None
    in_dependency: Exception | None = None

    async def beside(self) -> None:
        """Be the dependency beside the one under test."""
        if self.in_dependency:
            raise self.in_dependency

    def end(self) -> None:
        """Be the last line of the endpoint."""
        if self.in_endpoint:
            raise self.in_endpoint


ENDINGS = [
    Ending("success", 200),
    Ending("http_exception", 418, in_endpoint=HTTPException(418)),
    Ending("unhandled_error", 500, in_endpoint=RuntimeError("by the endpoint")),
    Ending("failing_dependency", 500, in_dependency=RuntimeError("by the dependency beside it")),
]
