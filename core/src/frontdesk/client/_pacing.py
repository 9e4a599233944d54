"""Pace: never more requests in any window than the platform allows, in order of asking."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import anyio
from pyrate_limiter import Decision, InMemoryBucket, RateItem
from pyrate_limiter import Rate as Window

from frontdesk.client._clock import Clock
from frontdesk.manifest import Rate

# pyrate-limiter counts whole milliseconds. Less than a microsecond is rounding of floats.
_TICK: Final = 0.001
_GRAIN: Final = 1e-6


class QuotaError(Exception):
    """The next request would have to wait longer than the client may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Pacer:
    """Lets requests through one after the other, as fast as all windows allow.

    pyrate-limiter's bucket keeps the exact sliding windows and says how long to wait. Its
    ``Limiter`` is not used: that one sleeps by itself and starts a thread.
    """

    def __init__(self, rates: Iterable[Rate], clock: Clock, max_wait: float) -> None:
        windows = _windows(rates)
        self._bucket = InMemoryBucket(windows) if windows else None
        self._clock = clock
        self._max_wait = max_wait
        self._held_until = -math.inf
        # anyio's lock is fair: who asks first is let through first.
        self._queue = anyio.Lock()

    def hold(self, seconds: float) -> None:
        """Let nobody through for *seconds*: the platform asked for quiet."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    async def turn(self) -> None:
        """Wait for the right to send one request.

        Raises:
            QuotaError: It would take longer than ``max_wait``.
        """
        async with self._queue:
            while (wait := self._take()) > 0:
                if wait > self._max_wait:
                    raise QuotaError(wait)
                before = self._clock.monotonic()
                await self._clock.sleep(wait)
                if self._clock.monotonic() == before:
                    # A clock made for a test; without this, the test would never end.
                    raise RuntimeError("the clock stands still although it slept")

    def _take(self) -> float:
        """Take a place and return 0, or return the seconds until one may be free."""
        now = self._clock.monotonic()
        if self._held_until - now > _GRAIN:
            return self._held_until - now
        if self._bucket is None:
            return 0
        request = RateItem("request", math.floor(now / _TICK))
        self._bucket.leak(request.timestamp)
        decision = self._bucket.put_decision(request)
        if not isinstance(decision, Decision) or decision.allowed:
            return 0
        return max(decision.retry_after_ms or 0, 1) * _TICK


def _windows(rates: Iterable[Rate]) -> list[Window]:
    """Return windows such that each tells something the shorter ones do not.

    The bucket takes no others. What is left is never more generous than *rates*.
    """
    kept: list[Window] = []
    for rate in sorted(rates, key=lambda rate: rate.seconds):
        if rate.limit < 1 or rate.seconds <= 0:
            raise ValueError(f"a rate needs a limit and seconds above zero, not {rate!r}")
        interval, limit = math.ceil(rate.seconds / _TICK), rate.limit
        if kept:
            limit = min(limit, kept[-1].limit * interval // kept[-1].interval)
        while kept and kept[-1].limit >= limit:
            kept.pop()
        kept.append(Window(limit, interval))
    return kept
