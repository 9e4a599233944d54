"""A clock for tests: it stands still until somebody waits, and then nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio
import anyio.lowlevel

from frontdesk.holding import HEARTBEAT


class StillClock:
    """A clock that waiting moves; it remembers every wait."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        #: What was waited for, in seconds.
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._now.timestamp()

    def now(self) -> datetime:
        """Return the time of day, aware."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Move on by *seconds*, at once."""
        if seconds == HEARTBEAT:
            # A lease is renewed for as long as a sync lasts, which is no time at all here.
            await anyio.sleep_forever()
        self.waits.append(seconds)
        self._now += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()
