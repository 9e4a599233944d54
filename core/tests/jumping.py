"""A clock on which nobody waits: time jumps to the next one who wakes, once all others wait."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from frontdesk.holding import HEARTBEAT

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
#: How often others get a turn before it is believed that they wait.
_QUIET = 100


class JumpingClock:
    """Time that is only used up by waiting, shared by whoever works in one event loop."""

    def __init__(self, now: datetime = START) -> None:
        self._start = now
        self._time = 0.0
        self._waking: list[float] = []
        #: Worker threads that have something to do: time stands still for them.
        self.busy = 0

    def monotonic(self) -> float:
        """Return seconds."""
        return self._time

    def now(self) -> datetime:
        """Return the time of day."""
        return self._start + timedelta(seconds=self._time)

    def pass_by(self, seconds: float) -> None:
        """Let time pass though nobody waits."""
        self._time += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait for others, and then not at all."""
        if seconds == HEARTBEAT:
            # A lease is renewed for as long as some work lasts; nobody waits for that.
            await anyio.sleep_forever()
        wake = self._time + seconds
        heapq.heappush(self._waking, wake)
        try:
            while self._time < wake:
                await self._settled()
                if self._waking[0] == wake:
                    self._time = max(self._time, wake)
        finally:
            self._waking.remove(wake)
            heapq.heapify(self._waking)

    async def _settled(self) -> None:
        """Let everybody who woke since time last moved get to where they wait again."""
        quiet, time = 0, self._time
        while quiet < _QUIET:
            # A real pause while others are at work; their time does not count.
            await (anyio.sleep(0.001) if self.busy else anyio.lowlevel.checkpoint())
            quiet = quiet + 1 if self._time == time and not self.busy else 0
            time = self._time

    @contextmanager
    def standing_for_threads(self) -> Iterator[None]:
        """Let time stand still while worker threads are at work."""
        whole = anyio.to_thread.run_sync

        async def run_sync(*given: Any, **more: Any) -> Any:
            self.busy += 1
            try:
                return await whole(*given, **more)
            finally:
                self.busy -= 1

        anyio.to_thread.run_sync = run_sync  # type: ignore[assignment]
        try:
            yield
        finally:
            anyio.to_thread.run_sync = whole
