"""How many requests a token may send."""

from __future__ import annotations

from collections.abc import Callable

from frontdesk.sandbox.limiter import Window
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.refusal import Refusal


class Limiter:
    """Counts the accepted requests of each access token in a sliding window."""

    def __init__(self, options: Options, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._window = Window(options.rate_limit, options.rate_window, monotonic)

    def admit(self, token: str) -> None:
        """Count a request, or refuse it until the oldest one has left the window."""
        if not self._options.rate_window:
            return
        if (wait := self._window.admit(token)) is not None:
            after = str(wait) if self._options.retry_after else None
            raise Refusal(429, "Too many requests.", retry_after=after)

    def reset(self) -> None:
        """Forget all requests."""
        self._window.reset()
