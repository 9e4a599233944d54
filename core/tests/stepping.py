"""A clock that stands still until a test moves it; whoever sleeps wakes in order."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio
from inn import NOW


class SteppedClock:
    """Time passes only by :meth:`advance`."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self._sleeping: list[tuple[datetime, int, anyio.Event]] = []
        self._numbers = itertools.count()

    def monotonic(self) -> float:
        return self.at.timestamp()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        event = anyio.Event()
        until = self.at + timedelta(seconds=seconds)
        heapq.heappush(self._sleeping, (until, next(self._numbers), event))
        await event.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass; whoever wakes up on the way acts at its own moment."""
        end = self.at + timedelta(seconds=seconds)
        while self._sleeping and self._sleeping[0][0] <= end:
            until, _, event = heapq.heappop(self._sleeping)
            self.at = max(self.at, until)
            event.set()
            await settled()
        self.at = end
        await settled()


#: More steps than any task takes from one wait to the next.
_STEPS = 150


async def settled() -> None:
    """Let all tasks go as far as they get without waiting for time, threads included."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    quiet = 0
    while quiet < _STEPS:
        await anyio.lowlevel.checkpoint()
        quiet = 0 if limiter.borrowed_tokens else quiet + 1


async def until(
    clock: SteppedClock, reached: Callable[[], Awaitable[bool]], step: float = 1
) -> None:
    """Let time pass until something is so."""
    for _ in range(500):
        if await reached():
            return
        await clock.advance(step)
    raise AssertionError("it never came to be so")
