"""Pace by what requests cost: a leaky bucket of points, as the platform keeps it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final

from frontdesk.client._clock import Clock
from frontdesk.manifest import Points

#: What part of the bucket those in the background leave to others.
RESERVE: Final = 0.2
# How fast a dear request is forgotten: by this part with every cheaper one.
_FADING: Final = 0.9


class Bucket:
    """The points that are left, as far as we know: others may draw on the same bucket.

    What a request costs is known by its answer, so the dearest one of late is reckoned with,
    and made good once the answer says what it was.

    Args:
        background: Tells whether the running task must leave something for others.
    """

    def __init__(self, points: Points, clock: Clock, background: Callable[[], bool]) -> None:
        self._points, self._clock, self._background = points, clock, background
        self._level = points.capacity
        self._since = clock.monotonic()
        self._dearest = 0.0

    def wait(self) -> float:
        """Return the seconds until there is enough for another request."""
        kept = self._points.capacity * RESERVE if self._background() else 0.0
        needed = min(self._dearest + kept, self._points.capacity)
        return max(needed - self._now(), 0.0) / self._points.per_second

    @contextmanager
    def taken(self) -> Generator[Callable[[Mapping[str, str]], None]]:
        """Take the points of one request; what is yielded hears what it really cost."""
        reckoned = self._dearest
        self._level = self._now() - reckoned

        def heard(headers: Mapping[str, str]) -> None:
            cost = _number(headers.get(self._points.cost_header))
            if cost is not None:
                self._level = min(self._now() + reckoned - cost, self._points.capacity)
                self._dearest = max(cost, self._dearest * _FADING)

        yield heard

    def _now(self) -> float:
        """Let flow in what has come since; return what is there."""
        now = self._clock.monotonic()
        gained = (now - self._since) * self._points.per_second
        self._level, self._since = min(self._level + gained, self._points.capacity), now
        return self._level


def _number(text: str | None) -> float | None:
    try:
        found = float((text or "").strip())
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
