"""How many requests a key may send."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable

from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.refusal import Refusal


class Limiter:
    """Counts the accepted requests of each key in a sliding window."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._accepted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, key: str) -> None:
        """Count a request, or refuse it until the oldest one has left the window."""
        window = self._options.rate_window
        if not window or not self._options.rate_limit:
            return
        accepted, now = self._accepted[key], self._monotonic()
        while accepted and accepted[0] <= now - window:
            accepted.popleft()
        if len(accepted) >= self._options.rate_limit:
            wait = math.ceil(accepted[0] + window - now)
            after = str(max(1, wait)) if self._options.retry_after else None
            message = "API call limit reached."
            raise Refusal(429, message, code="TooManyRequests", retry_after=after)
        accepted.append(now)
