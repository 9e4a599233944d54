"""A leaky bucket: queries cost points, and points come back with time."""

from __future__ import annotations

import math
from collections.abc import Callable

from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.refusal import Refusal


class Limiter:
    """Counts the cost of all queries of the application."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self.reset()

    def reset(self) -> None:
        """Fill the bucket."""
        self._points = float(self._options.points)
        self._at = self._monotonic()

    def empty(self, cost: int) -> Refusal:
        """Take all points away, as somebody else's queries would, and refuse a query."""
        self._refill()
        self._points = 0.0
        return self._refused(cost)

    def admit(self, cost: int) -> None:
        """Take a query's points, or refuse it.

        Raises:
            Refusal: There are not enough; a query beyond the bucket's size never passes.
        """
        if not self._options.points:
            return
        self._refill()
        if cost > self._points:
            raise self._refused(cost)
        self._points -= cost

    def _refill(self) -> None:
        now, options = self._monotonic(), self._options
        back = (now - self._at) * options.points_per_second
        self._points = min(float(options.points), self._points + back)
        self._at = now

    def _refused(self, cost: int) -> Refusal:
        left = math.floor(self._points)
        wait = math.ceil((cost - self._points) / self._options.points_per_second * 1_000)
        message = (
            f"API limit exceeded. Query cost is {cost} and you have {left} points available. "
            f"Please wait {wait}ms and try again."
        )
        after = str(math.ceil(wait / 1_000)) if self._options.limit_retry_after else None
        return Refusal(self._options.limit_status, message, retry_after=after)
