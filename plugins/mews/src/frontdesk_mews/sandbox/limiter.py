"""How many requests a token may send."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable

from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.refusal import Refusal


class Limiter:
    """Counts the accepted requests of each access token in a sliding window."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._accepted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, token: str) -> None:
        """Count a request, or refuse it until the oldest one has left the window."""
        window = self._options.rate_window
        if not window:
            return
        accepted, now = self._accepted[token], self._monotonic()
        while accepted and accepted[0] <= now - window:
            accepted.popleft()
        if len(accepted) >= self._options.rate_limit:
            wait = math.ceil(accepted[0] + window - now) if accepted else math.ceil(window)
            after = str(max(1, wait)) if self._options.retry_after else None
            raise Refusal(429, "Too many requests.", retry_after=after)
        accepted.append(now)

    def reset(self) -> None:
        """Forget all requests."""
        self._accepted.clear()
