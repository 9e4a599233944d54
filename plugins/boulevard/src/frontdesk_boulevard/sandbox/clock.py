"""The server's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The server's time: moved by hand from where it stands, or running."""

    def __init__(self, still: datetime | None) -> None:
        self._still = still
        self._ahead = timedelta()

    @property
    def now(self) -> datetime:
        """Tell the time."""
        base = datetime.now(UTC) if self._still is None else self._still
        return base + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move on; going back would make the oldest rows the newest."""
        if by < timedelta():
            message = f"the clock cannot go back by {-by}; make a new world instead"
            raise ValueError(message)
        self._ahead += by
