"""How many requests may be sent: for platforms that count those of the last seconds."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable


class Window:
    """Counts the accepted requests of each key in a sliding window."""

    def __init__(self, limit: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._monotonic = monotonic
        self._accepted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, key: str) -> int | None:
        """Count a request, or tell in how many seconds the oldest one has left the window."""
        accepted, now = self._accepted[key], self._monotonic()
        while accepted and accepted[0] <= now - self._seconds:
            accepted.popleft()
        if len(accepted) < self._limit:
            accepted.append(now)
            return None
        oldest = accepted[0] if accepted else now
        return max(1, math.ceil(oldest + self._seconds - now))

    def reset(self) -> None:
        """Forget all requests."""
        self._accepted.clear()
