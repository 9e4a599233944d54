"""Rate limits: fixed windows for each account and endpoint, as Klaviyo publishes them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Final

import attrs

from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal

MINUTE: Final = 60.0
DAY: Final = 86_400.0


@attrs.frozen
class Rate:
    """How many requests a second, a minute and a day allow."""

    burst: int
    steady: int
    daily: int | None = None

    def windows(self) -> list[tuple[int, float]]:
        """List the windows with their lengths in seconds; the steady one is second."""
        found = [(self.burst, 1.0), (self.steady, MINUTE)]
        return found if self.daily is None else [*found, (self.daily, DAY)]


#: For those who do not count.
FREE: Final = Rate(sys.maxsize, sys.maxsize)


@attrs.define
class _Counted:
    number: int = -1
    used: int = 0


@attrs.define
class _Bucket:
    windows: list[_Counted]
    blocked: float = -math.inf


class Limiter:
    """Counts requests by account (or an app's installation in it) and endpoint."""

    def __init__(self, monotonic: Callable[[], float], *, count_refused: bool = False) -> None:
        self._monotonic = monotonic
        self._count_refused = count_refused
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._start = monotonic()
        #: How often somebody was told to wait.
        self.refused = 0

    def admit(self, payer: str, endpoint: str, rate: Rate) -> dict[str, str]:
        """Count a request and tell the steady window's state, or refuse it.

        Raises:
            Refusal: A window is used up, or it was not yet time to come back.
        """
        now = self._monotonic() - self._start
        windows = rate.windows()
        bucket = self._bucket(payer, endpoint, rate)
        for counted, (_, length) in zip(bucket.windows, windows, strict=True):
            number = int(now // length)
            if counted.number != number:
                counted.number, counted.used = number, 0
        self._check(bucket, windows, now)
        for counted in bucket.windows:
            counted.used += 1
        steady = bucket.windows[1]
        return {
            "RateLimit-Limit": str(rate.steady),
            "RateLimit-Remaining": str(rate.steady - steady.used),
            "RateLimit-Reset": str(math.ceil((steady.number + 1) * MINUTE - now)),
        }

    def block(self, payer: str, endpoint: str, seconds: float) -> None:
        """Let nobody in for so many seconds, though there is room; somebody was in before."""
        bucket = self._buckets[payer, endpoint]
        bucket.blocked = max(bucket.blocked, self._monotonic() - self._start + seconds)

    def _bucket(self, payer: str, endpoint: str, rate: Rate) -> _Bucket:
        key = (payer, endpoint)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket([_Counted() for _ in rate.windows()])
        return bucket

    def _check(self, bucket: _Bucket, windows: list[tuple[int, float]], now: float) -> None:
        waits = [
            (counted.number + 1) * length - now
            for counted, (allowed, length) in zip(bucket.windows, windows, strict=True)
            if counted.used >= allowed
        ]
        if now < bucket.blocked:
            waits.append(bucket.blocked - now)
        if not waits:
            return
        wait = max(1, math.ceil(max(waits) - 1e-9))
        # Whoever comes back before the time told is refused again, free window or not.
        bucket.blocked = (
            max(bucket.blocked, now + wait) if now >= bucket.blocked else bucket.blocked
        )
        if self._count_refused:
            for counted in bucket.windows:
                counted.used += 1
        self.refused += 1
        raise throttled(wait)

    def reset(self) -> None:
        """Forget all requests."""
        self._buckets.clear()


def throttled(wait: int | None) -> Refusal:
    """Refuse a request for so many seconds."""
    seconds = 1 if wait is None else wait
    plural = "" if seconds == 1 else "s"
    detail = f"Request was throttled. Expected available in {seconds} second{plural}."
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return Refusal(429, Problem(detail), headers=headers)
