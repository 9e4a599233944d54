"""The server's time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real() -> datetime:
    """Tell the real time."""
    return datetime.now(UTC)


class ServerClock:
    """The server's time: moved by hand from where it stands, or running."""

    def __init__(self, still: datetime | None, wall: Callable[[], datetime] = real) -> None:
        self._still = still
        self._wall = wall
        self._ahead = timedelta()

    @property
    def exact(self) -> datetime:
        """Tell the time, in UTC."""
        base = self._wall() if self._still is None else self._still
        return (base + self._ahead).astimezone(UTC)

    @property
    def now(self) -> datetime:
        """Tell the time in whole seconds, as rows show it."""
        return self.exact.replace(microsecond=0)

    def advance(self, by: timedelta) -> None:
        """Move on; going back would make the oldest rows the newest."""
        if by < timedelta():
            message = f"the clock cannot go back by {-by}; make a new world instead"
            raise ValueError(message)
        self._ahead += by
