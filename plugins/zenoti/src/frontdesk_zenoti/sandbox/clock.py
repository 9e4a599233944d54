"""The server's time, which Zenoti's rows keep in seconds."""

from __future__ import annotations

from frontdesk.sandbox import clock


class Clock(clock.ServerClock):
    """The server's time: moved by hand from where it stands, or running."""

    @property
    def seconds(self) -> int:
        """Tell the time in seconds of the epoch."""
        return int(self.now.timestamp())
