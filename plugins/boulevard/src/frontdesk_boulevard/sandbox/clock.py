"""The server's time, of which Boulevard shows the microseconds."""

from __future__ import annotations

from datetime import UTC, datetime

from frontdesk.sandbox import clock


class Clock(clock.ServerClock):
    """The server's time: moved by hand from where it stands, or running."""

    @property
    def now(self) -> datetime:
        """Tell the time as rows show it."""
        return self.exact


def moment(seconds: float) -> datetime:
    """Turn epoch seconds into the microsecond the API shows."""
    return datetime.fromtimestamp(seconds, UTC)
