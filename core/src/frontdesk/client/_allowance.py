"""What the platform itself says is left of a quota, which others may be using as well."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Final

from frontdesk.client._clock import Clock
from frontdesk.manifest import Rate

#: How much later than its neighbours one request may arrive, in seconds. The platform counts
#: arrivals, we count departures: every window is taken to be longer by this.
DRIFT: Final = 0.25
# The end of a window is told in whole seconds, so it wanders by one from answer to answer.
_SAME_WINDOW: Final = 1.5
# How long others are reckoned with after they showed.
_CROWDED: Final = 120.0
_LONGEST: Final = 86_400


class Allowance:
    """Requests the platform says are left in its present window, less those under way.

    It reads ``RateLimit-Remaining`` and ``RateLimit-Reset``. Where they are absent, our own
    count of the windows is all there is. After a 429 there must be others: for a while it lets
    requests through evenly, without the bursts in which they would collide again and again.
    """

    def __init__(self, clock: Clock, rates: Iterable[Rate]) -> None:
        self._clock = clock
        self._space = max((rate.seconds / rate.limit for rate in rates), default=0.0)
        self._crowded_until = -math.inf
        self._last = -math.inf
        self._left = 0
        self._until: float | None = None
        self._under_way = 0

    def wait(self) -> float:
        """Return the seconds until another request may be sent; 0 if it may be now."""
        now = self._clock.monotonic()
        space = self._last + self._space - now if now < self._crowded_until else 0.0
        if self._until is None or self._left > 0:
            return max(space, 0)
        left = self._until - now
        if left <= 0:
            self._until = None
        return max(left, space, 0)

    def crowded(self) -> None:
        """Take note that there was a 429 although we kept to the windows."""
        self._crowded_until = self._clock.monotonic() + _CROWDED

    @contextmanager
    def used(self) -> Generator[None]:
        """Count a request as sent; and as under way until it is answered."""
        self._left -= 1
        self._last = self._clock.monotonic()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer says is left."""
        remaining = _number(headers.get("ratelimit-remaining"))
        reset = _number(headers.get("ratelimit-reset"))
        if remaining is None or reset is None:
            return
        until = self._clock.monotonic() + reset + DRIFT
        # The one that is answered here is counted among those under way.
        left = remaining - (self._under_way - 1)
        if self._until is not None and abs(until - self._until) <= _SAME_WINDOW:
            self._left = min(self._left, left)
        elif self._until is None or until > self._until:
            self._left, self._until = left, until


def _number(text: str | None) -> int | None:
    """Return a whole number of a header; None where there is none that makes sense."""
    bare = (text or "").strip()
    if not (bare.isascii() and bare.isdigit()) or len(bare) > len(str(_LONGEST)):
        return None
    return int(bare)
