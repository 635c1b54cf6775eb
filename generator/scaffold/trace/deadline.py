"""One time limit for everything that is waited for."""

import time


class Deadline:
    """A moment that comes `limit` seconds after it was set."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._end = time.monotonic() + limit

    @property
    def left(self) -> float:
        """Seconds that are left; never quite none, so that what is there already is still taken."""
        return max(0.01, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._end
