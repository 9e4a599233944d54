"""How many requests the whole organization may send: a bucket that fills again all the time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.refusal import Refusal

_REMEMBERED: Final = 1_000_000


class Limiter:
    """One bucket for all programs of the organization, whatever their keys."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._left = float(options.rate_limit)
        self._seen = monotonic()
        #: When each request was let in, and how many were not, for tests of a client's manners.
        self.admitted: deque[float] = deque(maxlen=_REMEMBERED)
        self.refused = 0

    @property
    def on(self) -> bool:
        """Say whether requests are counted at all."""
        return bool(self._options.rate_window) and not self._options.demo

    def take(self, requests: float) -> None:
        """Let other programs of the organization use the bucket."""
        if self.on:
            self._refill()
            self._left = max(0.0, self._left - requests)

    def admit(self) -> None:
        """Count a request, or refuse it until there is room for one."""
        if not self.on:
            self.admitted.append(self._monotonic())
            return
        self._refill()
        if self._left < 1:
            self.refused += 1
            rate = self._rate
            wait = (1 - self._left) / rate if rate > 0 else self._options.rate_window
            after = str(max(1, math.ceil(wait))) if self._options.retry_after else None
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "API rate limit exceeded",
                shape="flat",
                retry_after=after,
            )
        self._left -= 1
        self.admitted.append(self._seen)

    def busiest(self, seconds: float) -> int:
        """Count the requests of the busiest interval of so many seconds."""
        times = list(self.admitted)
        most = first = 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def headers(self) -> dict[str, str]:
        """Announce the limit and what is left of it."""
        if not self.on:
            return {}
        limit = self._options.rate_limit
        told = f"{limit};w={self._options.rate_window:g};b={limit}"
        missing, rate = limit - self._left, self._rate
        reset = math.ceil(missing / rate) if rate > 0 else math.ceil(self._options.rate_window)
        found = {
            "Organization-RateLimit-Limit": told,
            "RateLimit-Remaining": str(int(self._left)),
            "RateLimit-Reset": str(reset),
        }
        if self._options.rate_headers == "both":
            found |= {"Api-RateLimit-Limit": told, "RateLimit-Limit": f"{told}, {told}"}
        return found

    @property
    def _rate(self) -> float:
        """Tell how many requests become free in a second, less what others use."""
        options = self._options
        return max(0.0, options.rate_limit - options.rate_others) / options.rate_window

    def _refill(self) -> None:
        now = self._monotonic()
        self._left = min(self._options.rate_limit, self._left + (now - self._seen) * self._rate)
        self._seen = now

    def reset(self) -> None:
        """Fill the bucket."""
        self._left, self._seen = float(self._options.rate_limit), self._monotonic()
