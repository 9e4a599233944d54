"""How many requests a key may send."""

from __future__ import annotations

from collections.abc import Callable

from frontdesk.sandbox.limiter import Window
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.refusal import Refusal


class Limiter:
    """Counts the accepted requests of each key in a sliding window."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._window = Window(options.rate_limit, options.rate_window, monotonic)

    def admit(self, key: str) -> None:
        """Count a request, or refuse it until the oldest one has left the window."""
        if not self._options.rate_window or not self._options.rate_limit:
            return
        if (wait := self._window.admit(key)) is not None:
            after = str(wait) if self._options.retry_after else None
            message = "API call limit reached."
            raise Refusal(429, message, code="TooManyRequests", retry_after=after)
